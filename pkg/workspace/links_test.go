package workspace

import (
	"regexp"
	"strings"
	"testing"

	"rapport/pkg/link"
	"rapport/pkg/message"
	"rapport/pkg/render"
)

// TestShippedMailsHaveLinks renders the shipped mails as a mailer does: a marketing mail shows how to leave, in both its
// parts and for its header, all that leads to the web leads there over the portal, and a repeat is the same to the byte.
func TestShippedMailsHaveLinks(t *testing.T) {
	t.Parallel()
	s := loadStarter(t)
	keys, err := link.NewKeys("a secret of tests: 0123456789abcdef")
	if err != nil {
		t.Fatal(err)
	}
	maker := &link.Maker{Keys: keys, Base: "https://news.hazelandfinch.example", Clicks: true, Opens: true, UTM: link.UTM{Source: "rapport"}}
	links := render.WithLinks(maker)
	href := regexp.MustCompile(`<a [^>]*href="([^"]*)"`)
	for name, c := range goldenCases(t) {
		if c.Channel == message.SMS {
			plain, err := s.SMS(t.Context(), c)
			got, err2 := s.SMSWith(t.Context(), c, links)
			if err != nil || err2 != nil || got != plain {
				t.Errorf("%s: %+v, %v, %v: links of an SMS cost segments", name, got, err, err2)
			}
			continue
		}
		m, err := s.MailWith(t.Context(), c, links)
		again, err2 := s.MailWith(t.Context(), c, links)
		if err != nil || err2 != nil || m != again {
			t.Fatalf("%s: %v, %v, or a repeat differs", name, err, err2)
		}
		if c.Category == message.Transactional {
			if plain, err := s.Mail(t.Context(), c); err != nil || m != plain {
				t.Errorf("%s is tracked: %v", name, err)
			}
			continue
		}
		for _, found := range href.FindAllStringSubmatch(m.HTML, -1) {
			if !strings.HasPrefix(found[1], maker.Base) {
				t.Errorf("%s leads to %s", name, found[1])
			}
		}
		ticket, err := keys.OpenAs(link.Unsubscribe, strings.TrimPrefix(m.Unsubscribe, maker.Base+"/u/"), c.DecidedAt)
		if err != nil || ticket.Profile != c.Profile || ticket.Purpose != "marketing" || ticket.Channel != message.Email {
			t.Errorf("%s: the header leads to %+v, %v", name, ticket, err)
		}
		for _, want := range []string{m.Unsubscribe, maker.Preferences(c)} {
			if strings.Count(m.HTML, want) != 1 || strings.Count(m.Text, want+"\n") != 1 {
				t.Errorf("%s does not show %s once in each part", name, want)
			}
		}
		if strings.Count(m.HTML, maker.Base+"/o/") != 1 || m.UnsubscribeMail == "" {
			t.Errorf("%s has no pixel or no address to write to", name)
		}
	}
}

// BenchmarkWithLinks renders a shipped marketing mail as a mailer does, with and without links.
func BenchmarkWithLinks(b *testing.B) {
	s, c := loadStarter(b), goldenCases(b)["related-products"]
	keys, err := link.NewKeys("a secret of tests: 0123456789abcdef")
	if err != nil {
		b.Fatal(err)
	}
	maker := &link.Maker{Keys: keys, Base: "https://news.hazelandfinch.example", Clicks: true, Opens: true, UTM: link.UTM{Source: "rapport"}}
	for name, opts := range map[string][]render.Option{"None": nil, "All": {render.WithLinks(maker)}} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := s.MailWith(b.Context(), c, opts...); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
