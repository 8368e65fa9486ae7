package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"rapport/pkg/bus"
	"rapport/pkg/event"
	"rapport/pkg/journey"
	"rapport/pkg/profile"
	"rapport/pkg/store"
)

func consentCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "consent", Short: "Show what a person agreed to, with proof, or import it", Args: command,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	cmd.AddCommand(consentShow(), consentImport())
	return cmd
}

// said is one line of the ledger as it is printed.
type said struct {
	At        time.Time `json:"at"`
	Channel   string    `json:"channel"`
	Purpose   string    `json:"purpose"`
	Granted   bool      `json:"granted"`
	Confirmed bool      `json:"confirmed,omitempty"`
	Source    string    `json:"source,omitempty"`
	Proof     string    `json:"proof,omitempty"`
	Event     string    `json:"event"`
}

func consentShow() *cobra.Command {
	var data kept
	var asJSON bool
	cmd := &cobra.Command{
		Use: "show PROFILE", Short: "Print what a person said about consent, when, and what proves it", Args: operands("PROFILE"),
		Long: `Print the ledger of a person's words on consent, oldest first: the first and the last fifty, with
where each was said and what proves it. Works while rapport up runs.`,
		RunE: func(c *cobra.Command, args []string) error {
			return data.listing(c, func(ctx context.Context, st store.Store) error {
				p, err := person(ctx, st, args[0])
				if err != nil {
					return err
				}
				ledger := make([]said, 0, len(p.Ledger))
				for _, s := range p.Ledger {
					ledger = append(ledger, said{s.At, s.Channel, s.Purpose, s.Granted, s.Confirmed, s.Source, s.Proof, s.Event})
				}
				if asJSON {
					return writeJSON(c.OutOrStdout(), ledger)
				}
				return printLedger(c.OutOrStdout(), args[0], ledger)
			})
		},
	}
	data.flags(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the ledger as JSON")
	return cmd
}

func printLedger(out io.Writer, who string, ledger []said) error {
	if len(ledger) == 0 {
		_, err := fmt.Fprintf(out, "%s has said nothing about consent.\n", who)
		return err
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "AT\tCHANNEL\tPURPOSE\tSAID\tSOURCE\tPROOF") //nolint:errcheck // Flush tells.
	for _, s := range ledger {
		word := "no"
		switch {
		case s.Confirmed:
			word = "yes, confirmed"
		case s.Granted:
			word = "yes"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", s.At.UTC().Format(time.DateTime), s.Channel, s.Purpose, word, s.Source, s.Proof) //nolint:errcheck // Flush tells.
	}
	if err := w.Flush(); err != nil {
		return fmt.Errorf("print the ledger: %w", err)
	}
	return nil
}

// person reads what is known of somebody, by any of their ids: under the one that acts for the
// others, from the partition that its events are on.
func person(ctx context.Context, st store.Store, id string) (*profile.Profile, error) {
	positions, err := st.Positions(ctx)
	if err != nil {
		return nil, err
	}
	codec, err := journey.NewCodec()
	if err != nil {
		return nil, err
	}
	asked := id
	for range 8 { // There is more than one step only while ids are being joined.
		row := store.ProfileRow{}
		if err = store.ErrNotFound; len(positions) > 0 {
			row, err = st.Profile(ctx, bus.Partition(event.Key(id), len(positions)), id)
		}
		switch {
		case errors.Is(err, store.ErrNotFound):
			return nil, fmt.Errorf("nobody is known as %q: give the customer's id as events have it", asked)
		case err != nil:
			return nil, err
		}
		state, err := codec.Decode(row.State)
		if err != nil {
			return nil, fmt.Errorf("profile %s: %w", id, err)
		}
		if !state.Follows() {
			return &state.Profile, nil
		}
		id = state.Identity.Into
	}
	return nil, fmt.Errorf("the ids of %q are being joined: try again", asked)
}
