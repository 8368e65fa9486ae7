package main

import (
	"errors"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"rapport/services/rapport/archive"
)

func versionsCommand() *cobra.Command {
	var (
		data   kept
		asJSON bool
	)
	cmd := &cobra.Command{
		Use: "versions", Short: "List which workspace versions were in force, latest first", Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) (err error) {
			st, err := data.open(c.Context())
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, st.Close()) }()
			list, err := archive.New(st).Entries(c.Context())
			if err != nil {
				return err
			}
			if asJSON {
				return writeJSON(c.OutOrStdout(), list)
			}
			behind := 0
			if len(list) > 0 {
				if behind, err = st.StaleCount(c.Context(), list[0].Version); err != nil {
					return err
				}
			}
			return writeVersions(c.OutOrStdout(), list, behind)
		},
	}
	data.flags(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the list as JSON")
	return cmd
}

// writeVersions prints the list. behind is how many profiles the version in force has yet to
// reach: segments are filled and people moved in the background.
func writeVersions(w io.Writer, list []archive.Entry, behind int) error {
	if len(list) == 0 {
		_, err := fmt.Fprintln(w, "No version was put in force yet: rapport apply does that.")
		return err
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "IN FORCE SINCE\tVERSION\tBY\tJOURNEYS\tNOTE") //nolint:errcheck // Flush tells.
	for i, e := range list {
		note := e.Note
		if i == 0 {
			note = join("(in force)", note)
		}
		if !e.Kept {
			note = join(note, "(files pruned)")
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%d\t%s\n", e.At.UTC().Format(time.DateTime), e.Version, e.By, e.Journeys, note) //nolint:errcheck // Flush tells.
	}
	if err := t.Flush(); err != nil {
		return fmt.Errorf("print the versions: %w", err)
	}
	if behind > 0 {
		if _, err := fmt.Fprintf(w, "\n%s yet to be brought under the version in force; rapport up does it in the background.\n", counted(behind, "profile")); err != nil {
			return fmt.Errorf("print the versions: %w", err)
		}
	}
	return nil
}

func join(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + " " + b
}
