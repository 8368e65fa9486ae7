package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"rapport/pkg/dkim"
)

func dkimCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "dkim", Short: "Make the keys that mails are signed with", Args: command,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	cmd.AddCommand(dkimNewCommand())
	return cmd
}

// dkimFlags are the flags of dkim new.
type dkimFlags struct{ domain, selector, dir, from string }

func dkimNewCommand() *cobra.Command {
	var f dkimFlags
	cmd := &cobra.Command{
		Use: "new --domain DOMAIN --selector NAME", Short: "Make a pair of keys, and print the DNS records to publish",
		Long: `Make an RSA key and an Ed25519 key for a domain, write each to a file that only you may read, and
print the TXT records to publish. With both, a mail gets two signatures, and receivers take the one
they know.

To replace keys, make new ones with another selector and --from a day on which their records will
be known everywhere (a week from now); leave the old files and records in place for a month after.`,
		Example: `  rapport dkim new --domain shop.example --selector 2026a`,
		Args: func(c *cobra.Command, args []string) error {
			if err := noArgs(c, args); err != nil {
				return &usageError{c.CommandPath(), err}
			}
			return nil
		},
		RunE: func(c *cobra.Command, _ []string) error {
			if f.domain == "" || f.selector == "" {
				return &usageError{c.CommandPath(), errors.New("--domain and --selector are needed, as in --domain shop.example --selector 2026a")}
			}
			var from time.Time
			if f.from != "" {
				var err error
				if from, err = time.Parse(time.DateOnly, f.from); err != nil {
					return &usageError{c.CommandPath(), fmt.Errorf("--from %q is no day: write it as 2026-04-01", f.from)}
				}
			}
			return f.make(c.OutOrStdout(), from)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.domain, "domain", "", "domain that mail comes from (required)")
	flags.StringVar(&f.selector, "selector", "", "name of this pair of keys, such as 2026a (required)")
	flags.StringVar(&f.dir, "dir", "dkim-keys", "directory to write the keys to, for --dkim-keys")
	flags.StringVar(&f.from, "from", "", "day from which they sign, in UTC, such as 2026-04-01 (default: at once)")
	return cmd
}

// make writes the keys, and prints what to publish. A file that is there already is never overwritten.
func (f *dkimFlags) make(out io.Writer, from time.Time) error {
	if err := os.MkdirAll(f.dir, 0o700); err != nil {
		return fmt.Errorf("make the directory for the keys: %w", err)
	}
	var b strings.Builder
	for _, algorithm := range []string{"rsa", "ed25519"} {
		text, err := dkim.NewKey(algorithm)
		if err != nil {
			return err
		}
		private, err := dkim.ReadKey(text)
		if err != nil {
			return err
		}
		selector := strings.ToLower(f.selector + "-" + algorithm)
		// The ring says what is wrong with the names before anything is written.
		if _, err := dkim.NewRing(dkim.Key{Domain: f.domain, Selector: selector, Private: private}); err != nil {
			return err
		}
		record, err := dkim.Record(private)
		if err != nil {
			return err
		}
		path := filepath.Join(f.dir, dkim.FileName(strings.ToLower(f.domain), selector))
		if err := writeNew(path, dkim.FileText(from, text)); err != nil {
			return err
		}
		fmt.Fprintf(&b, "; %s\n%s._domainkey.%s. IN TXT ( \"%s\" )\n\n", path, selector, strings.ToLower(f.domain), strings.Join(dkim.Strings(record), "\" \""))
	}
	fmt.Fprintf(&b, "; Publish both records, start with --dkim-keys %s, and look with: rapport doctor --dkim-keys %s --from %s\n", f.dir, f.dir, f.domain)
	_, err := io.WriteString(out, b.String())
	return err
}

// writeNew writes a file that only its owner may read.
func writeNew(path string, text []byte) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("write a DKIM key (use another --selector to make new ones): %w", err)
	}
	_, err = file.Write(text)
	return errors.Join(err, file.Sync(), file.Close())
}
