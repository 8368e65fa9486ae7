package stack

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"time"

	"rapport/pkg/bus"
	"rapport/pkg/event"
	"rapport/pkg/journey"
	"rapport/pkg/lifecycle"
	"rapport/pkg/link"
	"rapport/pkg/message"
	"rapport/pkg/render"
	"rapport/pkg/store"
	"rapport/pkg/workspace"
	"rapport/services/portal"
)

// Portal is where the links of messages lead: clicks, unsubscribing, the preference centre.
type Portal struct {
	// Addr is where it listens; empty: it does not run here, and with URL empty, too, messages
	// have no links of their own.
	Addr string
	// URL is what people reach it by, such as https://news.shop.example. Empty: Addr by http,
	// as long as no mail leaves this machine.
	URL string
	// Opens puts a picture into marketing mails that tells of opens, Clicks leads their links
	// over the portal. Source is the utm_source of links; empty: they get no utm parameters.
	Opens, Clicks bool
	Source        string
	// TrustedProxies are those whose X-Forwarded-For is believed.
	TrustedProxies []netip.Prefix
}

// secretsFile keeps the secret of links in the data directory of an installation that names
// none.
const secretsFile = "links.key"

// secrets are what links and return paths are sealed with, the newest first.
func (s *Stack) secrets() ([]string, error) {
	if len(s.cfg.Secrets) > 0 {
		return s.cfg.Secrets, nil
	}
	path := filepath.Join(s.cfg.Dir, secretsFile)
	b, err := os.ReadFile(path)
	if err == nil && len(strings.TrimSpace(string(b))) > 0 {
		return []string{strings.TrimSpace(string(b))}, nil
	}
	secret := rand.Text() + rand.Text()
	if err := os.WriteFile(path, []byte(secret+"\n"), 0o600); err != nil {
		return nil, fmt.Errorf("keep the secret of links: %w", err)
	}
	return []string{secret}, nil
}

// linked reports whether messages have links of their own here.
func (s *Stack) linked() bool {
	return s.cfg.Portal.URL != "" || s.cfg.Portal.Addr != "" && s.cfg.runs("portal") && s.catchesMail()
}

// catchesMail reports whether no mail leaves this machine.
func (s *Stack) catchesMail() bool {
	return s.cfg.CatcherURL != "" || s.cfg.SMTP.Addr == "" && !s.cfg.Providers
}

// links makes what the links of messages are made by; nothing where there are none.
func (s *Stack) links(ctx context.Context) error {
	if s.cfg.runs("mailer") && !s.catchesMail() && !strings.HasPrefix(s.cfg.Portal.URL, "https://") {
		s.cfg.Logger.WarnContext(ctx, "marketing mail has no one-click unsubscribe, which Gmail and Yahoo ask for: name the portal's public address, https://..., with --portal-url",
			"portal", s.cfg.Portal.URL)
	}
	if !s.linked() && !s.cfg.Portal.runs(s.cfg.runs) {
		return nil
	}
	secrets, err := s.secrets()
	if err != nil {
		return err
	}
	if s.keys, err = link.NewKeys(secrets...); err != nil {
		return fmt.Errorf("links: %w", err)
	}
	if !s.linked() {
		return nil
	}
	p := s.cfg.Portal
	s.maker = &link.Maker{Keys: s.keys, Base: strings.TrimSuffix(p.URL, "/"), Opens: p.Opens, Clicks: p.Clicks, UTM: link.UTM{Source: p.Source}}
	if p.URL == "" {
		return nil // It is known when the portal listens.
	}
	if err := s.maker.Validate(); err != nil {
		return fmt.Errorf("--portal-url: %w", err)
	}
	return nil
}

func (p *Portal) runs(service func(string) bool) bool { return p.Addr != "" && service("portal") }

// portal serves what links lead to; nil where it does not run.
func (s *Stack) portal() (lifecycle.Service, error) {
	if !s.cfg.Portal.runs(s.cfg.runs) {
		return nil, nil //nolint:nilnil // No service is no error.
	}
	person, err := s.people()
	if err != nil {
		return nil, err
	}
	s.Portal, err = portal.New(portal.Options{
		Addr: s.cfg.Portal.Addr, Publisher: bus.NewBroker(s.JS), Tickets: s.keys, Shop: func() portal.Shop { return shopOf(s.inForce.Snapshot()) },
		Person: person, TrustedProxies: s.cfg.Portal.TrustedProxies, Now: wallClock(),
		Logger: s.cfg.Logger.With("component", "portal"), TracerProvider: s.cfg.Traces, MeterProvider: s.cfg.Meters,
	})
	if err != nil {
		return nil, err //nolint:wrapcheck // It says what it was doing.
	}
	return s.Portal, nil
}

// mail renders a mail with the links of its person.
func (s *Stack) mail(ctx context.Context, c *message.Command) (render.Mail, error) {
	snap, err := s.inForce.For(ctx, c)
	if err != nil {
		return render.Mail{}, err //nolint:wrapcheck // It says what it was doing.
	}
	links, err := s.linksNow(ctx)
	if err != nil {
		return render.Mail{}, err
	}
	if links == nil {
		return snap.MailWith(ctx, c, s.live()...) //nolint:wrapcheck // It names the place.
	}
	return snap.MailWith(ctx, c, s.live(render.WithLinks(links))...) //nolint:wrapcheck // It names the place.
}

// linksNow is the maker of links, which without an address of the outside waits until the
// portal listens. Nil: there are no links.
func (s *Stack) linksNow(ctx context.Context) (*link.Maker, error) {
	if s.maker == nil || s.maker.Base != "" {
		return s.maker, nil
	}
	select {
	case <-s.Portal.Ready():
	case <-ctx.Done():
		return nil, fmt.Errorf("wait for the portal: %w", ctx.Err())
	}
	s.local.Do(func() {
		m := *s.maker
		m.Base = "http://" + s.Portal.Addr()
		s.nearby = &m
	})
	return s.nearby, nil
}

// shopOf is what the portal's pages say of the shop.
func shopOf(snap *workspace.Snapshot) portal.Shop {
	of := snap.Shop()
	shop := portal.Shop{Name: of.Name, URL: of.URL, Locale: of.Locale, Channels: []message.Channel{message.Email}}
	if of.SMSFrom != "" {
		shop.Channels = append(shop.Channels, message.SMS)
	}
	if of.WhatsAppFrom != "" {
		shop.Channels = append(shop.Channels, message.WhatsApp)
	}
	for _, p := range snap.Purposes() {
		texts := map[string]portal.Text{}
		for language, title := range p.Title.Title {
			if language == "" { // One text for all: it is in the shop's language.
				language, _, _ = strings.Cut(of.Locale, "-")
			}
			texts[language] = portal.Text{Title: title, Description: cmp.Or(p.Description[language], p.Description[""])}
		}
		shop.Purposes = append(shop.Purposes, portal.Purpose{Name: p.Name, Texts: texts})
	}
	return shop
}

// people is how the portal finds what is known of a person; nil without a store.
func (s *Stack) people() (func(context.Context, string) (portal.Person, error), error) {
	if s.Store == nil {
		return nil, nil //nolint:nilnil // The portal has no preference centre then.
	}
	codec, err := journey.NewCodec()
	if err != nil {
		return nil, fmt.Errorf("prepare to read states: %w", err)
	}
	return func(ctx context.Context, id string) (portal.Person, error) {
		st, err := s.state(ctx, codec, id)
		if errors.Is(err, store.ErrNotFound) {
			return portal.Person{}, portal.ErrUnknown
		}
		if err != nil {
			return portal.Person{}, err
		}
		return personOf(st, s.inForce.Snapshot()), nil
	}, nil
}

// partitionOf is where the events and the state of a profile are.
func (s *Stack) partitionOf(id string) int { return bus.Partition(event.Key(id), s.placing.Partitions) }

// state is that of a person, by any of their ids: of the one that acts for the others.
// store.ErrNotFound for one that is not there or was erased.
func (s *Stack) state(ctx context.Context, codec *journey.Codec, id string) (*journey.State, error) {
	for range maxHops {
		row, err := s.Store.Profile(ctx, s.partitionOf(id), id)
		if err != nil {
			return nil, fmt.Errorf("read a profile: %w", err)
		}
		st, err := codec.Decode(row.State)
		if err != nil {
			return nil, fmt.Errorf("read a profile: %w", err)
		}
		if !st.Follows() {
			return st, nil
		}
		id = st.Identity.Into
	}
	return nil, errors.New("read a profile: its ids are being joined, try again")
}

// maxHops is how often one id of a person leads to the next. There is more than one of them only
// while ids are being joined.
const maxHops = 8

// personOf is what the preference centre shows of somebody.
func personOf(st *journey.State, snap *workspace.Snapshot) portal.Person {
	p := &st.Profile
	person := portal.Person{
		Locale: p.Trait("locale"), Zone: snap.Zone(), Addresses: map[message.Channel]string{}, PausedUntil: p.PausedUntil, WriteLess: p.WriteLess,
	}
	if zone, err := time.LoadLocation(p.Trait("timezone")); err == nil && p.Trait("timezone") != "" {
		person.Zone = zone
	}
	for _, c := range []message.Channel{message.Email, message.SMS, message.WhatsApp} {
		if a := p.Address(c); a != "" {
			person.Addresses[c] = a
		}
		for _, purpose := range snap.Purposes() {
			granted := p.Consents(c, purpose.Name)
			person.Consents = append(person.Consents, portal.Consent{
				Channel: c, Purpose: purpose.Name, Granted: granted,
				Pending: granted && snap.Policy().DoublyOptedIn(c, purpose.Name) && !p.Confirms(c, purpose.Name),
			})
		}
	}
	return person
}
