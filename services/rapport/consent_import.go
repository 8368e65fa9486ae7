package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"rapport/pkg/event"
	"rapport/pkg/message"
)

// consentPage is how many rows go in one request: well below what the door takes.
const consentPage = 500

func consentImport() *cobra.Command {
	var at door
	cmd := &cobra.Command{
		Use: "import FILE", Short: "Import consent, with its proof, from a CSV file", Args: operands("FILE"),
		Long: `Read a CSV file and publish each row as an event consent.imported, through the event API. Columns:

  profile    the customer's id; or email instead, which is the id then
  channel    email, sms or whatsapp
  purpose    marketing, or a purpose of your policy
  granted    true or false
  at         when they said so, such as 2026-03-02T09:00
  source     where they said so: the form, the shop, the former provider
  proof      what shows it: the form's wording and version, the IP address, a document's
             number; at most 500 bytes
  confirmed  true where a double opt-in was completed (may be missing)

A row without proof is refused: consent that nobody can show is none (GDPR, article 7).
Rows that cannot be used are named, and the others are imported. The file may be imported
again: a row that was imported is known.`,
		RunE: func(c *cobra.Command, args []string) error {
			key, err := at.check()
			if err != nil {
				return &usageError{c.CommandPath(), err}
			}
			s, err := openSheet(args[0], c.ErrOrStderr(), []string{"channel", "purpose", "granted", "at", "source", "proof"},
				[]string{"profile", "email", "confirmed"})
			if err != nil {
				return err
			}
			if slices.Contains(s.columns, "profile") == slices.Contains(s.columns, "email") {
				return errors.Join(fmt.Errorf("%s:1: name one of the columns profile and email: it says who agreed", s.name), s.file.Close())
			}
			n, err := importConsent(c.Context(), s, func(ctx context.Context, calls []map[string]any) ([]refusal, error) {
				return at.send(ctx, key, calls)
			})
			if err != nil {
				return errors.Join(fmt.Errorf("imported up to some row, which is safe to repeat: %w", err), s.file.Close())
			}
			return s.end(c.OutOrStdout(), n, "decision")
		},
	}
	at.flags(cmd)
	return cmd
}

func importConsent(ctx context.Context, s *sheet, send func(context.Context, []map[string]any) ([]refusal, error)) (n int, err error) {
	var calls []map[string]any
	var lines []int
	flush := func() error {
		if len(calls) == 0 {
			return nil
		}
		refused, err := send(ctx, calls)
		for _, r := range refused {
			s.refuse(lines[r.Index], fmt.Errorf("%s: %s", r.Field, r.Error))
		}
		n += len(calls) - len(refused)
		calls, lines = nil, nil
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
		call, err := r.consent()
		if err != nil {
			s.refuse(r.line, err)
			continue
		}
		calls, lines = append(calls, call), append(lines, r.line)
		if len(calls) == consentPage {
			if err := flush(); err != nil {
				return n, err
			}
		}
	}
}

// consent is the call of a row. Its id is derived from all that the row says.
func (r record) consent() (map[string]any, error) {
	v := r.values
	who := v["profile"] + v["email"]
	for _, need := range []string{"channel", "purpose", "granted", "at", "source"} {
		if v[need] == "" {
			return nil, fmt.Errorf("%s is empty", need)
		}
	}
	switch {
	case who == "":
		return nil, errors.New("nobody is named: give the customer's id or e-mail address")
	case v["proof"] == "":
		return nil, errors.New("proof is empty: say what shows that they agreed, such as the form and its wording")
	case len(v["proof"]) > event.MaxProof:
		return nil, fmt.Errorf("proof has %d bytes, at most %d are kept: name a document instead", len(v["proof"]), event.MaxProof)
	case !slices.Contains([]message.Channel{message.Email, message.SMS, message.WhatsApp}, message.Channel(v["channel"])):
		return nil, fmt.Errorf("there is no channel %q to agree to: use email, sms or whatsapp", v["channel"])
	}
	granted, err := strconv.ParseBool(strings.ToLower(v["granted"]))
	if err != nil {
		return nil, fmt.Errorf("granted is %q: use true or false", v["granted"])
	}
	confirmed := false
	if v["confirmed"] != "" {
		if confirmed, err = strconv.ParseBool(strings.ToLower(v["confirmed"])); err != nil {
			return nil, fmt.Errorf("confirmed is %q: use true or false", v["confirmed"])
		}
	}
	at, err := parseMoment("at", v["at"])
	if err != nil {
		return nil, err
	}
	when := at.Format(time.RFC3339Nano)
	about := map[string]any{"consent": []map[string]any{{
		"channel": v["channel"], "purpose": v["purpose"], "granted": granted, "confirmed": confirmed, "at": when,
		"source": v["source"], "proof": v["proof"],
	}}}
	if v["email"] != "" {
		if _, err := addressOf(string(message.Email), v["email"]); err != nil {
			return nil, err
		}
		about["traits"] = map[string]any{"email": v["email"]}
	}
	id := message.Hash("consent", who, v["channel"], v["purpose"], strconv.FormatBool(granted), strconv.FormatBool(confirmed), when, v["source"], v["proof"])
	return subjectOf(map[string]any{
		"type": "track", "event": "consent.imported", "messageId": id, "timestamp": when, "context": about,
	}, who), nil
}
