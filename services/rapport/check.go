package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"rapport/services/rapport/stack"
)

func checkCommand() *cobra.Command {
	var strict bool
	cmd := &cobra.Command{
		Use: "check [DIR]", Short: "Report every error of every file of a workspace", Args: oneWorkspace,
		Long: `Read all files of a workspace and report every error and every warning, each at its place and
with a remedy. Errors exit with 1; warnings name what is legal and probably not meant.`,
		RunE: func(c *cobra.Command, args []string) error {
			dir := workspaceOf("")
			if len(args) == 1 {
				dir = args[0]
			}
			if dir == "" {
				return &usageError{c.CommandPath(), errors.New("no workspace here: name its directory, or run this beside ./templates")}
			}
			snap, err := stack.Check(dir)
			if err != nil {
				return err
			}
			warnings := stack.Located(dir, snap.Warnings())
			if len(warnings) > 0 && strict {
				return fmt.Errorf("the workspace %s has warnings, and --strict takes them for errors:\n\n%w", dir, warnings)
			}
			out := c.OutOrStdout()
			told := "no errors"
			if len(warnings) > 0 {
				if _, err := fmt.Fprintf(out, "%s\n\n", warnings.Error()); err != nil {
					return err
				}
				told += fmt.Sprintf(", %s", counted(len(warnings), "warning"))
			}
			_, err = fmt.Fprintf(out, "%s: %d journeys, %s (version %s)\n", dir, len(snap.Journeys()), told, snap.Version())
			return err
		},
	}
	cmd.Flags().BoolVar(&strict, "strict", false, "take warnings for errors")
	return cmd
}

// counted is a number of things in words.
func counted(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

// oneWorkspace is the argument check of check.
func oneWorkspace(c *cobra.Command, args []string) error {
	if len(args) > 1 {
		return fmt.Errorf("%d workspaces to check: name one, as in %s templates", len(args), c.CommandPath())
	}
	return nil
}
