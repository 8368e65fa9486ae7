package workspace

import (
	"context"
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"rapport/pkg/condition/spelling"
	"rapport/pkg/journey"
	"rapport/pkg/lint"
	"rapport/pkg/message"
	"rapport/pkg/workspace/source"
)

// Lint looks at the messages that journeys send, as customers would get them, in every language, and says what is suspicious
// about them; see package lint for its rules. All of it are warnings, some mere notes (Problem.Note). A message is
// rendered for somebody about whom everything is known and for somebody about whom nothing is; one that needs data of a
// journey which nobody can make up is left out. It takes some milliseconds for each message, so that it is not part of Load.
func (s *Snapshot) Lint(ctx context.Context) Problems {
	var r source.Report
	l := contentLinter{snap: s, report: &r, told: map[string]bool{}}
	done := map[string]bool{}
	for _, d := range s.journeys {
		journey.Walk(d.Steps, func(step *journey.Step) {
			for _, send := range step.Sends() {
				if key := string(send.Channel) + "/" + send.Template + " " + string(d.Category); !done[key] {
					done[key] = true
					l.template(ctx, d, step.ID, send)
				}
			}
		})
	}
	return r.Problems()
}

// LintRules are what a message is held to: the shop's, without those that its template switches off.
func (s *Snapshot) LintRules(c *message.Command) lint.Rules {
	return lint.Rules{
		Category: c.Category, Shop: s.shop.Name, ShopURL: s.shop.URL, Address: s.shop.Address, Clients: s.clients, LinkGrowth: trackedLink,
		Off: s.switchedOff(c.Channel, c.Template, nil),
	}
}

// trackedLink is about how many bytes click tracking adds to a link: a token of package link behind the portal's address.
const trackedLink = 300

// contentLinter tells each thing once, however many messages and languages have it.
type contentLinter struct {
	snap   *Snapshot
	report *source.Report
	told   map[string]bool
}

// template looks at one message in all languages and for both people.
func (l *contentLinter) template(ctx context.Context, d *journey.Definition, step string, send *journey.Send) {
	l.snap.switchedOff(send.Channel, send.Template, l.report)
	seen := map[string]bool{}
	for _, tag := range append([]string{""}, l.snap.messages.Languages()...) {
		for _, c := range []*message.Command{fullest(d, step, send, l.snap.shop.URL), barest(d, step, send)} {
			c.Locale = tag
			for _, f := range l.find(ctx, c, seen) {
				l.tell(c, f)
			}
		}
	}
}

// find looks at one message; what was seen before, in another language, is not looked at again.
func (l *contentLinter) find(ctx context.Context, c *message.Command, seen map[string]bool) []lint.Finding {
	fresh := func(parts ...string) bool {
		key := strings.Join(parts, "\x00")
		defer func() { seen[key] = true }()
		return !seen[key]
	}
	switch c.Channel {
	case message.Email:
		m, err := l.snap.Mail(ctx, c)
		if err != nil || !fresh(m.Subject, m.Preheader, m.HTML, m.Text) {
			return nil // its mistakes are told by try, its gaps are the sample's
		}
		letter := lint.Letter{Subject: m.Subject, Preheader: m.Preheader, HTML: m.HTML, Text: m.Text}
		for _, to := range []string{m.Unsubscribe, m.UnsubscribeMail} {
			if to != "" {
				letter.Unsubscribe = append(letter.Unsubscribe, to)
			}
		}
		return lint.Mail(letter, l.snap.LintRules(c))
	case message.SMS:
		m, err := l.snap.SMS(ctx, c)
		if err == nil && fresh(m.Body) {
			return lint.SMS(m.Body, l.snap.LintRules(c))
		}
	case message.WhatsApp:
		m, err := l.snap.WhatsApp(ctx, c)
		if err == nil && fresh(m.Body) {
			rules := l.snap.LintRules(c)
			// It has no segments, shows who writes above the text, and people block a sender there by a button.
			rules.Off = append(rules.Off, lint.Segments, lint.Encoding, lint.ShortLinks, lint.Brand, lint.Stop)
			return lint.SMS(m.Body, rules)
		}
	}
	return nil
}

// tell reports a finding where its text was written, else at the beginning of the template.
func (l *contentLinter) tell(c *message.Command, f lint.Finding) {
	file, line := l.snap.written(c, f)
	if file == nil {
		return
	}
	text := f.Message + " [" + string(f.Rule) + "]"
	// Of what several people or languages have, the first telling is enough.
	key := file.Name + " " + string(f.Rule) + " " + first(f.Excerpt, f.Message)
	if l.told[key] {
		return
	}
	l.told[key] = true
	at := source.Place{Line: line, Col: 1, Width: 1}
	if f.Severity == lint.Info {
		l.report.Note(file, at, text, f.Hint)
		return
	}
	l.report.Warn(file, at, text, f.Hint)
}

// written finds where the text of a finding stands in the files of a message. Names of files that belong to the message
// come first, then what it may share with others, where the text must be the only one of its kind.
func (s *Snapshot) written(c *message.Command, f lint.Finding) (*source.File, int) {
	own := s.ownFiles(c.Channel, c.Template, c.Locale, f.Part)
	if len(own) == 0 {
		return nil, 0
	}
	if f.Part == lint.Subject || f.Part == lint.Preheader {
		return own[0], max(1, lineOf(own[0], string(f.Part)+":"))
	}
	for _, text := range searched(f.Excerpt) {
		for _, file := range own {
			if line := lineOf(file, text); line > 0 {
				return file, line
			}
		}
		var found *source.File
		at, times := 0, 0
		for _, file := range s.files {
			if shared(file.Name) && holdsPart(file.Name, f.Part) {
				if line := lineOf(file, text); line > 0 {
					found, at = file, line
					times++
				}
			}
		}
		if times == 1 {
			return found, at
		}
	}
	return own[0], 1
}

// searched are the texts to look for, from the whole of it to its first words; Liquid may stand behind them.
func searched(excerpt string) []string {
	const least = 3 // letters
	words := strings.Fields(excerpt)
	var out []string
	for _, n := range []int{len(words), 6, 3} {
		if n <= len(words) {
			if text := strings.Join(words[:n], ""); len(text) >= least && !slices.Contains(out, text) {
				out = append(out, text)
			}
		}
	}
	return out
}

// lineOf is the one line of a file that holds a text, white space aside; 0 where none or several do.
func lineOf(f *source.File, text string) int {
	found := 0
	number := 0
	for line := range strings.SplitSeq(f.Text, "\n") {
		number++
		if !strings.Contains(strings.Join(strings.Fields(line), ""), strings.Join(strings.Fields(text), "")) {
			continue
		}
		if found > 0 {
			return 0
		}
		found = number
	}
	return found
}

// shared reports whether a file may be part of several messages.
func shared(name string) bool {
	return strings.HasPrefix(name, "email/layouts/") || strings.HasPrefix(name, "email/partials/") || strings.HasPrefix(name, "locales/")
}

// holdsPart reports whether a file can be where a part of a message comes from.
func holdsPart(name string, p lint.Part) bool {
	isText := strings.HasSuffix(name, ".txt.liquid")
	return strings.HasPrefix(name, "locales/") || isText == (p == lint.Text || p == lint.Body)
}

// ownFiles are the files of one template, those for a part of it first, of these that for the language, then that for
// everybody.
func (s *Snapshot) ownFiles(channel message.Channel, template, tag string, part lint.Part) []*source.File {
	var all []*source.File
	rank := map[*source.File]int{}
	for _, f := range s.files {
		base, ok := strings.CutPrefix(f.Name, string(channel)+"/"+template+".")
		m := versionName.FindStringSubmatch(base)
		if !ok || m == nil {
			continue
		}
		all = append(all, f)
		switch m[1] {
		case tag:
		case "":
			rank[f] = 1
		default:
			rank[f] = 2
		}
		if !holdsPart(f.Name, part) {
			rank[f] += 3
		}
	}
	slices.SortStableFunc(all, func(a, b *source.File) int { return rank[a] - rank[b] })
	return all
}

var (
	// What stands behind the name of a template: a language, and what kind of file it is.
	versionName = regexp.MustCompile(`^(?:([a-z]{2,3}(?:-[A-Za-z0-9]+)*)\.)?(?:html\.liquid|txt\.liquid|mjml)$`)
	// {% comment %} lint_off: contrast, clip {% endcomment %}, or {% # lint_off: contrast %}.
	offComment = regexp.MustCompile(`\{%-?\s*(?:comment\s*-?%\}|#)\s*lint_off:\s*([A-Za-z0-9_, -]*[A-Za-z0-9_])`)
	layoutLine = regexp.MustCompile(`(?m)^layout:[ \t]*["']?([A-Za-z0-9_-]+)`)
)

// switchedOff are the rules that comments in the files of a template, or in its layout, switch off. Names that are none
// are told to the report, if there is one.
func (s *Snapshot) switchedOff(channel message.Channel, template string, r *source.Report) []lint.Rule {
	files := s.ownFiles(channel, template, "", lint.HTML)
	layouts := map[string]bool{}
	for _, f := range files {
		if m := layoutLine.FindStringSubmatch(f.Text); m != nil {
			layouts[m[1]] = true
		}
	}
	for _, f := range s.files {
		if base, ok := strings.CutPrefix(f.Name, "email/layouts/"); ok && layouts[strings.SplitN(base, ".", 2)[0]] {
			files = append(files, f)
		}
	}
	var names []string
	for _, d := range lint.Descriptions() {
		names = append(names, string(d.Rule))
	}
	var off []lint.Rule
	for _, f := range files {
		for _, m := range offComment.FindAllStringSubmatchIndex(f.Text, -1) {
			for name := range strings.FieldsFuncSeq(f.Text[m[2]:m[3]], func(c rune) bool { return c == ',' || c == ' ' }) {
				if slices.Contains(names, name) {
					off = append(off, lint.Rule(name))
				} else if r != nil {
					line := 1 + strings.Count(f.Text[:m[2]], "\n")
					r.Warn(f, source.Place{Line: line, Col: 1, Width: 1}, "no rule is called "+name, spelling.DidYouMean(name, names))
				}
			}
		}
	}
	return off
}

// fullest is a message for somebody about whom everything is known, and with all that events of shops hold.
func fullest(d *journey.Definition, step string, send *journey.Send, shopURL string) *message.Command {
	at := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	product := func(id, name string) map[string]any {
		return map[string]any{
			"id": id, "product_id": id, "name": name, "category": "Kitchen", "price": "18.50", "quantity": 1, "currency": "GBP",
			"url": strings.TrimSuffix(shopURL, "/") + "/p/" + id, "image_url": strings.TrimSuffix(shopURL, "/") + "/p/" + id + ".jpg",
		}
	}
	products := []any{product("1", "Oak serving board"), product("2", "Linen apron")}
	trigger := product("1", "Oak serving board")
	maps.Copy(trigger, map[string]any{
		"order_id": "1001", "total": "37.00", "value": "37.00", "product_count": 2, "products": products, "purpose": "marketing",
		"tier": "gold", "previous": "silver", "points": 500, "from": 100, "balance": 500, "survey": "nps", "score": 9, "at": at,
	})
	vars, _ := json.Marshal(map[string]any{ // of texts and numbers; cannot fail
		"profile": map[string]any{
			"id": "customer", "first_name": "Ada", "last_name": "Byron", "email": "ada@example.com", "birthday": "1985-03-02",
			"orders":  map[string]any{"count": 3, "total": "120.00", "last_at": at, "last_id": "1001"},
			"loyalty": map[string]any{"points": 500, "tier": "gold"}, "tags": []string{"vip"},
		},
		"trigger": trigger, "recommendations": products, "survey": map[string]any{"name": "nps"},
	})
	c := barest(d, step, send)
	c.Vars = vars
	return c
}

// first is a text, or another where it is empty.
func first(a, b string) string {
	if a != "" {
		return a
	}
	return b
}
