package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"html/template"
	"net"
	"strconv"
	"strings"
	texttemplate "text/template"
	"time"

	gomail "github.com/wneessen/go-mail"
	"github.com/wneessen/go-mail/smtp"
	"golang.org/x/sync/errgroup"

	"rapport/pkg/message"
)

// connections is how many the mailer keeps, and messagesEach how many mails go over one.
const (
	connections  = 8
	messagesEach = 500
)

// letter is a thank-you as the mailer sends it, for programs that send nothing else.
type letter struct {
	from, name, subject string
	text, html          string
	head, foot          template.HTML // of html, around what the afternoon program renders
	page                *template.Template
	plain               *texttemplate.Template
	size                int // of the whole mail, in bytes
}

// letter renders one thank-you from the shop's templates.
func (b *bench) letter(ctx context.Context) (*letter, error) {
	o := order{id: "A1", customer: customer(1), email: address(1), at: now(), lines: [3]int{1, 5, 10}}
	vars, err := json.Marshal(map[string]any{"profile": map[string]any{"id": o.customer, "first_name": "Zoë"}, "trigger": o.properties()})
	if err != nil {
		return nil, fmt.Errorf("make a mail: %w", err)
	}
	c := message.Command{
		ID: message.Hash("bench"), Profile: o.customer, Journey: "thank-you", Step: "thanks", Channel: message.Email, Category: message.Transactional,
		Template: "thank-you", To: o.email, DecidedAt: o.at, Vars: vars,
	}
	m, err := b.snap.Mail(ctx, &c)
	if err != nil {
		return nil, fmt.Errorf("make a mail: %w", err)
	}
	l := &letter{from: m.FromAddress, name: m.FromName, subject: m.Subject, text: m.Text, html: m.HTML}
	if err := l.parse(); err != nil {
		return nil, err
	}
	msg, err := l.compose(1)
	if err != nil {
		return nil, err
	}
	var raw bytes.Buffer
	if _, err := msg.WriteTo(&raw); err != nil {
		return nil, fmt.Errorf("make a mail: %w", err)
	}
	l.size = raw.Len()
	return l, nil
}

// parse makes the afternoon program's templates: the same page around a table of its own.
func (l *letter) parse() (err error) {
	from, to := strings.Index(l.html, "<table role=\"presentation\" width=\"100%\""), strings.LastIndex(l.html, "</table>")
	if from < 0 || to < from {
		from, to = len(l.html)/2, len(l.html)/2
	}
	l.head, l.foot = template.HTML(l.html[:from]), template.HTML(l.html[to:]) //nolint:gosec // It is our own mail.
	l.page, err = template.New("page").Parse(`{{.Head}}<h1>Thank you for your order {{.Order.OrderID}}</h1><p>Hi {{.Name}},</p><table>` +
		`{{range .Order.Products}}<tr><td style="padding:14px 0; border-bottom:1px solid #efeae1;"><a href="{{.URL}}">{{.Name}}</a></td>` +
		`<td>{{.Quantity}} &times; {{.Price}} {{$.Order.Currency}}</td></tr>{{end}}<tr><td>Total</td><td>{{.Order.Total}} {{.Order.Currency}}</td></tr>{{.Foot}}`)
	if err != nil {
		return fmt.Errorf("the afternoon program: %w", err)
	}
	l.plain, err = texttemplate.New("plain").Parse("Hi {{.Name}},\n\nThank you for your order {{.Order.OrderID}}. This is what you bought:\n\n" +
		"{{range .Order.Products}}{{.Quantity}} x {{.Name}}: {{.Price}}\n{{end}}\nTotal {{.Order.Total}} {{.Order.Currency}}\n")
	if err != nil {
		return fmt.Errorf("the afternoon program: %w", err)
	}
	return nil
}

// compose makes a mail with the fixed body.
func (l *letter) compose(serial int) (*gomail.Msg, error) {
	return l.mail(serial, l.text, func(m *gomail.Msg) error {
		m.AddAlternativeString(gomail.TypeTextHTML, l.html)
		return nil
	})
}

// render makes a mail as somebody would in an afternoon.
func (l *letter) render(serial int) (*gomail.Msg, error) {
	o := order{lines: [3]int{serial % 12, (serial + 4) % 12, (serial + 9) % 12}, id: strconv.Itoa(serial)}
	data := struct {
		Head, Foot template.HTML
		Name       string
		Order      properties
	}{l.head, l.foot, "Zoë", o.properties()}
	var text bytes.Buffer
	if err := l.plain.Execute(&text, data); err != nil {
		return nil, err
	}
	return l.mail(serial, text.String(), func(m *gomail.Msg) error { return m.AddAlternativeHTMLTemplate(l.page, data) })
}

func (l *letter) mail(serial int, text string, alternative func(*gomail.Msg) error) (*gomail.Msg, error) {
	m := gomail.NewMsg()
	if err := m.FromFormat(l.name, l.from); err != nil {
		return nil, err
	}
	if err := m.To(address(serial)); err != nil {
		return nil, err
	}
	m.Subject(l.subject)
	m.SetMessageID()
	m.SetDate()
	m.SetBodyString(gomail.TypeTextPlain, text)
	return m, alternative(m)
}

// program is what sends mails over one connection.
type program func(ctx context.Context, addr string, numbers <-chan int) error

// sendAll sends n mails over a pool of connections, and returns when the last was accepted.
func (b *bench) sendAll(ctx context.Context, m *mails, n int, send program) (took, cpu time.Duration, err error) {
	first := b.serial + 1
	b.serial += n
	numbers := make(chan int, n)
	for i := range n {
		numbers <- first + i
	}
	close(numbers)
	before, _ := m.count()
	used, began := ownCPU(), time.Now()
	group, ctx := errgroup.WithContext(ctx)
	for range connections {
		group.Go(func() error { return send(ctx, m.addr, numbers) })
	}
	if err := group.Wait(); err != nil {
		return 0, 0, fmt.Errorf("send mails: %w", err)
	}
	took, cpu = time.Since(began), ownCPU()-used
	return took, cpu, m.await(context.WithoutCancel(ctx), before+n)
}

// fixed sends the fixed body over one connection, which it renews now and then. It speaks
// SMTP as the mailer's pool does, without a word too many.
func (l *letter) fixed(ctx context.Context, addr string, numbers <-chan int) error {
	var conn *smtp.Client
	sent := 0
	defer func() {
		if conn != nil {
			_ = conn.Quit() // Everything was answered.
		}
	}()
	for serial := range numbers {
		msg, err := l.compose(serial)
		if err != nil {
			return err
		}
		if conn == nil {
			if conn, err = dial(ctx, addr); err != nil {
				return err
			}
		}
		if err := transact(conn, msg, serial); err != nil {
			return err
		}
		if sent++; sent%messagesEach == 0 {
			_ = conn.Quit()
			conn = nil
		}
	}
	return nil
}

// afternoon renders and sends over one connection as go-mail's documentation does it:
// dial once, then Send.
func (l *letter) afternoon(ctx context.Context, addr string, numbers <-chan int) error {
	client, err := newClient(addr)
	if err != nil {
		return err
	}
	if err := client.DialWithContext(ctx); err != nil {
		return err
	}
	defer client.Close() //nolint:errcheck // Everything was answered.
	for serial := range numbers {
		msg, err := l.render(serial)
		if err != nil {
			return err
		}
		if err := client.Send(msg); err != nil {
			return err
		}
	}
	return nil
}

func dial(ctx context.Context, addr string) (*smtp.Client, error) {
	client, err := newClient(addr)
	if err != nil {
		return nil, err
	}
	return client.DialToSMTPClientWithContext(ctx)
}

func newClient(addr string) (*gomail.Client, error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, err
	}
	n, err := strconv.Atoi(port)
	if err != nil {
		return nil, err
	}
	return gomail.NewClient(host, gomail.WithPort(n), gomail.WithTLSPolicy(gomail.NoTLS), gomail.WithTimeout(patience))
}

// transact is one mail transaction (RFC 5321, section 3.3).
func transact(conn *smtp.Client, msg *gomail.Msg, serial int) error {
	from, err := msg.GetSender(false)
	if err != nil {
		return err
	}
	if err := conn.Mail("<" + from + ">"); err != nil {
		return err
	}
	if err := conn.Rcpt("<" + address(serial) + ">"); err != nil {
		return err
	}
	w, err := conn.Data()
	if err != nil {
		return err
	}
	if _, err := msg.WriteTo(w); err != nil {
		return err
	}
	return w.Close()
}
