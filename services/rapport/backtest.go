package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"rapport/pkg/backtest"
	"rapport/pkg/recommend"
	"rapport/pkg/rehearsal"
	"rapport/services/rapport/replay"
)

// backtestFlags are the flags of backtest.
type backtestFlags struct {
	data         kept
	csv          string
	workspace    string
	journey      string
	since, until string
	asJSON       bool
	html         string
}

func backtestCommand() *cobra.Command {
	var f backtestFlags
	cmd := &cobra.Command{
		Use: "backtest", Short: "Run a changed workspace over what has happened, and count what it would have done", Args: noArgs,
		Long: `Run the recorded events of a data directory, or the invoices of a CSV file, through a changed
workspace, without touching anything: who enters, what is sent when, what is kept back and
why, messages per person, overlaps, and how that differs from what was really sent. What is
before --since fills profiles, histories and segments; journeys begin empty.`,
		Example: `  rapport backtest --since 90d --workspace templates
  rapport backtest --since 90d --journey win-back.yaml --html report.html
  rapport backtest --csv invoices.csv.gz --until 90d`,
		RunE: func(c *cobra.Command, _ []string) error { return f.run(c) },
	}
	flags := cmd.Flags()
	f.data.flags(cmd)
	flags.StringVar(&f.csv, "csv", "", "file of invoice lines (CSV, also gzip) to use instead of recorded events")
	flags.StringVar(&f.workspace, "workspace", "", "directory with the changed workspace (default: ./templates, else what is in force)")
	flags.StringVar(&f.journey, "journey", "", "one changed journey's file, put in the place of its former version")
	flags.StringVar(&f.since, "since", "", "when to begin: so long before the end (90d), or on a date (default: at the first event)")
	flags.StringVar(&f.until, "until", "0h", "how long time runs on after the last event (90d, 12h), or until when (2011-09-28)")
	flags.BoolVar(&f.asJSON, "json", false, "print the report as one JSON object")
	flags.StringVar(&f.html, "html", "", "file to write the report to as a page with plots")
	return cmd
}

func (f *backtestFlags) run(c *cobra.Command) (err error) {
	var end replay.Options
	if err := parseUntil(f.until, &end); err != nil {
		return &usageError{c.CommandPath(), err}
	}
	past, err := f.past(c.Context(), c.ErrOrStderr())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, past.close()) }()
	snap, err := f.changed(c.Context(), past.archive)
	if err != nil {
		return err
	}
	in := past.Input
	in.Config, in.Zone = snap.Config(time.Time{}, nil), snap.Zone()
	in.Suggest = rehearsal.NewShelf(recommend.Config{})
	if in.Until = end.UntilTime; in.Until.IsZero() {
		in.Until = past.last.Add(end.Until)
	}
	if in.Since, err = parseSince(f.since, in.Until); err != nil {
		return &usageError{c.CommandPath(), err}
	}
	if past.messages != nil {
		in.Recorded = past.messages(in.Since, in.Until)
	}
	began := time.Now()
	report, err := backtest.Run(in)
	if err != nil {
		return err
	}
	report.Source = past.name
	report.Seconds = time.Since(began).Seconds()
	report.PerSec = float64(report.Events+report.Before) / report.Seconds
	return f.show(c.OutOrStdout(), report)
}

func (f *backtestFlags) show(out io.Writer, r *backtest.Report) error {
	if f.html != "" {
		page, err := os.Create(f.html)
		if err != nil {
			return fmt.Errorf("write the report: %w: name another file with --html", err)
		}
		if err := errors.Join(r.WriteHTML(page), page.Close()); err != nil {
			return err
		}
	}
	if f.asJSON {
		return writeJSON(out, r)
	}
	if err := r.WriteText(out); err != nil {
		return err
	}
	if f.html == "" {
		return nil
	}
	_, err := fmt.Fprintf(out, "\nThe page with the plots is in %s.\n", f.html)
	return err
}

// parseSince reads when to begin: a date, or so long before the end; zero is the first event.
func parseSince(s string, end time.Time) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	var o replay.Options
	if err := parseUntil(s, &o); err != nil {
		return time.Time{}, fmt.Errorf("--since %q: give a time before the end, such as 90d or 12h, or a date, such as 2011-03-01", s)
	}
	if !o.UntilTime.IsZero() {
		return o.UntilTime, nil
	}
	return end.Add(-o.Until), nil
}
