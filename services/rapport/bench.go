package main

import (
	"errors"
	"strings"

	"github.com/spf13/cobra"

	"rapport/services/rapport/bench"
)

func benchCommand() *cobra.Command {
	var (
		o      bench.Options
		asJSON bool
	)
	cmd := &cobra.Command{
		Use: "bench", Short: "Measure what this machine does in a second, beside what it could do at best", Args: noArgs,
		Long: `Measure Rapport on this machine, each figure beside a ceiling that is measured in the same run.
All rows at their full sizes take the better part of an hour and some 20 GB of disk (with PostgreSQL 40); stores
with millions of people are made once and used again. Leave the machine alone meanwhile.`,
		Example: `  rapport bench --rows accept,apply,mail,latency --profiles 100000
  rapport bench --store postgres --json`,
		RunE: func(c *cobra.Command, _ []string) error {
			o.Progress = func(format string, args ...any) { c.PrintErrf(format+"\n", args...) }
			o.MemoryLimit = memoryLimit
			report, err := bench.Run(c.Context(), o)
			switch {
			case err != nil && report == nil:
				return err
			case asJSON:
				return errors.Join(err, report.JSON(c.OutOrStdout()))
			}
			return errors.Join(err, report.Text(c.OutOrStdout()))
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&o.Store, "store", bench.SQLite, "sqlite, postgres (started from this machine's packages), or postgres://user@host/name")
	flags.StringSliceVar(&o.Rows, "rows", nil, "measure only these: "+strings.Join(bench.Rows(), ", "))
	flags.BoolVar(&o.Quick, "quick", false, "a few seconds for each row: to see that it runs, not how fast")
	flags.IntVar(&o.Profiles, "profiles", 0, "people in the store (default 1000000)")
	flags.IntVar(&o.Timers, "timers", 0, "timers that are pending in the rows timers and start (default 10000000)")
	flags.IntVar(&o.Due, "due", 0, "how many of them come due at once (default 100000)")
	flags.IntSliceVar(&o.Growth, "growth", nil, "people in the store of the row growth (default 10000,1000000,10000000)")
	flags.StringVar(&o.Dir, "dir", "", "where stores are kept for later runs (default: rapport-bench in the user's cache)")
	flags.StringVar(&o.ProfileDir, "profile", "", "directory for a CPU profile of each row")
	flags.BoolVar(&asJSON, "json", false, "print the report as one JSON object")
	cmd.AddCommand(&cobra.Command{
		Use: "sink", Short: "Take mails and forget them, for the command above", Hidden: true, Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return bench.Sink(c.Context(), c.InOrStdin(), c.OutOrStdout())
		},
	})
	return cmd
}
