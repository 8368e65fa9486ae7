package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/spf13/cobra"

	"rapport/pkg/bus"
	"rapport/services/rapport/deadletters"
)

func deadLettersCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "deadletters", Short: "Look after what could not be handled", Args: command, RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
		Long: `Look after what could not be handled: events, commands and webhooks that were put aside, each with
the reason and the bytes as they came. Nothing behind them waited. They stay until they are
retried or dropped, or until their stream is full and forgets the oldest.

It works while rapport up runs, through its broker.`,
	}
	cmd.AddCommand(lettersList(), lettersShow(), lettersRetry(), lettersDrop())
	return cmd
}

// letterDesk says which broker's letters are looked after.
type letterDesk struct {
	url       string
	secure    bus.Security
	workspace string // whose sources map webhooks that are retried
}

func (d *letterDesk) flags(cmd *cobra.Command) {
	flags := cmd.Flags()
	url := os.Getenv("RAPPORT_NATS_URL")
	if url == "" {
		url = "nats://127.0.0.1:4222"
	}
	flags.StringVar(&d.url, "nats-url", url, "broker, such as that of rapport up")
	signIn(flags, &d.secure)
}

// letterWithin bounds what one command does.
const letterWithin = 10 * time.Minute

// at does some work at the desk.
func (d *letterDesk) at(c *cobra.Command, work func(context.Context, *deadletters.Desk) error) error {
	secure, err := d.secure.Options()
	if err != nil {
		return &usageError{c.CommandPath(), err}
	}
	conn, err := nats.Connect(d.url, slices.Concat([]nats.Option{nats.Name("rapport deadletters")}, secure)...)
	if err != nil {
		return fmt.Errorf("connect to the broker at %s: %w: start rapport up, or name another with --nats-url", d.url, err)
	}
	defer conn.Close()
	js, err := bus.JetStream(conn)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(c.Context(), letterWithin)
	defer cancel()
	desk, err := deadletters.Open(ctx, deadletters.Options{JS: js, Bodies: bodiesAgain(js, d.workspace)})
	if err != nil {
		return err
	}
	return work(ctx, desk)
}

// letterFilter are the flags that say which letters are meant.
type letterFilter struct {
	f     deadletters.Filter
	since string
}

func (l *letterFilter) flags(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&l.f.Source, "source", "", "only from this source: the event's, the webhook's, or who published it over NATS")
	flags.StringVar(&l.f.Service, "service", "", "only those that this service gave up")
	flags.StringVar(&l.f.Class, "class", "", "only of this class: "+classes())
	flags.StringVar(&l.f.Reason, "reason", "", "only with this text in the reason")
	flags.StringVar(&l.since, "since", "", "only those buried since then: 24h, 7d, or a time in UTC, such as 2026-03-02T09:00")
}

func classes() string {
	var names []string
	for _, c := range bus.Classes() {
		names = append(names, string(c))
	}
	return strings.Join(names, ", ")
}

func (l *letterFilter) filter(now time.Time) (deadletters.Filter, error) {
	if l.f.Class != "" && !slices.Contains(bus.Classes(), bus.Class(l.f.Class)) {
		return l.f, fmt.Errorf("--class: there is no class %q: use one of %s", l.f.Class, classes())
	}
	if l.f.Limit < 0 {
		return l.f, fmt.Errorf("--limit %d: use 0 for all, or a number", l.f.Limit)
	}
	if l.since == "" {
		return l.f, nil
	}
	days, isDays := strings.CutSuffix(l.since, "d")
	if n, err := strconv.Atoi(days); isDays && err == nil && n >= 0 {
		l.f.Since = now.AddDate(0, 0, -n)
		return l.f, nil
	}
	if ago, err := time.ParseDuration(l.since); err == nil && ago >= 0 {
		l.f.Since = now.Add(-ago)
		return l.f, nil
	}
	since, err := parseMoment("--since", l.since)
	if err != nil {
		return l.f, fmt.Errorf("%w, or how long ago, such as 24h or 7d", err)
	}
	l.f.Since = since
	return l.f, nil
}

func lettersList() *cobra.Command {
	var at letterDesk
	var which letterFilter
	var asJSON bool
	cmd := &cobra.Command{
		Use: "list", Short: "Show the dead letters, the oldest first", Args: noOperands,
		Example: `  rapport deadletters list --since 24h
  rapport deadletters list --source shop --reason order_id --json`,
		RunE: func(c *cobra.Command, _ []string) error {
			f, err := which.filter(time.Now())
			if err != nil {
				return &usageError{c.CommandPath(), err}
			}
			return at.at(c, func(ctx context.Context, desk *deadletters.Desk) error {
				letters, err := desk.List(ctx, f)
				if err != nil {
					return err
				}
				if asJSON {
					all := make([]*deadletters.Letter, len(letters)) // An empty list is a list.
					for i := range letters {
						all[i] = &letters[i]
					}
					return writeJSON(c.OutOrStdout(), all)
				}
				if len(letters) == 0 {
					_, err = fmt.Fprintln(c.OutOrStdout(), "There are no dead letters like that.")
					return err
				}
				return deadletters.WriteList(c.OutOrStdout(), letters)
			})
		},
	}
	at.flags(cmd)
	which.flags(cmd)
	cmd.Flags().IntVar(&which.f.Limit, "limit", 100, "only the newest; 0: all")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the letters as a JSON list, with the bytes of each in base64")
	return cmd
}

func lettersShow() *cobra.Command {
	var at letterDesk
	var asJSON, raw bool
	cmd := &cobra.Command{
		Use: "show NUMBER", Short: "Show all of a dead letter: the reason, where it came from, its headers and bytes", Args: operands("NUMBER"),
		Example: `  rapport deadletters show 17
  rapport deadletters show 17 --raw > body.json`,
		RunE: func(c *cobra.Command, args []string) error {
			numbers, err := letterNumbers(args)
			if err == nil && asJSON && raw {
				err = errors.New("--json and --raw cannot be given together: leave out one")
			}
			if err != nil {
				return &usageError{c.CommandPath(), err}
			}
			return at.at(c, func(ctx context.Context, desk *deadletters.Desk) error {
				l, err := desk.Get(ctx, numbers[0])
				switch {
				case err != nil:
					return err
				case asJSON:
					return writeJSON(c.OutOrStdout(), &l)
				case raw:
					_, err = c.OutOrStdout().Write(l.Data)
					return err
				}
				return l.WriteText(c.OutOrStdout())
			})
		},
	}
	at.flags(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the letter as one JSON object")
	cmd.Flags().BoolVar(&raw, "raw", false, "write its bytes and nothing else, as they came")
	return cmd
}

// letterNumbers reads the numbers of letters.
func letterNumbers(args []string) ([]uint64, error) {
	var numbers []uint64
	for _, a := range args {
		n, err := strconv.ParseUint(a, 10, 64)
		if err != nil || n == 0 {
			return nil, fmt.Errorf("%q is no number of a dead letter: rapport deadletters list shows them", a)
		}
		numbers = append(numbers, n)
	}
	return numbers, nil
}
