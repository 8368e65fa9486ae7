package main

import (
	"errors"
	"fmt"
	"os"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"rapport/pkg/store/transfer"
)

func migrateStoreCommand() *cobra.Command {
	var (
		o      transfer.Options
		asJSON bool
	)
	cmd := &cobra.Command{
		Use: "migrate-store --store URL", Short: "Move the store of a data directory from SQLite to PostgreSQL", Args: noArgs,
		Long: `Copy everything that the SQLite database of a data directory holds into an empty PostgreSQL
database, then read both again and compare the number of rows and a checksum of each table.
Stop rapport up first. Interrupted at any point, the same command goes on where it was. The
data directory stays as it is; afterwards start with the same broker and --store.`,
		Example: `  rapport migrate-store --data data --store postgres://rapport@db.example.com/rapport
  rapport up --data data --store postgres://rapport@db.example.com/rapport`,
		RunE: func(c *cobra.Command, _ []string) error {
			err := storeURL(o.To)
			if o.To == "" {
				err = errors.New("--store is missing: name the PostgreSQL database to move to")
			}
			if err != nil {
				return &usageError{c.CommandPath(), err}
			}
			last := time.Now()
			o.Progress = func(table string, done, of int64) {
				if done == of || time.Since(last) > time.Second {
					last = time.Now()
					c.PrintErrf("%s: %d of %d\n", table, done, of)
				}
			}
			all, err := transfer.Run(c.Context(), o)
			if err != nil {
				return fmt.Errorf("the store is not moved yet: %w", err)
			}
			if asJSON {
				return writeJSON(c.OutOrStdout(), all)
			}
			w := tabwriter.NewWriter(c.OutOrStdout(), 0, 0, 2, ' ', tabwriter.AlignRight)
			fmt.Fprintln(w, "TABLE\trows\tchecksum on both sides\t") //nolint:errcheck // Flush says it.
			for _, t := range all {
				fmt.Fprintf(w, "%s\t%d\t%s\t\n", t.Name, t.Rows, t.Checksum) //nolint:errcheck // Flush says it.
			}
			if err := w.Flush(); err != nil {
				return fmt.Errorf("print the table: %w", err)
			}
			return nil
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&o.From, "data", "data", "directory with the SQLite database")
	flags.StringVar(&o.To, "store", os.Getenv("RAPPORT_STORE_URL"), "PostgreSQL database to move to, postgres://user@host/name")
	flags.BoolVar(&asJSON, "json", false, "print the tables as JSON")
	return cmd
}
