package workspace

import (
	"net/mail"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"rapport/pkg/condition/spelling"
	"rapport/pkg/lint"
	"rapport/pkg/render"
	"rapport/pkg/workspace/source"
)

var (
	currencyCode   = regexp.MustCompile(`^[A-Z]{3}$`)
	whatsAppNumber = regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`)
)

// shop reads rapport.yaml: who writes, and which mail programs the readers use, nil where it does not say.
func shop(f *source.File, r *source.Report) (s render.Shop, clients []string) {
	s.Locale = render.Locales()[0]
	n := f.YAML(r)
	if n == nil || !r.Fields(n, "rapport.yaml", source.Keys{Known: []string{"shop", "email", "sms", "whatsapp"}}) {
		return s, nil
	}
	if part := n.Get("shop"); part == nil {
		r.At(f, n.Place, "shop: is missing", "add shop: with a name, a currency and a timezone")
	} else {
		shopPart(part, &s, r)
	}
	if part := n.Get("email"); part != nil && r.Fields(part, "email", source.Keys{Known: []string{"from", "reply_to", "clients"}}) {
		clients = mailPrograms(part.Get("clients"), r)
		if from := part.Get("from"); from != nil && r.Fields(from, "from", source.Keys{Known: []string{"name", "address"}}) {
			s.FromName = r.Text(from.Get("name"), "name")
			s.FromAddress = address(from.Get("address"), "address", r)
			if from.Get("address") == nil {
				r.At(f, from.Place, "from: has no address", "add address: hello@your-shop.example")
			}
		}
		s.ReplyTo = address(part.Get("reply_to"), "reply_to", r)
	}
	texting(n.Get("sms"), &s, r)
	if part := n.Get("whatsapp"); part != nil && r.Fields(part, "whatsapp", source.Keys{Known: []string{"from"}}) {
		from := part.Get("from")
		if s.WhatsAppFrom = r.Text(from, "from"); s.WhatsAppFrom != "" && !whatsAppNumber.MatchString(s.WhatsAppFrom) {
			r.At(f, from.Place, s.WhatsAppFrom+" cannot send WhatsApp messages", `use the number of the business account, such as "+447700900123"`)
		}
	}
	return s, clients
}

// mailPrograms reads a list of mail programs.
func mailPrograms(n *source.Node, r *source.Report) []string {
	if n == nil {
		return nil
	}
	if n.Kind != source.List || len(n.Items) == 0 {
		r.At(n.File, n.Place, "clients must be a list of mail programs", "write clients: ["+strings.Join(lint.DefaultClients(), ", ")+"]")
		return nil
	}
	var out []string
	for _, item := range n.Items {
		name := r.Text(item, "a mail program")
		switch {
		case name == "":
		case !slices.Contains(lint.Clients(), name):
			r.At(item.File, item.Place, "nothing is known of a mail program "+name, spelling.DidYouMean(name, lint.Clients()))
		default:
			out = append(out, name)
		}
	}
	return out
}

func shopPart(n *source.Node, s *render.Shop, r *source.Report) {
	if !r.Fields(n, "shop", source.Keys{Known: []string{"name", "url", "currency", "locale", "timezone", "address"}}) {
		return
	}
	for _, key := range []string{"name", "currency", "timezone"} {
		if n.Get(key) == nil {
			r.At(n.File, n.Place, "shop: has no "+key, "add "+key+":")
		}
	}
	s.Name = r.Text(n.Get("name"), "name")
	if s.Currency = r.Text(n.Get("currency"), "currency"); s.Currency != "" && !currencyCode.MatchString(s.Currency) {
		r.At(n.File, n.Get("currency").Place, s.Currency+" is not a currency", "use the three letters of ISO 4217: GBP, EUR, USD")
	}
	if s.Timezone = r.Text(n.Get("timezone"), "timezone"); s.Timezone != "" {
		if _, err := time.LoadLocation(s.Timezone); err != nil || s.Timezone == "Local" {
			r.At(n.File, n.Get("timezone").Place, s.Timezone+" is not a time zone", "use a name such as Europe/London")
		}
	}
	if locale := n.Get("locale"); locale != nil {
		if s.Locale = r.Text(locale, "locale"); !slices.Contains(render.Locales(), s.Locale) {
			if s.Locale != "" {
				r.At(n.File, locale.Place, "amounts cannot be written for the locale "+s.Locale+" yet", spelling.DidYouMean(s.Locale, render.Locales()))
			}
			s.Locale = render.Locales()[0]
		}
	}
	if s.URL = r.Text(n.Get("url"), "url"); s.URL != "" {
		if u, err := url.Parse(s.URL); err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
			r.At(n.File, n.Get("url").Place, s.URL+" is not a web address", "begin it with https://")
		}
	}
	s.Address = lines(n.Get("address"), r)
}

// lines reads a postal address: a list of lines, or one text with line breaks.
func lines(n *source.Node, r *source.Report) []string {
	switch {
	case n == nil:
		return nil
	case n.Kind != source.List:
		return strings.Split(strings.TrimSpace(r.Text(n, "address")), "\n")
	}
	var out []string
	for _, item := range n.Items {
		if line := r.Text(item, "a line of the address"); line != "" {
			out = append(out, line)
		}
	}
	return out
}

// address reads an e-mail address without a name.
func address(n *source.Node, what string, r *source.Report) string {
	s := r.Text(n, what)
	if s == "" {
		return ""
	}
	if a, err := mail.ParseAddress(s); err != nil || a.Address != s {
		r.At(n.File, n.Place, s+" is not an e-mail address", "write it as hello@your-shop.example")
		return ""
	}
	return s
}
