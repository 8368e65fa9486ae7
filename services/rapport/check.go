package main

import (
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"rapport/pkg/workspace"
	"rapport/services/rapport/stack"
)

func checkCommand() *cobra.Command {
	var strict, notes bool
	cmd := &cobra.Command{
		Use: "check [DIR]", Short: "Report every error of every file of a workspace", Args: oneWorkspace,
		Long: `Read all files of a workspace and report every error and every warning, each at its place and
with a remedy. Errors exit with 1; warnings name what is legal and probably not meant. The messages that journeys
send are looked at as customers would get them; what is only worth a thought there are notes, which --notes shows.`,
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
			content := snap.Lint(c.Context())
			thoughts := content.Notes()
			content = slices.DeleteFunc(content, func(p workspace.Problem) bool { return p.Note })
			warnings := stack.Located(dir, append(snap.Warnings(), content...))
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
			if len(thoughts) > 0 {
				told += fmt.Sprintf(", %s", counted(len(thoughts), "note"))
			}
			if len(thoughts) > 0 && notes {
				if _, err := fmt.Fprintf(out, "%s\n\n", stack.Located(dir, thoughts).Error()); err != nil {
					return err
				}
			}
			_, err = fmt.Fprintf(out, "%s: %d journeys, %s (version %s)\n", dir, len(snap.Journeys()), told, snap.Version())
			return err
		},
	}
	cmd.Flags().BoolVar(&notes, "notes", false, "show what is worth a thought about messages, too")
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
