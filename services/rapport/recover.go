package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"rapport/services/rapport/stack"
)

func recoverCommand() *cobra.Command {
	var (
		f      upFlags
		asJSON bool
	)
	cmd := &cobra.Command{
		Use: "recover", Short: "After a restore of the store, tell it what was sent since the backup", Args: noArgs,
		Long: `Read from the broker which messages were handed over since the store's backup was made, and
tell the store, so that nothing is sent again when the events since then are applied once
more. Stop every process first. The store must have been restored and the broker not: it is
the broker that remembers. PostgreSQL notices a restore by itself, and rapport up then does
this at its start; after a copy of an SQLite database was put back, run it by hand. It may be
repeated.`,
		RunE: func(c *cobra.Command, _ []string) error {
			log, err := logger(c.ErrOrStderr(), "text", "warn")
			if err := errors.Join(err, storeURL(f.cfg.StoreURL)); err != nil {
				return &usageError{c.CommandPath(), err}
			}
			f.cfg.Logger = log
			found, err := stack.Recover(c.Context(), f.cfg)
			if err != nil {
				return err
			}
			if asJSON {
				return writeJSON(c.OutOrStdout(), found)
			}
			_, err = fmt.Fprintf(c.OutOrStdout(), "%d messages were sent since the backup and are known again; %d were in hand and count as uncertain; %d events will be applied once more.\n",
				found.Receipts, found.Open, found.Events)
			return err
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.cfg.Dir, "data", "data", "directory with the database, and with the embedded broker's streams")
	f.broker(flags)
	flags.StringVar(&f.cfg.StoreURL, "store", os.Getenv("RAPPORT_STORE_URL"), "PostgreSQL database, postgres://user@host/name (default: SQLite in the data directory)")
	flags.BoolVar(&asJSON, "json", false, "print the counts as one JSON object")
	return cmd
}
