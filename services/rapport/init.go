package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"rapport/templates"
)

func initCommand() *cobra.Command {
	return &cobra.Command{
		Use: "init DIR", Short: "Write the starter workspace into a new directory", Args: oneDirectory,
		RunE: func(c *cobra.Command, args []string) error {
			dir := args[0]
			left, err := os.ReadDir(dir)
			switch {
			case err == nil && len(left) > 0:
				return fmt.Errorf("%s is not empty (it has %s): name a new directory, nothing is overwritten", dir, left[0].Name())
			case err != nil && !os.IsNotExist(err):
				return fmt.Errorf("the directory %s cannot be used: %w: name another", dir, err)
			}
			if err := os.CopyFS(dir, templates.FS); err != nil {
				return fmt.Errorf("write the starter workspace: %w", err)
			}
			_, err = fmt.Fprintf(c.OutOrStdout(), `%[1]s holds a workspace of your own. Next:

  rapport check %[1]s              every mistake of every file
  rapport up --workspace %[1]s     run it; files are read again as you save them
  rapport plan --workspace %[1]s   what an edit does to the people inside

Begin with %[1]s/rapport.yaml: the shop, and who its messages come from.
`, dir)
			return err
		},
	}
}

// oneDirectory is the argument check of init.
func oneDirectory(c *cobra.Command, args []string) error {
	if len(args) != 1 {
		return fmt.Errorf("%d directories: name one to write the workspace into, as in %s shop", len(args), c.CommandPath())
	}
	return nil
}
