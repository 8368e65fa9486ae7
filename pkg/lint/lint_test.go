package lint

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"rapport/pkg/message"
)

// page0 is a mail of which nothing is said.
const page0 = `<!doctype html>
<html lang="en">
<head>
<title>Your lamp</title>
<meta name="color-scheme" content="light dark">
<style>
  .ink { color: #111111; }
  @media (prefers-color-scheme: dark) { .card { background-color: #111111 !important; } .ink { color: #eeeeee !important; } }
</style>
</head>
<body style="margin:0;">
<table role="presentation" width="100%"><tr><td class="card" style="background-color:#ffffff;">
<h1 class="ink">Your lamp is here</h1>
<p class="ink">Dear Ada, it waits in our shop in the High Street.</p>
<p><a class="ink" href="https://lamps.shop/lamp">See the lamp</a></p>
<img src="https://cdn.lamps.shop/lamp.png" alt="A lamp">
<p class="ink">Lamps Ltd, 1 High Street, London EX1 1AA. <a class="ink" href="mailto:hi@lamps.shop?subject=unsubscribe">Unsubscribe</a></p>
</td></tr></table>
</body>
</html>`

func letter0() Letter {
	return Letter{
		Subject: "Your lamp is here", Preheader: "It waits for you.", HTML: page0,
		Text: "Dear Ada, it waits in our shop in the High Street.\n\nSee the lamp: https://lamps.shop/lamp\n\nUnsubscribe: mailto:hi@lamps.shop\n",
	}
}

func rules0() Rules {
	return Rules{Category: message.Marketing, Shop: "Lamps", ShopURL: "https://lamps.shop", Address: []string{"Lamps Ltd", "1 High Street", "London EX1 1AA"}}
}

// said is what is found, as "rule severity line", sorted as it comes.
func said(found []Finding) string {
	var all []string
	for _, f := range found {
		all = append(all, fmt.Sprintf("%s %s", f.Rule, f.Severity))
	}
	return strings.Join(all, ", ")
}

type change struct {
	name     string
	old, new string // in the HTML
	want     string // all that is found
	line     int    // of the first finding, if it matters
	also     func(*Letter, *Rules)
}

func text(s string) func(*Letter, *Rules) { return func(l *Letter, _ *Rules) { l.Text = s } }

func subject(s string) func(*Letter, *Rules) { return func(l *Letter, _ *Rules) { l.Subject = s } }

func preheader(s string) func(*Letter, *Rules) { return func(l *Letter, _ *Rules) { l.Preheader = s } }

func transactional(l *Letter, r *Rules) { r.Category = message.Transactional }

const before = `<p class="ink">Dear`

// changes are one thing each that is done to a mail of which nothing is said. Those that want nothing are near misses.
func changes() []change {
	in := func(name, html, want string) change {
		return change{name: name, old: before, new: html + "\n" + before, want: want}
	}
	return []change{
		{name: "nothing"},

		{name: "90 % of the clip", old: before, new: "<!--" + strings.Repeat("x", 94100-len(page0)) + "-->" + before, want: "clip warning"},
		{name: "under 90 % of the clip", old: before, new: "<!--" + strings.Repeat("x", 93800-len(page0)) + "-->" + before},
		{name: "tracking counts", old: before, new: strings.Repeat("<a class=ink href=https://lamps.shop/x>x y</a>", 300) + before, want: "clip warning", also: func(l *Letter, r *Rules) { r.LinkGrowth, l.Text = 300, strings.Repeat(l.Text, 9) }},
		{name: "without tracking", old: before, new: strings.Repeat("<a class=ink href=https://lamps.shop/x>x y</a>", 300) + before, also: func(l *Letter, _ *Rules) { l.Text = strings.Repeat(l.Text, 9) }},

		in("no alt", `<img src="https://cdn.lamps.shop/x.png">`, "alt warning"),
		in("decoration", `<img src="https://cdn.lamps.shop/x.png" alt="">`, ""),
		in("a counter", `<img src="https://cdn.lamps.shop/x.gif" width="1" height="1">`, ""),
		in("a table that lays out", `<table><tr><td></td></tr></table>`, "layout-table info"),
		in("a table of data", `<table><tr><th>Lamp</th></tr></table>`, ""),
		in("a table of data in one that lays out", `<table><tr><td><table><tr><th>x</th></tr></table></td></tr></table>`, "layout-table info"),
		{name: "no language", old: ` lang="en"`, want: "lang warning", line: 2},
		{name: "an empty language", old: `lang="en"`, new: `lang=" "`, want: "lang warning"},
		{name: "an undetermined language", old: `lang="en"`, new: `lang="und"`, want: "lang warning"},
		{name: "the language on the body", old: `<html lang="en">`, new: `<html>`, want: "", also: func(l *Letter, _ *Rules) { l.HTML = strings.Replace(l.HTML, "<body", `<body lang="en"`, 1) }},
		{name: "no title", old: "<title>Your lamp</title>", want: "title info"},
		{name: "an empty title", old: "Your lamp<", new: " <", want: "title info"},
		in("a level left out", `<h3 class="ink">x</h3>`, "headings info"),
		in("the next level", `<h2 class="ink">x</h2>`, ""),
		in("back to a higher level", `<h2 class="ink">x</h2><h3 class="ink">x</h3><h1 class="ink">x</h1>`, ""),

		in("a link without text", `<a href="https://lamps.shop/"><img src="https://lamps.shop/x.png" alt=""></a>`, "link-text warning"),
		in("a picture that says it", `<a href="https://lamps.shop/"><img src="https://lamps.shop/x.png" alt="All lamps"></a>`, ""),
		in("a label", `<a href="https://lamps.shop/" aria-label="All lamps"> </a>`, ""),
		in("click here", `<a class="ink" href="https://lamps.shop/">Click here!</a>`, "link-text info"),
		in("hier klicken", `<a class="ink" href="https://lamps.shop/">hier klicken</a>`, "link-text info"),
		in("click here to see", `<a class="ink" href="https://lamps.shop/">click here to see lamps</a>`, ""),

		in("an insecure link", `<a class="ink" href="http://lamps.shop/">All lamps</a>`, "insecure warning"),
		in("an insecure picture", `<img src="HTTP://cdn.shop/x.png" alt="x">`, "insecure warning"),
		in("a data picture", `<img src="data:image/png;base64,AAAA" alt="x">`, "data-uri warning"),
		in("this machine", `<a class="ink" href="http://localhost:8080/x">All lamps</a>`, "host warning"),
		in("a private network", `<img src="https://192.168.1.7/x.png" alt="x">`, "host warning"),
		in("a name without a domain", `<a class="ink" href="https://staging/x">All lamps</a>`, "host warning"),
		in("an example", `<a class="ink" href="https://www.example.com/x">All lamps</a>`, "host warning"),
		in("a reserved domain", `<a class="ink" href="https://lamps.test/x">All lamps</a>`, "host warning"),
		in("not an example", `<a class="ink" href="https://counterexample.com/x">All lamps</a>`, ""),
		{name: "the shop's own example", old: before, new: `<a class="ink" href="https://www.lamps.example/x">All</a>` + before, also: func(_ *Letter, r *Rules) { r.ShopURL = "https://lamps.example" }},

		in("an empty href", `<a class="ink" href="">All lamps</a>`, "target error"),
		in("no href", `<a class="ink">All lamps</a>`, "target warning"),
		in("an anchor", `<a name="top"></a><a class="ink" href="#top">Up we go</a>`, ""),
		in("an anchor that is not there", `<a class="ink" href="#top">Up we go</a>`, "target error"),
		in("nowhere", `<a class="ink" href="#">All lamps</a>`, "target error"),
		in("a script as a link", `<a class="ink" href="JavaScript:x()">All lamps</a>`, "target error"),
		in("a placeholder", `<a class="ink" href="https://YOUR-URL">All lamps</a>`, "target error"),
		in("a placeholder of others", `<a class="ink" href="*|ARCHIVE|*">All lamps</a>`, "target error, unresolved error"),
		in("an empty picture", `<img src="" alt="x">`, "target error"),
		in("a picture from nowhere", `<img src="x.png" alt="x">`, "target error"),
		in("a phone number", `<a class="ink" href="tel:+4420">Call us</a>`, ""),

		in("a script", `<script>x()</script>`, "active warning"),
		in("data about the mail", `<script type="application/ld+json">{}</script>`, ""),
		in("a form", `<form action="https://lamps.shop/"></form>`, "active warning"),
		in("a frame", `<iframe src="https://lamps.shop/"></iframe>`, "active warning"),
		in("a video", `<video></video>`, "active warning"),
		in("a handler", `<p class="ink" onclick="x()">x</p>`, "active warning"),
		{name: "a style sheet from elsewhere", old: "<style>", new: `<link rel="stylesheet" href="https://lamps.shop/x.css"><style>`, want: "active warning"},
		{name: "a font", old: "<style>", new: `<link rel="stylesheet" href="https://fonts.googleapis.com/css?family=x"><style>`},
		{name: "an import", old: "<style>", new: `<style>@import url("https://lamps.shop/x.css");`, want: "active warning"},

		in("a brace", `<p class="ink">Hi {{ name }}</p>`, "unresolved error"),
		in("a tag", `<p class="ink">{% if x %}</p>`, "unresolved error"),
		in("an object", `<p class="ink">[object Object]</p>`, "unresolved error"),
		in("nil", `<p class="ink">Hello nil,</p>`, "unresolved error"),
		in("nil alone", `<td class="ink">nil</td>`, "unresolved error"),
		in("nil in a sentence", `<p class="ink">They won three nil at home.</p>`, ""),
		in("undefined in an address", `<a class="ink" href="https://lamps.shop/p/undefined">A lamp</a>`, "unresolved error"),
		in("no number", `<p class="ink">That makes NaN euros</p>`, "unresolved error"),
		in("braces in a style", `<style>.a{}}</style>`, ""),
		{name: "a brace in the subject", also: subject("Hi {{ name }}"), want: "unresolved error"},
		{name: "a brace in the preheader", also: preheader("Hi {{ name }}"), want: "unresolved error"},
		{name: "a brace in the text", also: text(letter0().Text + "Hi {{ name }}"), want: "unresolved error", line: 6},

		{name: "no text", also: text(" \n"), want: "text-part warning"},
		{name: "a tag in the text", also: text(letter0().Text + "<p>Hi</p>"), want: "text-part warning", line: 6},
		{name: "a reference in the text", also: text(letter0().Text + "Lamps &amp; more"), want: "text-part warning"},
		{name: "less than in the text", also: text(letter0().Text + "3 < 4 > 2, A&B <https://lamps.shop/>"), want: ""},
		{name: "a short text", old: before, new: "<p class=ink>" + strings.Repeat("Light up. ", 100) + "</p>" + before, want: "text-part warning"},
		{name: "a hidden long page", old: before, new: `<div style="display:none">` + strings.Repeat("Light up. ", 100) + "</div>" + before},

		{name: "no way out", old: `<a class="ink" href="mailto:hi@lamps.shop?subject=unsubscribe">Unsubscribe</a>`, want: "unsubscribe error"},
		{name: "a way out that nobody sees", old: `<a class="ink" href="mailto:hi@lamps.shop?subject=unsubscribe">Unsubscribe</a>`, new: `<span style="display:none"><a href="https://lamps.shop/unsubscribe">Unsubscribe</a></span>`, want: "unsubscribe error"},
		{name: "a way out in German", old: `mailto:hi@lamps.shop?subject=unsubscribe">Unsubscribe`, new: `https://lamps.shop/u/1">Hier abmelden`},
		{name: "a way out by its address", old: `mailto:hi@lamps.shop?subject=unsubscribe">Unsubscribe`, new: `https://lamps.shop/u/1">Enough`, also: func(l *Letter, _ *Rules) { l.Unsubscribe = []string{"https://lamps.shop/u/1"} }},
		{name: "a way that is none", old: `mailto:hi@lamps.shop?subject=unsubscribe">Unsubscribe`, new: `https://lamps.shop/u/1">Enough`, want: "unsubscribe error"},
		{name: "transactional needs none", old: `<a class="ink" href="mailto:hi@lamps.shop?subject=unsubscribe">Unsubscribe</a>`, also: transactional},
		{name: "no address", old: "1 High Street, London", new: "London", want: "address error"},
		{name: "a part of the address", old: " EX1 1AA", want: "address error"},
		{name: "an address in a hidden place", old: "Lamps Ltd, 1 High Street, London EX1 1AA.", new: `<span style="display:none">1 High Street, London EX1 1AA</span>`, want: "address error"},
		{name: "the shop has no address", want: "address error", also: func(_ *Letter, r *Rules) { r.Address = nil }},
		{name: "a receipt needs none", old: "1 High Street", also: transactional},

		{name: "a percentage in a receipt", old: before, new: `<p class="ink">20% off your next order</p>` + before, want: "promotion warning", also: transactional},
		{name: "in German", old: before, new: `<p class="ink">Jetzt 20 % Rabatt</p>` + before, want: "promotion warning", also: transactional},
		{name: "in French", old: before, new: `<p class="ink">Votre code promo vous attend</p>` + before, want: "promotion warning", also: transactional},
		{name: "in Spanish", old: before, new: `<p class="ink">También te puede gustar. Rebajas, compra ahora</p>` + before, want: "promotion warning", also: transactional},
		{name: "recommendations alone", old: before, new: `<p class="ink">Recommended for you</p>` + before, also: transactional},
		{name: "recommendations and an offer", old: before, new: `<p class="ink">Recommended for you: a special offer</p>` + before, want: "promotion warning", also: transactional},
		{name: "a discount in the sum", old: before, new: `<p class="ink">Discount: -5.00</p>` + before, also: transactional},
		{name: "a percentage in marketing", old: before, new: `<p class="ink">20% off your next order</p>` + before},

		{name: "a long subject", also: subject(strings.Repeat("lamps ", 10) + "x"), want: "subject warning"},
		{name: "sixty characters", also: subject(strings.Repeat("lampé ", 9) + "lampé.")},
		{name: "capitals", also: subject("YOUR LAMP IS HERE"), want: "subject warning"},
		{name: "an acronym", also: subject("UK VAT: 7")},
		{name: "exclamation", also: subject("It is here!!"), want: "subject warning"},
		{name: "one exclamation", also: subject("It is here!")},
		{name: "an answer", also: subject("RE: your lamp"), want: "subject warning"},
		{name: "passed on, in German", also: subject("WG: Ihre Lampe"), want: "subject warning"},
		{name: "a regard", also: subject("Regarding your lamp: ready")},
		{name: "emoji", also: subject("It is here 💡🎉"), want: "subject info"},
		{name: "one emoji", also: subject("It is here 👩‍👩‍👧‍👦")},
		{name: "no preheader", also: preheader(" "), want: "preheader warning"},
		{name: "the subject again", also: preheader("Your lamp is here!"), want: "preheader warning"},
		{name: "spam", old: before, new: `<p class="ink">Easy money, risk-free</p>` + before, want: "spam-words info"},
		{name: "free delivery", old: before, new: `<p class="ink">Delivery is free</p>` + before},

		in("flex", `<div style="display:flex">x</div>`, "clients warning"),
		in("flex in capitals of the sheet", `<style>.z { display: flex }</style>`, "clients warning"),
		in("flex where it is asked for", `<style>@supports (display: flex) { .z { display: flex } } @media (max-width: 400px) { .y { display: flex } }</style>`, ""),
		in("flex in a comment", `<!--[if mso]><div style="display:flex"></div><![endif]-->`, ""),
		in("calc", `<div style="width:calc(100% - 2px)">x</div>`, "clients warning"),
		in("calc behind a fallback", `<div style="width:90%; width:calc(100% - 2px)">x</div>`, ""),
		in("calc behind another's fallback", `<div style="width:90%; width:calc(100% - 2px); height:calc(1px + 1px)">x</div>`, "clients warning"),
		in("flex behind a fallback of another", `<div style="width:90%; width:80%; display:flex">x</div>`, "clients warning"),
		in("rounded", `<div style="border-radius:4px">x</div>`, ""),
		in("a shadow", `<div style="box-shadow:0 0 4px #000">x</div>`, "clients info"),
		in("webp", `<img src="https://cdn.lamps.shop/x.webp?1" alt="x">`, "clients warning"),
		in("svg", `<svg></svg>`, "clients warning"),
		in("an address with what looks like a unit", `<div style="background-image:url(https://lamps.shop/10vw.png)">x</div>`, "clients warning"),
		in("a background", `<div style="background:#fff url(https://lamps.shop/x.png)">x</div>`, "clients warning"),
		in("a background that Outlook draws", `<!--[if mso]><v:rect><v:fill src="https://lamps.shop/x.png"/></v:rect><![endif]--><div style="background:#fff url(https://lamps.shop/x.png)">x</div>`, "clients info"),
		{name: "flex for those who know it", old: before, new: `<div style="display:flex">x</div>` + before, also: func(_ *Letter, r *Rules) { r.Clients = []string{"apple-mail", "hey"} }},
		in("not for Outlook", `<!--[if !mso]><!--><div style="border-spacing:2px"></div><!--<![endif]-->`, ""),
		in("for Outlook, which alone lacks it", `<div style="border-spacing:2px"></div>`, "clients info"),
		{name: "not for Outlook, which alone lacks it", old: before, new: `<!--[if !mso]><!--><div style="display:flex"></div><!--<![endif]-->` + before, also: func(_ *Letter, r *Rules) { r.Clients = []string{"outlook"} }},
		{name: "for Outlook, behind it", old: before, new: `<!--[if !mso]><!--><!--<![endif]--><div style="display:flex"></div>` + before, want: "clients warning", also: func(_ *Letter, r *Rules) { r.Clients = []string{"outlook"} }},

		{name: "nothing about the dark", old: `<meta name="color-scheme" content="light dark">`, want: "dark-mode info", also: func(l *Letter, _ *Rules) {
			l.HTML = strings.Replace(l.HTML, "prefers-color-scheme: dark", "max-width: 1px", 1)
		}},
		{name: "said by the meta alone", old: "prefers-color-scheme: dark", new: "max-width: 1px"},
		{name: "another meta", old: `name="color-scheme"`, new: `name="viewport"`, want: "dark-mode info", also: func(l *Letter, _ *Rules) {
			l.HTML = strings.Replace(l.HTML, "prefers-color-scheme: dark", "max-width: 1px", 1)
		}},
		{name: "said in the sheet", old: `<meta name="color-scheme" content="light dark">`, new: "<style>:root { color-scheme: light only }</style>", also: func(l *Letter, _ *Rules) {
			l.HTML = strings.Replace(l.HTML, "prefers-color-scheme: dark", "max-width: 1px", 1)
		}},
	}
}

func TestMail(t *testing.T) {
	t.Parallel()
	for _, c := range changes() {
		m, r := letter0(), rules0()
		if !strings.Contains(m.HTML, c.old) {
			t.Fatalf("%s: the page has no %q", c.name, c.old)
		}
		m.HTML = strings.Replace(m.HTML, c.old, c.new, 1)
		if c.also != nil {
			c.also(&m, &r)
		}
		got := Mail(m, r)
		if said(got) != c.want {
			t.Errorf("%s: %s, want %s\n%+v", c.name, said(got), c.want, got)
			continue
		}
		if c.line > 0 && got[0].Line != c.line {
			t.Errorf("%s: on line %d, want %d", c.name, got[0].Line, c.line)
		}
		for _, f := range got {
			r.Off = append(r.Off, f.Rule)
		}
		if left := Mail(m, r); len(left) > 0 {
			t.Errorf("%s: %s, though it is switched off", c.name, said(left))
		}
	}
}

func TestSMS(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, text, want string
		category         message.Category
	}{
		{"nothing", "Lamps: your lamp is here. Reply STOP to opt out.", "", message.Marketing},
		{"two segments", "Lamps: " + strings.Repeat("a lamp ", 22) + "STOP", "sms-segments info", message.Marketing},
		{"three segments", "Lamps: " + strings.Repeat("a lamp ", 50) + "STOP", "sms-segments warning", message.Marketing},
		{"costly", "Lamps: " + strings.Repeat("a lamp ", 12) + "ça va STOP", "sms-segments info, sms-encoding warning", message.Marketing},
		{"costly in a short text", "Lamps: ça va STOP", "sms-encoding info", message.Marketing},
		{"what smart encoding exchanges", "Lamps: “" + strings.Repeat("a lamp ", 14) + "” – STOP", "", message.Marketing},
		{"another script", "Lamps: ваша лампа готова, приходите. STOP", "", message.Marketing},
		{"a shortener", "Lamps: see https://bit.ly/3x STOP", "sms-links warning", message.Marketing},
		{"a shortener without a scheme", "Lamps: see bit.ly/3x. STOP", "sms-links warning", message.Marketing},
		{"a domain that ends alike", "Lamps: see https://rabbit.ly/3x STOP", "", message.Marketing},
		{"capitals", "LAMPS: YOUR LAMP IS HERE, COME AND SEE. STOP", "sms-capitals info", message.Marketing},
		{"who", "Your lamp is here. Reply STOP to opt out.", "sms-brand info", message.Marketing},
		{"no way out", "Lamps: your lamp is here.", "sms-stop warning", message.Marketing},
		{"a shop that stops by is none", "Lamps: we are nonstop here.", "sms-stop warning", message.Marketing},
		{"a way out in German", "Lamps: Ihre Lampe ist da. Abmelden mit STOPP.", "", message.Marketing},
		{"transactional that advertises", "Lamps: your lamp is on its way. 20% off your next one with code LIGHT20", "promotion warning", message.Transactional},
		{"marketing that advertises", "Lamps: 20% off your next lamp. STOP", "", message.Marketing},
		{"transactional needs none", "Lamps: your lamp is here.", "", message.Transactional},
		{"a brace", "Lamps: hi {{ name }} STOP", "unresolved error", message.Marketing},
	} {
		r := rules0()
		r.Category = c.category
		got := SMS(c.text, r)
		if said(got) != c.want {
			t.Errorf("%s: %s, want %s\n%+v", c.name, said(got), c.want, got)
		}
		for _, f := range got {
			r.Off = append(r.Off, f.Rule)
		}
		if left := SMS(c.text, r); len(left) > 0 {
			t.Errorf("%s: %s, though it is switched off", c.name, said(left))
		}
	}
}

// TestSMSNamesCulprits: each costly character is named once, and what it costs.
func TestSMSNamesCulprits(t *testing.T) {
	t.Parallel()
	got := SMS("Lamps: "+strings.Repeat("a lamp ", 12)+"ça va, François? Ô, ê STOP", rules0())
	const want = `"ç", "Ô", "ê" are not in the GSM alphabet, so that a segment has 70 characters and not 160: the text is billed as 2 messages, and would be as 1 message otherwise`
	if len(got) != 2 || got[1].Message != want || got[1].Excerpt != "ç" || !strings.Contains(got[1].Hint, `write "c"`) {
		t.Errorf("%+v", got)
	}
}

// TestEveryRule: each rule of the table is one that a case above finds, as badly as the table says, and no worse.
func TestEveryRule(t *testing.T) {
	t.Parallel()
	worst := map[Rule]Severity{}
	note := func(found []Finding) {
		for _, f := range found {
			if s, ok := worst[f.Rule]; !ok || f.Severity > s {
				worst[f.Rule] = f.Severity
			}
			if f.Message == "" || f.Hint == "" || f.Part == "" {
				t.Errorf("%+v says too little", f)
			}
		}
	}
	for _, c := range changes() {
		m, r := letter0(), rules0()
		m.HTML = strings.Replace(m.HTML, c.old, c.new, 1)
		if c.also != nil {
			c.also(&m, &r)
		}
		note(Mail(m, r))
	}
	note(Mail(Letter{HTML: `<p style="color:#777">x</p>`}, Rules{}))
	note(SMS("bit.ly/x ça "+strings.Repeat("ABCDEFGHI ", 20), rules0()))
	seen := map[Rule]bool{}
	for _, d := range Descriptions() {
		if seen[d.Rule] {
			t.Errorf("%s is there twice", d.Rule)
		}
		seen[d.Rule] = true
		if s, ok := worst[d.Rule]; !ok || s != d.Worst {
			t.Errorf("%s is found as %v (%v), and the table says %v", d.Rule, s, ok, d.Worst)
		}
		if !strings.HasPrefix(d.Source, "https://") || d.What == "" {
			t.Errorf("%s does not say what it is or where it comes from", d.Rule)
		}
	}
	for r := range worst {
		if !seen[r] {
			t.Errorf("%s is not in the table", r)
		}
	}
}

// TestCompiledMails: mails as the MJML compiler makes them. Their tables lay out and say so, and what Outlook lacks is drawn for it in
// comments: nothing may be said of either.
func TestCompiledMails(t *testing.T) {
	t.Parallel()
	names, err := filepath.Glob(filepath.Join(testdata(t, "mjml/components"), "expected-mjml-5.4.1", "*.html"))
	if err != nil || len(names) < 50 {
		t.Fatalf("%d mails, %v", len(names), err)
	}
	found := map[Rule]int{}
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range Mail(Letter{Subject: "Your lamp", Preheader: "It is here.", HTML: string(text), Text: "x"}, Rules{Category: message.Transactional}) {
			found[f.Rule]++
			if f.Rule == Contrast || f.Rule == Unresolved || f.Rule == Active || f.Rule == Support && f.Severity == Warning {
				t.Errorf("%s:%d: %s", filepath.Base(name), f.Line, f.Message)
			}
		}
	}
	t.Log(found)
	if found[LayoutTable] > 5 || found[Alt] == 0 || found[Target] == 0 {
		t.Errorf("%v", found)
	}
}

func FuzzMail(f *testing.F) {
	for _, c := range changes() {
		if len(c.new) < 1000 {
			f.Add(strings.Replace(page0, c.old, c.new, 1), letter0().Text)
		}
	}
	for _, s := range []string{"<a href=x", "<style>a{b:c", "<style>@media{{{", "<td><td><p><p><li>", "<!--[if !mso]><!-->", "<p style='color:rgb(1,2", "<font color=#12345>x", "<x style='background:hsl(1e309deg 1% 1%)'>x"} {
		f.Add(s, s)
	}
	f.Fuzz(func(t *testing.T, html, text string) {
		m := Letter{Subject: text, Preheader: html, HTML: html, Text: text}
		r := rules0()
		first, again := Mail(m, r), Mail(m, r)
		if !slices.Equal(first, again) {
			t.Error("it says one thing, and then another")
		}
		for _, f := range first {
			if f.Line < 0 || f.Line > 1+strings.Count(html, "\n")+strings.Count(text, "\n") {
				t.Errorf("line %d", f.Line)
			}
		}
		SMS(text, r)
	})
}

// TestLargePages: what is large, deep or full of rules takes no longer than it may. The bound is some two hundred
// times what it takes.
func TestLargePages(t *testing.T) {
	t.Parallel()
	for name, html := range map[string]string{
		"deep":        strings.Repeat("<div><span>", 8000) + "x",
		"wide":        strings.Repeat("<td>x", 20000),
		"open cells":  strings.Repeat("<table><tr><td><p>", 4000),
		"links":       strings.Repeat("<a href=''>", 10000),
		"rules":       "<style>" + strings.Repeat(".a b > .c { color: red } ", 4000) + "</style>" + strings.Repeat("<b class=c>x</b>", 4000),
		"blocks":      "<style>" + strings.Repeat("@media all {", 10000) + "</style>",
		"declared":    "<p style='" + strings.Repeat("color:red;", 10000) + "'>x",
		"braces":      strings.Repeat("{{ x }}", 10000),
		"spaces":      "<p>" + strings.Repeat(" ", 100000) + "x",
		"percentages": "<p>" + strings.Repeat("10% ", 20000),
		"comments":    "<style>" + strings.Repeat("/*", 40000) + "</style>",
	} {
		begin := time.Now()
		Mail(Letter{HTML: html, Text: html}, Rules{Category: message.Transactional})
		if took := time.Since(begin); took > 30*time.Second {
			t.Errorf("%s took %v", name, took)
		} else {
			t.Logf("%s: %v", name, took)
		}
	}
}
