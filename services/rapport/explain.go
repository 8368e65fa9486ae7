package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"rapport/pkg/explain"
	"rapport/services/rapport/archive"
	"rapport/services/rapport/recorded"
)

func explainCommand() *cobra.Command {
	var (
		data    kept
		at      string
		profile string
		q       explain.Query
		asJSON  bool
	)
	cmd := &cobra.Command{
		Use: "explain --profile ID", Short: "Say why somebody did, or did not, get a message", Args: noArgs,
		Long: `Replay one person's recorded events through the engine, in the versions of the workspace
that were in force at the time, and show in the order of time every condition with the
values it saw, every entry that was refused, every step and wait, and every message with
what each rule of policy had to say. Ends with one sentence that says why. Changes nothing,
and works while rapport up runs.

Somebody with several ids may be asked for by any of them: the past of all is replayed as one
person's, and the ids are listed.`,
		Example: `  rapport explain --profile 12347 --journey win-back
  rapport explain --profile 12347 --message 5f0c...   only what led to that message`,
		RunE: func(c *cobra.Command, _ []string) (err error) {
			if profile == "" {
				return &usageError{c.CommandPath(), errors.New("--profile is missing: say whose past to explain")}
			}
			if at != "" {
				if q.At, err = parseMoment("--at", at); err != nil {
					return &usageError{c.CommandPath(), err}
				}
			}
			st, err := data.open(c.Context())
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, st.Close()) }()
			r, err := recorded.New(st)
			if err != nil {
				return err
			}
			in, err := r.Person(c.Context(), profile, q.At)
			if err != nil {
				return err
			}
			from := in.Until
			if len(in.Events) > 0 {
				from = in.Events[0].Time
			}
			phases, notes, err := archive.New(st).Phases(c.Context(), from, in.Until)
			if err != nil {
				return fmt.Errorf("%s cannot be explained: %w", profile, err)
			}
			in.Phases, in.Notes = phases, append(in.Notes, notes...)
			past, err := explain.Run(in)
			if err != nil {
				return err
			}
			report := past.Report(q)
			if asJSON {
				return writeJSON(c.OutOrStdout(), report)
			}
			return report.WriteText(c.OutOrStdout())
		},
	}
	flags := cmd.Flags()
	data.flags(cmd)
	flags.StringVar(&profile, "profile", "", "whose past to explain: the customer's id, or any other of theirs (required)")
	flags.StringVar(&q.Journey, "journey", "", "only this journey (default: all)")
	flags.StringVar(&q.Message, "message", "", "only what led to the message with this id")
	flags.StringVar(&at, "at", "", "stop at this time, in UTC, such as 2026-03-02T09:00 (default: now)")
	flags.BoolVar(&asJSON, "json", false, "print the explanation as one JSON object")
	return cmd
}

// parseMoment reads a time or a date, in UTC where it names no zone.
func parseMoment(flag, s string) (time.Time, error) {
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02T15:04", time.DateTime, "2006-01-02 15:04", time.DateOnly} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, fmt.Errorf("%s %q: give a time, such as 2026-03-02T09:00, or a date, such as 2026-03-02", flag, s)
}
