package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"rapport/pkg/workspace"
)

func checkCommand() *cobra.Command {
	return &cobra.Command{
		Use: "check [DIR]", Short: "Report every error of every file of a workspace", Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			dir := workspaceOf("")
			if len(args) == 1 {
				dir = args[0]
			}
			if dir == "" {
				return &usageError{c.CommandPath(), errors.New("no workspace here: name its directory, or run this beside ./templates")}
			}
			if info, err := os.Stat(dir); err != nil || !info.IsDir() {
				return fmt.Errorf("%s is no directory: name the one that holds rapport.yaml", dir)
			}
			snap, err := workspace.Load(os.DirFS(dir), dir)
			if err != nil {
				return err
			}
			c.Printf("%s: %d journeys, no errors (version %s)\n", dir, len(snap.Journeys()), snap.Version())
			return nil
		},
	}
}
