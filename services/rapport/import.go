package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/spf13/cobra"

	"rapport/pkg/bus"
	"rapport/pkg/client"
	"rapport/services/rapport/importing"
)

func importCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "import", Short: "Bring in profiles, consent, products, past orders and events from a file", Args: command,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
		Long: `Read a CSV file or JSON Lines, plain or gzip, and publish each row. Everything is marked as past: it
counts for profiles, segments and goals, and nobody is written to because of it.

Columns are found by their names; --map and --mapping say what else they are, --dry-run shows
it and checks the whole file. Rows that cannot be used are named, and go to --rejects to be mended and imported;
the others are imported. A file may be imported again, which changes nothing, and an import
that was interrupted goes on where it was: run the same command again.`,
		Example: `  rapport import profiles customers.csv --preset shopify --country DE --dry-run
  rapport import orders orders.csv.gz --zone Europe/Berlin --map "Order total=total" --rejects refused.csv
  rapport import consent newsletter.csv --set channel=email --set purpose=marketing --set source=mailchimp`,
	}
	for _, k := range importing.Kinds() {
		cmd.AddCommand(importKind(k))
	}
	return cmd
}

func importKind(k importing.Kind) *cobra.Command {
	var f importFlags
	cmd := &cobra.Command{
		Use: string(k) + " FILE", Short: "Import " + aboutKind(k), Args: operands("FILE"), Long: "Import " + aboutKind(k) + ".\n\n" + importing.Describe(k),
		RunE: func(c *cobra.Command, args []string) error { return f.run(c, k, args[0], "event") },
	}
	f.flags(cmd)
	if k == importing.Products {
		fromFeed(cmd, &f)
	}
	return cmd
}

func aboutKind(k importing.Kind) string {
	switch k {
	case importing.Profiles:
		return "what is known of customers"
	case importing.Consents:
		return "who agreed to what, with its proof"
	case importing.Products:
		return "the shop's catalogue"
	case importing.Orders:
		return "past orders: a row for each, or one for each of its lines"
	default:
		return "past events of any type"
	}
}

// importFlags are the flags of all kinds.
type importFlags struct {
	door               door
	natsURL, source    string
	secure             bus.Security
	maps, sets         []string
	mapping, preset    string
	m                  importing.Mapping
	at, rejects, state string
	dryRun, restart    bool
	retryFor           time.Duration
	adjust             func(path string, m *importing.Mapping) error // what a kind of command does beside it
	uncompressed       bool
}

func (f *importFlags) flags(cmd *cobra.Command) {
	f.door.flags(cmd)
	flags := cmd.Flags()
	flags.StringVar(&f.natsURL, "nats-url", "", "publish over NATS at this address instead of --url")
	signIn(flags, &f.secure)
	flags.StringVar(&f.source, "source", "import", "who publishes over NATS")
	flags.StringArrayVar(&f.maps, "map", nil, "COLUMN=FIELD: what a column is; FIELD+FIELD for two, FIELD:number for its type, - to leave it out")
	flags.StringVar(&f.mapping, "mapping", "", "YAML file with columns, values, zone and the other flags")
	flags.StringVar(&f.preset, "preset", "", "mapping for the exports of: "+strings.Join(importing.Presets(), ", "))
	flags.StringArrayVar(&f.sets, "set", nil, "FIELD=VALUE: what a field is where no column says it")
	flags.StringVar(&f.m.Zone, "zone", "", "time zone of times that name none, such as Europe/Berlin (default UTC)")
	flags.StringVar(&f.m.TimeFormat, "time-format", "", "how times are written, as Go's package time has it, or unix")
	flags.StringVar(&f.m.Country, "country", "", "country of phone numbers that name none, such as DE")
	flags.StringVar(&f.m.Decimal, "decimal", "", "mark before the decimals of amounts, . or , (default: what can be only that)")
	flags.StringVar(&f.m.Encoding, "encoding", "", "utf-8, windows-1252, iso-8859-1, iso-8859-15 or utf-16")
	flags.StringVar(&f.m.Separator, "separator", "", "what stands between values, or tab (default: what the header has)")
	flags.StringVar(&f.m.IDPrefix, "id-prefix", "", "text before each customer's id, such as shopify:")
	flags.StringSliceVar(&f.m.Join, "join", nil, "email, phone: who has an id is also the guest with this address")
	flags.StringVar(&f.at, "at", "", "when happened what has no time (default: when the file was written)")
	flags.BoolVar(&f.dryRun, "dry-run", false, "check everything, and change nothing")
	flags.StringVar(&f.rejects, "rejects", "", "file for refused rows, with line and reason")
	flags.StringVar(&f.state, "state", "", "file that says where to go on (default: beside the input)")
	flags.BoolVar(&f.restart, "restart", false, "begin anew instead of going on")
	flags.DurationVar(&f.retryFor, "retry-for", 2*time.Minute, "how long to try while nothing answers")
	flags.BoolVar(&f.uncompressed, "uncompressed", false, "send without gzip: less work on one machine")
}

// merged is the mapping of preset, file and flags, the later over the earlier.
func (f *importFlags) merged(k importing.Kind) (m importing.Mapping, err error) {
	if f.preset != "" {
		if m, err = importing.Preset(f.preset, k); err != nil {
			return m, err
		}
	}
	if f.mapping != "" {
		own, err := importing.ReadMapping(f.mapping)
		if err != nil {
			return m, err
		}
		m = m.Over(own)
	}
	given := f.m
	if given.Columns, err = pairs("--map", "COLUMN=FIELD", f.maps); err != nil {
		return m, err
	}
	if given.Values, err = pairs("--set", "FIELD=VALUE", f.sets); err != nil {
		return m, err
	}
	if d := given.Decimal; d != "" && d != "." && d != "," {
		return m, fmt.Errorf("--decimal %q: use . or ,", d)
	}
	return m.Over(given), nil
}

// pairs reads NAME=VALUE; the last = counts, as columns have all kinds of names.
func pairs(flag, form string, given []string) (map[string]string, error) {
	all := map[string]string{}
	for _, text := range given {
		i := strings.LastIndexByte(text, '=')
		if flag == "--set" {
			i = strings.IndexByte(text, '=')
		}
		if i <= 0 || i == len(text)-1 {
			return nil, fmt.Errorf("%s %q: write it as %s", flag, text, form)
		}
		all[text[:i]] = text[i+1:]
	}
	return all, nil
}

// run imports a file; noun is what its events are called.
func (f *importFlags) run(c *cobra.Command, k importing.Kind, path, noun string) error {
	wrong := func(err error) error { return &usageError{c.CommandPath(), err} }
	m, err := f.merged(k)
	if err != nil {
		return wrong(err)
	}
	if f.adjust != nil {
		if err := f.adjust(path, &m); err != nil {
			return err
		}
	}
	o := importing.Options{Path: path, Kind: k, Mapping: m, DryRun: f.dryRun, State: f.state, Restart: f.restart, Rejects: f.rejects}
	if f.at != "" {
		if o.At, err = parseMoment("--at", f.at); err != nil {
			return wrong(err)
		}
	}
	screen := newScreen(c.ErrOrStderr(), path)
	if !f.dryRun {
		if o.Open, err = f.open(screen); err != nil {
			return wrong(err)
		}
	}
	o.Told, o.Progress, o.Note = screen.refused, screen.progress, screen.note
	counts, err := importing.Run(c.Context(), o)
	screen.end()
	if err != nil {
		return f.interrupted(c.Context(), path, counts, err)
	}
	did := fmt.Sprintf("%s from %s", counted(counts.Events, noun), path)
	if f.dryRun {
		did = fmt.Sprintf("%s from %s would be imported, and nothing was", counted(counts.Events, noun), path)
	}
	if _, err := fmt.Fprintf(c.OutOrStdout(), "%s. %s.\n", did, counts); err != nil {
		return err
	}
	if counts.Refused > 0 {
		return fmt.Errorf("%s of %s cannot be imported: mend and import %s again, which changes nothing about the others",
			counted(counts.Refused, "row"), path, refusedFile(f.rejects))
	}
	return nil
}

func refusedFile(rejects string) string {
	if rejects == "" {
		return "the file"
	}
	return rejects
}

// interrupted says how to go on.
func (f *importFlags) interrupted(ctx context.Context, path string, counts importing.Counts, err error) error {
	if ctx.Err() != nil {
		err = errors.New("interrupted")
	}
	if counts.Rows == 0 || f.dryRun {
		return fmt.Errorf("%s is not imported: %w", path, err)
	}
	return fmt.Errorf("%s is imported up to row %d: %w: run the same command again to go on there", path, counts.Rows, err)
}

// open checks where to send to, and returns what begins it.
func (f *importFlags) open(s *screen) (func(func([]client.Result)) (importing.Sink, error), error) {
	o := client.Options{
		Batch: 1000, Queue: 16_000, QueueBytes: 48 << 20, Concurrency: 4, Interval: 50 * time.Millisecond, GiveUpAfter: f.retryFor,
		Uncompressed: f.uncompressed, Trouble: s.trouble,
	}
	if f.natsURL != "" {
		o.NATSURL, o.Source = f.natsURL, f.source
		secure, err := f.secure.Options()
		if err != nil {
			return nil, err
		}
		o.NATSOptions = append(secure, nats.RetryOnFailedConnect(true))
	} else {
		key, err := f.door.check()
		if err != nil {
			return nil, err
		}
		if own := os.Getenv("RAPPORT_WRITE_KEY"); own != "" {
			key = own
		}
		o.URL, o.WriteKey, o.Source = f.door.url, key, "import"
	}
	return func(report func([]client.Result)) (importing.Sink, error) {
		o.Report = report
		return client.New(o)
	}, nil
}
