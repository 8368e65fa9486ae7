package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"rapport/services/rapport/stack"
)

func provisionCommand() *cobra.Command {
	var f upFlags
	cmd := &cobra.Command{
		Use: "provision", Short: "Make the broker's streams and the store's tables, and end", Args: noArgs,
		Long: `Make the streams and buckets in a broker of its own, and with --store the tables, or bring them up to
date. Processes of rapport up do the same at their start where their keys let them; where
they may not, somebody who may runs this first, and again when the number of replicas grows.
It may be repeated, and changes nothing when there is nothing to change.`,
		Example: `  rapport provision --nats-url tls://nats-0:4222 --nats-replicas 3 --nats-ca ca.pem --nats-nkey admin.nk`,
		RunE: func(c *cobra.Command, _ []string) error {
			log, err := logger(c.ErrOrStderr(), "text", "warn")
			if f.cfg.NATSURL == "" {
				err = errors.Join(err, errors.New("--nats-url is missing: the embedded broker makes its streams itself"))
			}
			if err := errors.Join(err, f.partitions(), f.shared()); err != nil {
				return &usageError{c.CommandPath(), err}
			}
			f.cfg.Logger = log
			if err := stack.Provision(c.Context(), f.cfg); err != nil {
				return err
			}
			_, err = fmt.Fprintln(c.OutOrStdout(), "Streams and tables are as they should be.")
			return err
		},
	}
	flags := cmd.Flags()
	f.broker(flags)
	flags.IntVar(&f.cfg.Partitions, "partitions", 16, "partitions of a new event stream; they cannot be changed later")
	flags.BoolVar(&f.cfg.NATSSlots, "nats-slots", false, "give slots to an event stream that has a subject for each profile, once no version that made such streams runs any more")
	flags.StringVar(&f.cfg.StoreURL, "store", os.Getenv("RAPPORT_STORE_URL"), "PostgreSQL database, postgres://user@host/name (default: the streams alone)")
	return cmd
}
