package main

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"rapport/services/rapport/replay"
	"rapport/templates"
)

func replayCommand() *cobra.Command {
	var (
		o        replay.Options
		clock    string
		until    string
		asJSON   bool
		quiet    bool
		logLevel string
		profile  string
	)
	cmd := &cobra.Command{
		Use: "replay FILE.csv", Short: "Send past purchases through everything, in their own time, and count",
		Args: oneFile,
		Long: `Send a file of invoice lines (CSV, also gzip; columns InvoiceNo, StockCode, Description,
Quantity, InvoiceDate, UnitPrice, CustomerID) through the HTTP door, the consumers, the
journeys and the workers, into the catcher. Time is what the file says: timers fire between
the events where they belong, so that months pass in seconds. Ends with a table.`,
		RunE: func(c *cobra.Command, args []string) error {
			limitMemory()
			if clock != "events" {
				return &usageError{c.CommandPath(), fmt.Errorf("--clock %q: a replay keeps the events' time, use events", clock)}
			}
			o.File, o.Starter, o.Workspace = args[0], templates.FS, workspaceOf(o.Workspace)
			if err := parseUntil(until, &o); err != nil {
				return &usageError{c.CommandPath(), err}
			}
			log, err := logger(c.ErrOrStderr(), "text", logLevel)
			if err != nil {
				return &usageError{c.CommandPath(), err}
			}
			o.Logger, o.Problem = log, replay.Warn(c.ErrOrStderr())
			o.Progress = func(format string, args ...any) { c.PrintErrf(format+"\n", args...) }
			if quiet || asJSON {
				o.Progress = replay.Quiet
			}
			stop, err := profileCPU(profile)
			if err != nil {
				return err
			}
			report, err := replay.Run(c.Context(), o)
			if err := errors.Join(err, stop()); err != nil {
				return err
			}
			if asJSON {
				return report.WriteJSON(c.OutOrStdout())
			}
			return report.WriteTable(c.OutOrStdout())
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&o.Dir, "data", "", "directory for the data, kept; an interrupted replay goes on in it (default: a fresh one, removed)")
	flags.StringVar(&o.Workspace, "workspace", "", "directory with journeys and templates (default: ./templates, else the built-in starter)")
	flags.StringVar(&clock, "clock", "events", "whose time it is: events")
	flags.StringVar(&until, "until", "90d", "how long time runs on after the last event (90d, 12h), or until when (2011-09-28)")
	flags.BoolVar(&asJSON, "json", false, "print the table as one JSON object")
	flags.BoolVar(&quiet, "quiet", false, "print nothing but the table")
	flags.StringVar(&logLevel, "log-level", "error", "debug, info, warn or error")
	flags.StringVar(&profile, "cpuprofile", "", "file to write a CPU profile to")
	return cmd
}

// oneFile is the argument check of replay.
func oneFile(c *cobra.Command, args []string) error {
	switch len(args) {
	case 0:
		return fmt.Errorf("no file to replay: name one, as in %s invoices.csv", c.CommandPath())
	case 1:
		return nil
	}
	return fmt.Errorf("%d files to replay: name one; a replay is of one file", len(args))
}

var days = regexp.MustCompile(`^(\d+)d$`)

// parseUntil reads a duration with days, or a date.
func parseUntil(s string, o *replay.Options) error {
	if m := days.FindStringSubmatch(s); m != nil {
		n, err := strconv.Atoi(m[1])
		if err == nil && n <= 36500 {
			o.Until = time.Duration(n) * 24 * time.Hour
			return nil
		}
	}
	if d, err := time.ParseDuration(s); err == nil && d >= 0 {
		o.Until = d
		return nil
	}
	for _, layout := range []string{time.DateOnly, time.DateTime, time.RFC3339} {
		if t, err := time.Parse(layout, s); err == nil {
			o.UntilTime = t.UTC()
			return nil
		}
	}
	return fmt.Errorf("--until %q: give a time after the last event, such as 90d or 12h, or a date, such as 2011-09-28", s)
}
