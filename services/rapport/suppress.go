package main

import (
	"cmp"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"rapport/pkg/message"
	"rapport/pkg/store"
)

func suppressCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "suppress", Short: "Look after the list of addresses that nobody writes to", Args: command, RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
		Long: `Look after the list of addresses that nobody writes to, whoever's they are: addresses that
bounced for good, people who complained, answered STOP or were erased, and what you add. It
is asked for every message just before it is handed over, also for transactional ones.

The list holds hashes that only this installation can make. All of it works while rapport up runs.`,
	}
	cmd.AddCommand(suppressAdd(), suppressRemove(), suppressCheck(), suppressList(), suppressImport())
	return cmd
}

// listing is what commands on the list have in common.
func (k *kept) listing(c *cobra.Command, work func(context.Context, store.Store) error) error {
	st, err := k.open(c.Context())
	if err != nil {
		return err
	}
	return errors.Join(work(c.Context(), st), st.Close())
}

func suppressAdd() *cobra.Command {
	var data kept
	var reason, source string
	cmd := &cobra.Command{
		Use: "add CHANNEL ADDRESS", Short: "Put an address on the list", Args: operands("CHANNEL", "ADDRESS"),
		Example: `  rapport suppress add email ada@example.com
  rapport suppress add sms +447700900001 --reason opted_out`,
		RunE: func(c *cobra.Command, args []string) error {
			s, err := suppressionOf(args[0], args[1], reason, time.Now().UTC())
			if err != nil {
				return &usageError{c.CommandPath(), err}
			}
			s.Source = source
			return data.listing(c, func(ctx context.Context, st store.Store) error {
				if err := st.Suppress(ctx, []store.Suppression{s}); err != nil {
					return err
				}
				_, err := fmt.Fprintf(c.OutOrStdout(), "%s is on the list of %s: nobody writes to it.\n", args[1], s.Channel)
				return err
			})
		},
	}
	data.flags(cmd)
	cmd.Flags().StringVar(&reason, "reason", string(store.Manual), "why: "+grounds())
	cmd.Flags().StringVar(&source, "source", "rapport suppress", "who says so")
	return cmd
}

func suppressRemove() *cobra.Command {
	var data kept
	cmd := &cobra.Command{
		Use: "remove CHANNEL ADDRESS", Short: "Take an address off the list, whatever the reason", Args: operands("CHANNEL", "ADDRESS"),
		RunE: func(c *cobra.Command, args []string) error {
			a, err := addressOf(args[0], args[1])
			if err != nil {
				return &usageError{c.CommandPath(), err}
			}
			return data.listing(c, func(ctx context.Context, st store.Store) error {
				listed, err := st.Release(ctx, a)
				if err != nil {
					return err
				}
				if !listed {
					return fmt.Errorf("%s is not on the list of %s", args[1], a.Channel)
				}
				_, err = fmt.Fprintf(c.OutOrStdout(), "%s is off the list of %s. What the person's own profile says still counts.\n", args[1], a.Channel)
				return err
			})
		},
	}
	data.flags(cmd)
	return cmd
}

func suppressCheck() *cobra.Command {
	var data kept
	cmd := &cobra.Command{
		Use: "check CHANNEL ADDRESS", Short: "Say whether an address is on the list, and why", Args: operands("CHANNEL", "ADDRESS"),
		RunE: func(c *cobra.Command, args []string) error {
			a, err := addressOf(args[0], args[1])
			if err != nil {
				return &usageError{c.CommandPath(), err}
			}
			return data.listing(c, func(ctx context.Context, st store.Store) error {
				reasons, err := st.Suppressed(ctx, []store.Address{a})
				if err != nil {
					return err
				}
				told := "is not on the list of " + string(a.Channel)
				if reasons[0] != "" {
					told = "is on the list of " + string(a.Channel) + ": " + string(reasons[0])
				}
				_, err = fmt.Fprintf(c.OutOrStdout(), "%s %s.\n", args[1], told)
				return err
			})
		},
	}
	data.flags(cmd)
	return cmd
}

// listPage is how many entries are read at a time.
const listPage = 1000

func suppressList() *cobra.Command {
	var data kept
	var asJSON bool
	cmd := &cobra.Command{
		Use: "list", Short: "Print the list: hashes, and why", Args: noOperands,
		RunE: func(c *cobra.Command, _ []string) error {
			return data.listing(c, func(ctx context.Context, st store.Store) error {
				return printList(ctx, c.OutOrStdout(), st, asJSON)
			})
		},
	}
	data.flags(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print each entry as a JSON object on a line of its own")
	return cmd
}

func printList(ctx context.Context, out io.Writer, st store.Suppressing, asJSON bool) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	if !asJSON {
		fmt.Fprintln(w, "CHANNEL\tREASON\tSINCE\tSOURCE\tHASH") //nolint:errcheck // Flush tells.
	}
	for after := (store.Suppression{}); ; {
		page, err := st.Suppressions(ctx, after, listPage)
		if err != nil || len(page) == 0 {
			return errors.Join(err, w.Flush())
		}
		for _, s := range page {
			if asJSON {
				if err := writeLine(out, s); err != nil {
					return err
				}
				continue
			}
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", s.Channel, s.Reason, s.At.Format(time.DateTime), s.Source, hex.EncodeToString(s.Hash)) //nolint:errcheck // Flush tells.
		}
		if err := w.Flush(); err != nil {
			return fmt.Errorf("print the list: %w", err)
		}
		after = page[len(page)-1]
	}
}

// suppressionOf reads an entry as people write it.
func suppressionOf(channel, address, reason string, at time.Time) (store.Suppression, error) {
	a, err := addressOf(channel, address)
	why := store.Grounds(cmp.Or(reason, string(store.Imported)))
	if err == nil && !slices.Contains(store.AllGrounds(), why) {
		err = fmt.Errorf("there is no reason %q: use one of %s", reason, grounds())
	}
	return store.Suppression{Channel: a.Channel, Address: a.Address, Reason: why, At: at}, err
}

// addressOf checks that a channel has such addresses.
func addressOf(channel, address string) (store.Address, error) {
	a := store.Address{Channel: message.Channel(channel), Address: strings.TrimSpace(address)}
	switch a.Channel {
	case message.Email:
		if local, domain, ok := strings.Cut(a.Address, "@"); !ok || local == "" || domain == "" {
			return a, fmt.Errorf("%q is no e-mail address, such as ada@example.com", address)
		}
	case message.SMS, message.WhatsApp:
		if n := len(a.Normal()); !strings.HasPrefix(a.Address, "+") && !strings.HasPrefix(a.Address, "00") || n < 8 || n > 16 {
			return a, fmt.Errorf("%q is no number with its country's code, such as +447700900001", address)
		}
	default:
		return a, fmt.Errorf("there is no list of the channel %q: use email, sms or whatsapp", channel)
	}
	return a, nil
}

// grounds names all reasons.
func grounds() string {
	var names []string
	for _, g := range store.AllGrounds() {
		names = append(names, string(g))
	}
	return strings.Join(names, ", ")
}
