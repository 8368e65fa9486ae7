package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"rapport/pkg/catalogue/feed"
	"rapport/services/ingest/feeds"
	"rapport/services/rapport/importing"
)

// feeds are the flags about the shop's product feeds.
func (f *upFlags) feeds(flags *pflag.FlagSet) {
	every := time.Hour
	if text := os.Getenv("RAPPORT_FEED_EVERY"); text != "" {
		every, _ = time.ParseDuration(text) // What is no duration is zero, which fed refuses.
	}
	flags.StringSliceVar(&f.cfg.Feeds.URLs, "feed", list("RAPPORT_FEEDS"), "address of a product feed that the catalogue follows: Google's product data, CSV or JSON")
	flags.DurationVar(&f.cfg.Feeds.Every, "feed-every", every, "how often feeds are read")
	flags.BoolVar(&f.cfg.Feeds.AllowPrivate, "feeds-private", os.Getenv("RAPPORT_FEEDS_PRIVATE") == "true", "let feeds be in private networks")
}

// fed checks what the flags of feeds say.
func (f *upFlags) fed() error {
	if f.cfg.Feeds.Every < time.Minute {
		return fmt.Errorf("--feed-every %s: use 1m or more", f.cfg.Feeds.Every)
	}
	return nil
}

// fromFeed lets a command that imports products read a feed instead of a file.
func fromFeed(cmd *cobra.Command, f *importFlags) {
	place := cmd.Flags().String("feed", "", "read this product feed instead of a file: an address or a file with Google's product data (RSS, Atom, CSV, TSV) or JSON")
	file, run := cmd.Args, cmd.RunE
	cmd.Use = string(importing.Products) + " [FILE]"
	cmd.Args = func(c *cobra.Command, args []string) error {
		switch {
		case *place == "":
			return file(c, args)
		case len(args) > 0:
			return &usageError{c.CommandPath(), fmt.Errorf("%s and --feed %s: name one of them", args[0], *place)}
		}
		return nil
	}
	cmd.RunE = func(c *cobra.Command, args []string) (err error) {
		if *place == "" {
			return run(c, args)
		}
		dir, err := os.MkdirTemp("", "rapport-feed-")
		if err != nil {
			return fmt.Errorf("make room for the feed: %w", err)
		}
		defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
		path := filepath.Join(dir, "products.jsonl")
		if err := listFeed(c.Context(), *place, path, c.ErrOrStderr()); err != nil {
			return err
		}
		return f.run(c, importing.Products, path, "product")
	}
}

// listFeed writes the products of a feed as JSON Lines.
func listFeed(ctx context.Context, place, path string, told io.Writer) (err error) {
	in, err := feeds.Open(ctx, place)
	if err != nil {
		return err //nolint:wrapcheck // It names the place.
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	out, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("keep the feed's products: %w", err)
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	w, refused := bufio.NewWriter(out), 0
	r := feed.Reader{
		Now: time.Now(),
		Take: func(_ string, record []byte) error {
			_, err := w.Write(append(record[:len(record):len(record)], '\n'))
			return err //nolint:wrapcheck // It names the file.
		},
		Refused: func(x feed.Refusal) {
			if refused++; refused <= shownRefusals {
				fmt.Fprintf(told, "%s, %s %s: %s\n", place, x.Place, x.ID, x.Reason) //nolint:errcheck // Nobody is left to tell.
			}
		},
	}
	if err := r.Read(in); err != nil {
		return fmt.Errorf("%s: %w", place, err)
	}
	if refused > 0 {
		fmt.Fprintf(told, "%s: %s cannot be used\n", place, counted(refused, "product")) //nolint:errcheck // As above.
	}
	return w.Flush() //nolint:wrapcheck // It names the file.
}

// shownRefusals is how many products that cannot be used are named.
const shownRefusals = 20
