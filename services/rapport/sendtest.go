package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/mail"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"rapport/pkg/condition/spelling"
	"rapport/pkg/lint"
	"rapport/pkg/message"
	"rapport/pkg/render"
	"rapport/pkg/sms"
	"rapport/pkg/workspace"
	"rapport/services/mailer"
	"rapport/services/rapport/preview/sample"
	"rapport/services/rapport/stack"
	"rapport/services/texter"
)

// Where the catcher of `rapport up` is unless somebody says otherwise.
const (
	usualCatcherSMTP = "127.0.0.1:1025"
	usualCatcherURL  = "http://127.0.0.1:8025"
)

// sendTestFlags are the flags of send-test.
type sendTestFlags struct {
	to, workspace, locale, profile, channel string
	smtp, smtpTLS, catcher                  string
}

func sendTestCommand() *cobra.Command {
	var f sendTestFlags
	cmd := &cobra.Command{
		Use: "send-test TEMPLATE", Short: "Send one message to yourself, as customers would get it",
		Args: func(c *cobra.Command, args []string) error {
			switch {
			case len(args) == 0:
				return fmt.Errorf("TEMPLATE is missing: write %s thank-you --to me@example.com", c.CommandPath())
			case len(args) > 1:
				return fmt.Errorf("%s takes one TEMPLATE: leave out %q", c.CommandPath(), args[1])
			}
			return nil
		},
		Long: `Render a message of the workspace for a sample person and send it to one address, a mail with [Test]
before its subject. It goes through the mail server that --smtp or RAPPORT_SMTP_ADDR names (with
RAPPORT_SMTP_USERNAME and RAPPORT_SMTP_PASSWORD), and text messages through the Twilio account of
TWILIO_ACCOUNT_SID; without them, to the catcher of a running rapport up, which shows them.

TEMPLATE is a name, such as thank-you, or as rapport preview has it in its address:
email/thank-you@thank-you.thanks. --profile is new, loyal, nameless, long, german or emoji, the
name of a file in samples, or a JSON file. Policies, consent and the suppression list are not
asked: it is you who gets it.`,
		RunE: func(c *cobra.Command, args []string) error {
			dir := workspaceOf(f.workspace)
			if dir == "" {
				return &usageError{c.CommandPath(), errors.New("no workspace here: name its directory with --workspace, or run this beside ./templates")}
			}
			if err := f.check(); err != nil {
				return &usageError{c.CommandPath(), err}
			}
			return f.run(c.Context(), c.OutOrStdout(), c.CommandPath(), dir, args[0])
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.to, "to", "", "who gets it: an address, or a number such as +447700900123")
	flags.StringVar(&f.workspace, "workspace", "", "directory with the template (default: ./templates)")
	flags.StringVar(&f.locale, "locale", "", "language, such as de (default: the sample person's)")
	flags.StringVar(&f.profile, "profile", "", "sample person it is written to: a name, or a JSON file (default: new)")
	flags.StringVar(&f.channel, "channel", "", "email, sms or whatsapp (default: what --to is)")
	flags.StringVar(&f.smtp, "smtp", os.Getenv("RAPPORT_SMTP_ADDR"), "mail server, host:port (default: the catcher, "+usualCatcherSMTP+")")
	flags.StringVar(&f.smtpTLS, "smtp-tls", "opportunistic", "opportunistic, mandatory, implicit or none")
	flags.StringVar(&f.catcher, "catcher-url", cmp.Or(os.Getenv("RAPPORT_CATCHER_URL"), usualCatcherURL), "page of the catcher that takes text messages without a Twilio account")
	return cmd
}

// check finds mistakes in the flags, and fills in what they leave out.
func (f *sendTestFlags) check() error {
	if f.to == "" {
		return errors.New("--to is missing: say who gets it, as in --to me@example.com")
	}
	isMail := strings.Contains(f.to, "@")
	if f.channel == "" {
		f.channel = string(message.SMS)
		if isMail {
			f.channel = string(message.Email)
		}
	}
	switch message.Channel(f.channel) {
	case message.Email:
		if a, err := mail.ParseAddress(f.to); err != nil || a.Address != f.to {
			return fmt.Errorf("--to %q is no e-mail address: write it as me@example.com", f.to)
		}
	case message.SMS, message.WhatsApp:
		if _, err := sms.ParseNumber(f.to, ""); err != nil {
			return fmt.Errorf("--to %q is no number with its country's code: write it as +447700900123", f.to)
		}
	default:
		return fmt.Errorf("--channel %q: use email, sms or whatsapp; webhooks are shown by rapport preview", f.channel)
	}
	if f.smtp != "" {
		if err := address(f.smtp); err != nil {
			return fmt.Errorf("--smtp %q: %w: write host:port, such as smtp.example.com:587", f.smtp, err)
		}
	}
	if !slices.Contains([]string{"opportunistic", "mandatory", "implicit", "none"}, f.smtpTLS) {
		return fmt.Errorf("--smtp-tls %q: use opportunistic, mandatory, implicit or none", f.smtpTLS)
	}
	if u, err := url.Parse(f.catcher); err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return fmt.Errorf("--catcher-url %q is no address of a page: write it as %s", f.catcher, usualCatcherURL)
	}
	return nil
}

// run renders, sends, and says what was sent.
func (f *sendTestFlags) run(ctx context.Context, out io.Writer, name, dir, template string) error {
	snap, err := stack.Check(dir)
	if err != nil {
		return err
	}
	book := sample.Open(snap, os.DirFS(dir))
	m, err := f.message(book, template)
	if err != nil {
		return &usageError{name, err}
	}
	p, err := f.person(ctx, book, m)
	if err != nil {
		return err
	}
	now := time.Now()
	c := book.Command(ctx, m, p, f.locale, now)
	c.To = f.to
	// Another one each time: mailboxes drop what they know already.
	var id [16]byte
	_, _ = rand.Read(id[:]) // It never fails.
	c.ID = hex.EncodeToString(id[:])
	if m.Channel == message.Email {
		return f.mail(ctx, out, snap, m, p, c)
	}
	return f.text(ctx, out, snap, m, p, c)
}

// message is the one of a template on the chosen channel.
func (f *sendTestFlags) message(book *sample.Book, template string) (sample.Message, error) {
	key := template
	if channel, _, named := strings.Cut(template, "/"); !named {
		key = f.channel + "/" + template
	} else if channel != f.channel {
		return sample.Message{}, fmt.Errorf("%s cannot go to %s, which is for %s: write --channel and --to as it is", template, f.to, f.channel)
	}
	if m, found := sample.Find(book.Messages, key); found {
		return m, nil
	}
	names := book.Snapshot.Templates(message.Channel(f.channel))
	bare := strings.TrimPrefix(key, f.channel+"/")
	for _, c := range message.Channels() {
		if slices.Contains(book.Snapshot.Templates(c), bare) {
			return sample.Message{}, fmt.Errorf("there is no %s template %q, but one for %s", f.channel, bare, c)
		}
	}
	hint := spelling.DidYouMean(bare, names)
	if hint == "" {
		hint = "use one of " + strings.Join(names, ", ")
	}
	return sample.Message{}, fmt.Errorf("there is no %s template %q: %s", f.channel, bare, hint)
}

// person is the sample person that the flag names.
func (f *sendTestFlags) person(ctx context.Context, book *sample.Book, m sample.Message) (sample.Person, error) {
	people := book.People(ctx, m)
	if f.profile == "" {
		return people[0], nil
	}
	for _, name := range []string{f.profile, sample.Dir + "/" + f.profile, sample.Dir + "/" + f.profile + ".json"} {
		if i := slices.IndexFunc(people, func(p sample.Person) bool { return p.Name == name }); i >= 0 {
			return people[i], nil
		}
	}
	file, err := os.Open(f.profile)
	if err != nil {
		var names []string
		for _, p := range people {
			names = append(names, p.Name)
		}
		return sample.Person{}, fmt.Errorf("--profile %s: there is no such file, and no sample person of this name: use a JSON file, or one of %s", f.profile, strings.Join(names, ", "))
	}
	defer func() { _ = file.Close() }() // read only
	p, wrong := sample.Decode(f.profile, file)
	if wrong != nil {
		return sample.Person{}, fmt.Errorf("--profile: %w", workspace.Problems{*wrong})
	}
	return p, nil
}

func (f *sendTestFlags) mail(ctx context.Context, out io.Writer, snap *workspace.Snapshot, m sample.Message, p sample.Person, c *message.Command) error {
	page, err := snap.Mail(ctx, c)
	if err != nil {
		return fmt.Errorf("%s cannot be rendered for %s: %w", m.Name(), p.Title, err)
	}
	found := lint.Mail(lint.Letter{
		Subject: page.Subject, Preheader: page.Preheader, HTML: page.HTML, Text: page.Text, Unsubscribe: []string{page.UnsubscribeMail},
	}, snap.LintRules(c))
	page.Subject = "[Test] " + page.Subject
	server := mailer.SMTP{Addr: usualCatcherSMTP, TLS: mailer.NoTLS}
	if f.smtp != "" {
		server = mailer.SMTP{Addr: f.smtp, TLS: mailer.TLS(f.smtpTLS), Username: os.Getenv("RAPPORT_SMTP_USERNAME"), Password: os.Getenv("RAPPORT_SMTP_PASSWORD")}
	}
	sent, err := mailer.Send(ctx, server, mailer.Identity{}, c, page, c.DecidedAt)
	if err != nil {
		return notTaken(err, server.Addr, "name a mail server with --smtp, or start rapport up, whose catcher listens at "+usualCatcherSMTP)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "Sent %s to %s through %s (%s).\n\n", m.Name(), sent.To, server.Addr, cmp.Or(sent.ID, "accepted"))
	fmt.Fprintf(&b, "  subject   %s\n", page.Subject)
	if page.Preheader != "" {
		fmt.Fprintf(&b, "  preheader %s\n", page.Preheader)
	}
	fmt.Fprintf(&b, "  from      %s\n  for       %s\n", (&mail.Address{Name: page.FromName, Address: page.FromAddress}).String(), p.Title)
	fmt.Fprintf(&b, "  size      %.1f KB; the HTML %.1f of the 102 KB that Gmail shows\n", kilo(sent.Bytes), kilo(len(page.HTML)))
	return tell(out, &b, found)
}

func (f *sendTestFlags) text(ctx context.Context, out io.Writer, snap *workspace.Snapshot, m sample.Message, p sample.Person, c *message.Command) error {
	text, found, err := rendered(ctx, snap, c)
	if err != nil {
		return fmt.Errorf("%s cannot be rendered for %s: %w", m.Name(), p.Title, err)
	}
	account, through := f.account()
	_, region, _ := strings.Cut(snap.Shop().Locale, "-")
	sent, err := texter.Send(ctx, account, region, c, text)
	if err != nil {
		return notTaken(err, through, "set TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN, or start rapport up, whose catcher is "+usualCatcherURL)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "Sent %s to %s through %s (%s).\n\n", m.Name(), sent.To, through, cmp.Or(sent.ID, "accepted"))
	fmt.Fprintf(&b, "  from      %s\n  for       %s\n", cmp.Or(account.MessagingService, account.From, text.From), p.Title)
	if m.Channel == message.SMS {
		n := sms.Count(sent.Body)
		fmt.Fprintf(&b, "  size      %s (%d characters, %s)\n", counted(n.Segments, "segment"), n.Characters, n.Encoding)
	}
	fmt.Fprintf(&b, "  text      %s\n", strings.ReplaceAll(sent.Body, "\n", "\n            "))
	return tell(out, &b, found)
}

// rendered is a text message, and what is suspicious about it.
func rendered(ctx context.Context, snap *workspace.Snapshot, c *message.Command) (text render.SMS, found []lint.Finding, err error) {
	if c.Channel == message.WhatsApp {
		text, err = snap.WhatsApp(ctx, c)
		return text, nil, err
	}
	if text, err = snap.SMS(ctx, c); err != nil {
		return text, nil, err
	}
	return text, lint.SMS(text.Body, snap.LintRules(c)), nil
}

// account is the Twilio account of the environment, else the catcher.
func (f *sendTestFlags) account() (account texter.Twilio, through string) {
	account = texter.Twilio{
		AccountSID: os.Getenv("TWILIO_ACCOUNT_SID"), Password: os.Getenv("TWILIO_AUTH_TOKEN"), From: os.Getenv("TWILIO_FROM"),
		MessagingService: os.Getenv("TWILIO_MESSAGING_SERVICE_SID"), BaseURL: os.Getenv("TWILIO_BASE_URL"),
	}
	if account.AccountSID != "" {
		return account, cmp.Or(account.BaseURL, "Twilio")
	}
	// The catcher takes any account of this shape.
	return texter.Twilio{AccountSID: "AC" + strings.Repeat("0", 32), Password: "caught", BaseURL: strings.TrimSuffix(f.catcher, "/")}, f.catcher
}

// notTaken is why a message was not sent, with what to do about it.
func notTaken(err error, through, remedy string) error {
	var dial *net.OpError
	if errors.As(err, &dial) && dial.Op == "dial" {
		return fmt.Errorf("it was not sent: nobody answers at %s: %w: %s", through, dial.Err, remedy)
	}
	return fmt.Errorf("it was not sent through %s: %w", through, err)
}

// tell prints what was sent, and what is suspicious about it.
func tell(out io.Writer, b *strings.Builder, found []lint.Finding) error {
	notes := 0
	for _, x := range found {
		if x.Severity == lint.Info {
			notes++
			continue
		}
		fmt.Fprintf(b, "\n%s: %s (%s)\n", x.Severity, x.Message, x.Rule)
		if x.Hint != "" {
			fmt.Fprintf(b, "   %s\n", x.Hint)
		}
	}
	if notes > 0 {
		fmt.Fprintf(b, "\n%s more: see rapport preview\n", counted(notes, "note"))
	}
	_, err := io.WriteString(out, b.String())
	return err //nolint:wrapcheck // Nobody is left to tell.
}

func kilo(bytes int) float64 { return float64(bytes) / 1024 }
