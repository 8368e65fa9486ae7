package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"rapport/pkg/store"
)

// importPage is how many entries are written at a time.
const importPage = 500

func suppressImport() *cobra.Command {
	var data kept
	var source string
	cmd := &cobra.Command{
		Use: "import FILE", Short: "Put the addresses of a CSV file on the list", Args: operands("FILE"),
		Long: `Read a CSV file with the columns channel and address, and if you like reason (default:
imported) and at (default: now), and put its addresses on the list. What is on it already
stays as it is, so that a file may be imported again. Rows that cannot be used are named.`,
		Example: `  rapport suppress import unsubscribed.csv --source "our former provider"`,
		RunE: func(c *cobra.Command, args []string) error {
			s, err := openSheet(args[0], c.ErrOrStderr(), []string{"channel", "address"}, []string{"reason", "at"})
			if err != nil {
				return err
			}
			return data.listing(c, func(ctx context.Context, st store.Store) error {
				n, err := importList(ctx, st, s, source)
				if err != nil {
					return errors.Join(err, s.in.Close())
				}
				return s.end(c.OutOrStdout(), n, "row")
			})
		},
	}
	data.flags(cmd)
	cmd.Flags().StringVar(&source, "source", "rapport suppress import", "where the file is from")
	return cmd
}

func importList(ctx context.Context, st store.Suppressing, s *sheet, source string) (n int, err error) {
	now := time.Now().UTC()
	var page []store.Suppression
	flush := func() error {
		err := st.Suppress(ctx, page)
		n += len(page)
		page = page[:0]
		return err
	}
	for {
		r, err := s.next()
		if errors.Is(err, io.EOF) {
			return n, flush()
		}
		if err != nil {
			return n, fmt.Errorf("%s: %w", s.name, err)
		}
		at := now
		if text := r.values["at"]; text != "" {
			at, err = parseMoment("at", text)
		}
		entry, wrong := suppressionOf(r.values["channel"], r.values["address"], r.values["reason"], at)
		if err == nil {
			err = wrong
		}
		if err != nil {
			s.refuse(r.line, err)
			continue
		}
		entry.Source = source
		if page = append(page, entry); len(page) == importPage {
			if err := flush(); err != nil {
				return n, err
			}
		}
	}
}

// writeLine prints a value as JSON on a line of its own.
func writeLine(w io.Writer, v any) error {
	if err := json.NewEncoder(w).Encode(v); err != nil {
		return fmt.Errorf("print: %w", err)
	}
	return nil
}
