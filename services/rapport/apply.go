package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/user"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"rapport/services/rapport/archive"
)

func applyCommand() *cobra.Command {
	var (
		data      kept
		dir, note string
		yes       bool
	)
	cmd := &cobra.Command{
		Use: "apply", Short: "Put a changed workspace in force, after showing what that does", Args: noArgs,
		Long: `Show the plan of the change, ask, then keep the workspace as a version in the data directory
and put it in force. A change that the plan refuses is not applied. A process that follows a
workspace directory goes by that directory; all others take up what is applied.`,
		RunE: func(c *cobra.Command, _ []string) (err error) {
			snap, err := edited(c, dir)
			if err != nil {
				return err
			}
			st, err := data.openOrNew(c.Context())
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, st.Close()) }()
			versions := archive.New(st)
			p, err := versions.Plan(c.Context(), snap)
			if err != nil {
				return err
			}
			out := c.OutOrStdout()
			if err := p.WriteText(out); err != nil {
				return err
			}
			if err := refused(&p); err != nil || p.Nothing() {
				return err
			}
			if !yes {
				if err := agreed(c.InOrStdin(), out); err != nil {
					return err
				}
			}
			if err := versions.Save(c.Context(), snap, time.Now().UTC(), whoami(), note); err != nil {
				return err
			}
			_, err = fmt.Fprintf(out, "\nWorkspace %s is in force.\n", snap.Version())
			return err
		},
	}
	flags := cmd.Flags()
	data.flags(cmd)
	flags.StringVar(&dir, "workspace", "", "directory with the changed workspace (default: ./templates)")
	flags.StringVar(&note, "note", "", "why, for the history of versions")
	flags.BoolVar(&yes, "yes", false, "do not ask")
	return cmd
}

// agreed asks on a terminal.
func agreed(in io.Reader, out io.Writer) error {
	if f, ok := in.(*os.File); ok {
		if info, err := f.Stat(); err != nil || info.Mode()&os.ModeCharDevice == 0 {
			return errors.New("nobody is there to ask: look at the plan and say --yes")
		}
	}
	if _, err := fmt.Fprint(out, "\nApply this? Only yes is yes: "); err != nil {
		return fmt.Errorf("ask: %w", err)
	}
	answer, err := bufio.NewReader(in).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("read the answer: %w", err)
	}
	if !strings.EqualFold(strings.TrimSpace(answer), "yes") {
		return errors.New("not applied: nothing has changed")
	}
	return nil
}

// whoami is who applies, for the history; empty when the system does not say.
func whoami() string {
	if u, err := user.Current(); err == nil {
		return u.Username
	}
	return ""
}
