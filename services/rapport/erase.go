package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"rapport/pkg/event"
)

const anonymousPrefix = event.AnonymousPrefix

func eraseCommand() *cobra.Command {
	var at door
	cmd := &cobra.Command{
		Use: "erase PROFILE", Short: "Forget a person: everything but that nobody writes to their addresses", Args: operands("PROFILE"),
		Long: `Publish the event profile.erased for a person. When rapport up applies it, it removes the
person's profile, timeline and timers, what waits to be sent to them, and their events in the
broker. Messages stay as numbers in reports, without the person. Their addresses stay on the
suppression list, as hashes, so that no import writes to them again (rapport suppress remove
takes one off). It cannot be undone.

Events of before that come late are refused. After it the person may come back under the same
id, as somebody new. Events in dead letters, logs, traces and backups are not removed: they run out by
themselves, and a store that is restored from a backup applies the erasure again, as far as
the broker still has it.`,
		Example: `  rapport erase 12347
  rapport erase anonymous:5f0c --url https://events.shop.example`,
		RunE: func(c *cobra.Command, args []string) error {
			key, err := at.check()
			if err != nil {
				return &usageError{c.CommandPath(), err}
			}
			call := subjectOf(map[string]any{"type": "track", "event": event.ProfileErased}, args[0])
			refused, err := at.send(c.Context(), key, []map[string]any{call})
			if err != nil {
				return fmt.Errorf("%s is not erased: %w", args[0], err)
			}
			if len(refused) > 0 {
				return fmt.Errorf("%s is not erased: %s: %s", args[0], refused[0].Field, refused[0].Error)
			}
			_, err = fmt.Fprintf(c.OutOrStdout(), "%s will be erased as soon as the events before this one are applied.\n", args[0])
			return err
		},
	}
	at.flags(cmd)
	return cmd
}

// noOperands is noArgs for a command below another.
func noOperands(c *cobra.Command, args []string) error {
	if err := noArgs(c, args); err != nil {
		return &usageError{c.CommandPath(), err}
	}
	return nil
}

// operands is the argument check of a command that takes just these.
func operands(names ...string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		var err error
		switch {
		case len(args) < len(names):
			err = fmt.Errorf("%s is missing: write %s %s", names[len(args)], c.CommandPath(), strings.Join(names, " "))
		case len(args) > len(names):
			err = fmt.Errorf("%s takes %s: leave out %q", c.CommandPath(), strings.Join(names, " and "), args[len(names)])
		}
		for i, a := range args {
			if err == nil && strings.TrimSpace(a) == "" {
				err = errors.New(names[i] + " is empty")
			}
		}
		if err != nil {
			return &usageError{c.CommandPath(), err}
		}
		return nil
	}
}
