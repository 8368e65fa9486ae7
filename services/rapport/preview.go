package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"

	"github.com/spf13/cobra"

	"rapport/services/rapport/preview"
	"rapport/services/rapport/stack"
)

// previewFlags are the flags of preview.
type previewFlags struct {
	addr   string
	remote bool
}

func previewCommand() *cobra.Command {
	var f previewFlags
	cmd := &cobra.Command{
		Use: "preview [DIR]", Short: "Show every message of a workspace in a browser, and follow its files",
		Args: func(c *cobra.Command, args []string) error {
			if len(args) > 1 {
				return fmt.Errorf("%d workspaces to show: name one, as in %s templates", len(args), c.CommandPath())
			}
			return nil
		},
		Long: `Serve a page with every message of a workspace, as the people who get it will see it: at the width
of a desk and of a phone, light and dark, as plain text, in every language, and for people whose
names are long, or missing. It follows the files, and shows mistakes at their places. Nothing
is sent, and no customers' data is read.

People of your own are samples/NAME.json in the workspace: title, locale, timezone, and what
templates read as profile, trigger and recommendations.`,
		RunE: func(c *cobra.Command, args []string) error {
			dir := workspaceOf("")
			if len(args) == 1 {
				dir = args[0]
			}
			if dir == "" {
				return &usageError{c.CommandPath(), errors.New("no workspace here: name its directory, or run this beside ./templates")}
			}
			if err := address(f.addr); err != nil {
				return &usageError{c.CommandPath(), fmt.Errorf("--addr %q: %w: write host:port, such as %s", f.addr, err, preview.Addr)}
			}
			return f.run(c.Context(), c.OutOrStdout(), c.ErrOrStderr(), dir)
		},
	}
	cmd.Flags().StringVar(&f.addr, "addr", preview.Addr, "address of the page")
	cmd.Flags().BoolVar(&f.remote, "allow-remote", false, "let other machines look, too: unpublished messages can be read there")
	return cmd
}

func (f *previewFlags) run(ctx context.Context, out, logs io.Writer, dir string) error {
	log, err := logger(logs, "text", "warn")
	if err != nil {
		return err
	}
	// The mistakes of a workspace that does not read are told as check tells them.
	if _, err := stack.Check(dir); err != nil {
		return err
	}
	s, err := preview.New(ctx, preview.Options{Dir: dir, Addr: f.addr, Remote: f.remote, Logger: log})
	var taken *net.OpError
	switch {
	case errors.Is(err, preview.ErrRemote):
		return &usageError{"rapport preview", fmt.Errorf("--addr %w", err)}
	case errors.As(err, &taken):
		return fmt.Errorf("--addr %s: %w: stop the process that listens there, or choose another address (port 0 takes a free one)", f.addr, taken.Err)
	case err != nil:
		return err
	}
	fmt.Fprintf(out, "The messages of %s are at %s\n\nThey follow the files. Ctrl-C stops.\n", dir, s.URL()) //nolint:errcheck // Nobody is left to tell.
	return s.Run(ctx)
}
