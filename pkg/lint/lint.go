package lint

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"rapport/pkg/message"
)

// Severity says how much a finding matters.
type Severity uint8

// The severities. An Error is a message that is broken, or that the law forbids; a Warning will probably be regretted; an
// Info is worth a thought.
const (
	Info Severity = iota
	Warning
	Error
)

// String is the severity in a word.
func (s Severity) String() string { return [...]string{"info", "warning", "error"}[s] }

// Finding is one thing that is suspicious about a message.
type Finding struct {
	Rule     Rule
	Severity Severity
	Message  string
	Hint     string // what to do; may be empty
	Excerpt  string // literal text of the part that it is about, at most some 80 characters; may be empty
	Part     Part
	Line     int // in the part, from 1; 0 when it is about all of it
}

// Part is the part of a message that a finding is about.
type Part string

// The parts.
const (
	HTML      Part = "html"
	Text      Part = "text"
	Subject   Part = "subject"
	Preheader Part = "preheader"
	Body      Part = "body" // of an SMS
)

// Letter is a rendered e-mail.
type Letter struct {
	Subject, Preheader string
	HTML, Text         string
	// Unsubscribe are the addresses at which this message's recipient ends messages like it, or chooses what they get. A
	// link to one of them counts whatever it is called.
	Unsubscribe []string
}

// Rules are what messages are held to.
type Rules struct {
	Category message.Category
	Shop     string   // what customers call it
	ShopURL  string   // links to this host, or one below it, are never taken for placeholders
	Address  []string // the shop's postal address, line by line
	// Clients are the mail programs that readers use, of those that Clients() lists; nil: DefaultClients().
	Clients []string
	// LinkGrowth is how many bytes click tracking will add to each link of HTML that was rendered without.
	LinkGrowth int
	Off        []Rule // rules that are switched off
}

// Mail looks at an e-mail. Findings are in the order of the table of rules, those of one rule in that of the page. Any
// input is answered, in time proportional to its length but for the bounds of maxFindings and maxDepth.
func Mail(m Letter, rules Rules) []Finding {
	p := parse(m.HTML)
	c := &check{rules: rules, letter: m, page: p}
	c.size()
	c.accessible()
	c.contrast()
	c.targets()
	c.active()
	c.unresolved()
	c.plain()
	c.law()
	c.promotion(HTML, m.Subject+"\n"+m.Preheader+"\n"+p.root.seen())
	c.subject()
	c.spam()
	c.clients()
	return c.sorted()
}

// SMS looks at a text message, as it will be sent but for smart encoding. WhatsApp messages are no SMS.
func SMS(text string, rules Rules) []Finding {
	c := &check{rules: rules}
	c.sms(text)
	return c.sorted()
}

// check collects what is found about one message.
type check struct {
	rules  Rules
	letter Letter
	page   *page
	found  []Finding
	told   map[Rule]int
}

// maxFindings bounds what is said of one rule about one message: nobody reads on.
const maxFindings = 10

func (c *check) add(f Finding) {
	if slices.Contains(c.rules.Off, f.Rule) {
		return
	}
	if c.told == nil {
		c.told = map[Rule]int{}
	}
	if c.told[f.Rule]++; c.told[f.Rule] > maxFindings {
		return
	}
	f.Excerpt = short(f.Excerpt)
	c.found = append(c.found, f)
}

// at is a finding about an element or a text of the page.
func (c *check) at(n *node, rule Rule, s Severity, excerpt, message, hint string) {
	f := Finding{Rule: rule, Severity: s, Message: message, Hint: hint, Excerpt: excerpt, Part: HTML}
	if n != nil {
		f.Line = c.page.line(n.offset)
	}
	c.add(f)
}

func (c *check) sorted() []Finding {
	order := map[Rule]int{}
	for i, r := range table() {
		order[r.Rule] = i
	}
	slices.SortStableFunc(c.found, func(a, b Finding) int { return cmp.Compare(order[a.Rule], order[b.Rule]) })
	return c.found
}

const maxExcerpt = 80

// short is a text on one line, of bounded length.
func short(s string) string {
	if len(s) > 4*maxExcerpt {
		s = strings.ToValidUTF8(s[:4*maxExcerpt], "")
	}
	s = strings.Join(strings.Fields(s), " ")
	if utf8.RuneCountInString(s) > maxExcerpt {
		s = string([]rune(s)[:maxExcerpt])
	}
	return s
}

// quoted shows an excerpt within a message.
func quoted(s string) string { return fmt.Sprintf("%q", short(s)) }
