package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"rapport/services/rapport/stack"
)

func checkCommand() *cobra.Command {
	return &cobra.Command{
		Use: "check [DIR]", Short: "Report every error of every file of a workspace", Args: oneWorkspace,
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
			_, err = fmt.Fprintf(c.OutOrStdout(), "%s: %d journeys, no errors (version %s)\n", dir, len(snap.Journeys()), snap.Version())
			return err
		},
	}
}

// oneWorkspace is the argument check of check.
func oneWorkspace(c *cobra.Command, args []string) error {
	if len(args) > 1 {
		return fmt.Errorf("%d workspaces to check: name one, as in %s templates", len(args), c.CommandPath())
	}
	return nil
}
