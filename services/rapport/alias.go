package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"rapport/pkg/event"
)

func aliasCommand() *cobra.Command {
	return pairCommand(&cobra.Command{
		Use: "alias FORMER PROFILE", Short: "Say that two ids are one person",
		Long: `Publish the event profile.aliased: FORMER is another id of PROFILE, as after two accounts were
merged. When rapport up applies it, the two are one person: what was bought and said under either
counts together, the stricter consent holds, and journeys go on once. Two ids of customers
are known by PROFILE from then on. rapport unalias takes it back.`,
		Example: `  rapport alias 12347-old 12347
  rapport alias anonymous:5f0c 12347 --url https://events.shop.example`,
	}, event.ProfileAliased, "are one person")
}

func unaliasCommand() *cobra.Command {
	return pairCommand(&cobra.Command{
		Use: "unalias FORMER PROFILE", Short: "Say that two ids are not, or no longer, one person",
		Long: `Publish the event profile.unaliased: what was said of FORMER and PROFILE is taken back. When
rapport up applies it, each has again what happened under it, unless other ids still join the two.
What was sent to both as one person stays as it was, and journeys go on where they are.`,
		Example: `  rapport unalias 12347-old 12347`,
	}, event.ProfileUnaliased, "are two people")
}

// pairCommand publishes an event about two ids.
func pairCommand(cmd *cobra.Command, typ, what string) *cobra.Command {
	var at door
	cmd.Args = operands("FORMER", "PROFILE")
	cmd.RunE = func(c *cobra.Command, args []string) error {
		former, profile := args[0], args[1]
		key, err := at.check()
		if err == nil && former == profile {
			err = fmt.Errorf("FORMER and PROFILE are both %s: name two ids", profile)
		}
		if err != nil {
			return &usageError{c.CommandPath(), err}
		}
		call := subjectOf(map[string]any{"type": "track", "event": typ, "properties": map[string]any{"previous_id": former}}, profile)
		refused, err := at.send(c.Context(), key, []map[string]any{call})
		if err != nil {
			return fmt.Errorf("nothing was said of %s and %s: %w", former, profile, err)
		}
		if len(refused) > 0 {
			return fmt.Errorf("nothing was said of %s and %s: %s: %s", former, profile, refused[0].Field, refused[0].Error)
		}
		_, err = fmt.Fprintf(c.OutOrStdout(), "%s and %s %s as soon as the events before this one are applied.\n", former, profile, what)
		return err
	}
	at.flags(cmd)
	return cmd
}
