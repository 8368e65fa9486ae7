package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
)

func main() { os.Exit(run()) }

// run is main with deferred calls. Exit codes: 0 done, 1 failed, 2 used wrongly.
func run() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	// A second Ctrl-C ends the program at once.
	context.AfterFunc(ctx, stop)
	cmd := root()
	cmd.SetArgs(os.Args[1:])
	err := cmd.ExecuteContext(ctx)
	var usage *usageError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &usage):
		fmt.Fprintf(os.Stderr, "rapport: %v\nTry: %s --help\n", err, usage.command)
		return 2
	default:
		fmt.Fprintf(os.Stderr, "rapport: %v\n", err)
		return 1
	}
}

// usageError is a mistake in the command line.
type usageError struct {
	command string
	err     error
}

func (e *usageError) Error() string { return e.err.Error() }
func (e *usageError) Unwrap() error { return e.err }

func root() *cobra.Command {
	cmd := &cobra.Command{
		Use: "rapport", Short: "The messaging engine with which a shop builds lasting relationships",
		SilenceErrors: true, SilenceUsage: true, SuggestionsMinimumDistance: 2,
		Args: command, RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	cmd.AddCommand(upCommand(), replayCommand(), checkCommand(), testCommand(), versionCommand(),
		initCommand(), planCommand(), applyCommand(), versionsCommand(), backtestCommand(), explainCommand(), recoverCommand(), migrateStoreCommand(), provisionCommand(), benchCommand(),
		doctorCommand(), dkimCommand(), importCommand(), previewCommand(), sendTestCommand(),
		suppressCommand(), consentCommand(), eraseCommand(), aliasCommand(), unaliasCommand(), deadLettersCommand(), eventsCommand())
	asUsage := func(c *cobra.Command, err error) error { return &usageError{c.CommandPath(), err} }
	cmd.SetFlagErrorFunc(asUsage)
	for _, c := range append(cmd.Commands(), cmd) {
		args := c.Args
		c.Args = func(c *cobra.Command, given []string) error {
			if err := args(c, given); err != nil {
				return asUsage(c, err)
			}
			return nil
		}
	}
	return cmd
}

// command is the argument check of the program itself, whose arguments are its commands.
func command(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	var names []string
	for _, sub := range c.Commands() {
		if sub.IsAvailableCommand() {
			names = append(names, sub.Name())
		}
	}
	return fmt.Errorf("there is no command %q: use one of %s", args[0], strings.Join(names, ", "))
}

// noArgs is for commands that have flags only.
func noArgs(c *cobra.Command, args []string) error {
	if len(args) > 0 {
		return fmt.Errorf("%s takes no arguments, only flags: leave out %q", c.CommandPath(), args[0])
	}
	return nil
}
