package lint

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// look is how an element's text looks, as far as it is known.
type look struct {
	text, ground        color
	textKnown, gndKnown bool
	size                float64 // CSS pixels
	bold, hidden        bool
}

// mode is the light or the dark in which a page is looked at.
type mode struct {
	dark  bool
	rules []cssRule
}

// contrast measures each text against what is behind it, in the light, and in the dark where the page has rules for it.
func (c *check) contrast() {
	var rules []cssRule
	for _, s := range c.page.styles {
		for _, t := range s.children {
			rules = append(rules, sheet(t.text)...)
		}
	}
	if len(rules)*len(c.page.all) > maxMatches {
		rules = nil // such a page is told of by its size
	}
	c.measure(mode{dark: false, rules: slices.DeleteFunc(slices.Clone(rules), func(r cssRule) bool { return !always(r) })})
	if slices.ContainsFunc(rules, isDark) {
		// The looks of the light stay: what is visible is asked for by the rules behind this one.
		dark := parse(c.page.source)
		of := c.page
		c.page = dark
		c.measure(mode{dark: true, rules: slices.DeleteFunc(rules, func(r cssRule) bool { return !always(r) && !isDark(r) })})
		c.page = of
		return
	}
	c.darkMode(rules)
}

// maxMatches bounds how often a rule is tried on an element.
const maxMatches = 4 << 20

// always reports whether a rule holds whatever the screen.
func always(r cssRule) bool {
	return r.selector != nil && slices.Contains([]string{"", "all", "screen", "only screen"}, r.media)
}

func isDark(r cssRule) bool {
	return r.selector != nil && strings.Contains(r.media, "prefers-color-scheme") && strings.Contains(r.media, "dark") && !strings.Contains(r.media, "width")
}

// darkMode notes pages with colours that say nothing about the dark.
func (c *check) darkMode(rules []cssRule) {
	for _, n := range c.page.all {
		if n.tag == "meta" && strings.EqualFold(n.value("name"), "color-scheme") {
			return
		}
	}
	for _, r := range rules {
		if slices.ContainsFunc(r.decls, func(d decl) bool { return d.name == "color-scheme" }) {
			return
		}
	}
	for _, n := range c.page.all {
		if bg, ok := n.attr("bgcolor"); ok || strings.Contains(n.value("style"), "background") {
			c.at(n, DarkMode, Info, bg, "the page has colours of its own and does not say what it does in the dark", `add <meta name="color-scheme" content="light dark"> and look at it in the dark, or content="light only"`)
			return
		}
	}
}

// measure gives every element its look, and tells of texts that are hard to read.
func (c *check) measure(m mode) {
	root := &look{size: 16}
	if !m.dark {
		root.text, root.ground, root.textKnown, root.gndKnown = color{a: 1}, color{255, 255, 255, 1}, true, true
	}
	c.page.root.look = root
	told := map[string]bool{}
	for _, n := range c.page.all {
		parent := n.parent.look
		if n.tag != "" {
			n.look = m.look(n, *parent)
			continue
		}
		n.look = parent
		if text := strings.TrimSpace(n.text); text != "" && hasWords(text) && !parent.hidden && parent.textKnown && parent.gndKnown && !n.inside(unread...) && !slices.Contains(unread, n.parent.tag) {
			c.readable(n, text, m.dark, told)
		}
	}
}

func (c *check) readable(n *node, text string, dark bool, told map[string]bool) {
	l := n.look
	need, kind := 4.5, "text"
	// Large is 18 points, or 14 in bold.
	if l.size >= 24 || l.bold && l.size >= 18.66 {
		need, kind = 3, "large text"
	}
	front := l.text.over(l.ground)
	got := ratio(front, l.ground)
	key := front.String() + l.ground.String() + kind
	if got >= need || told[key] {
		return
	}
	told[key] = true
	where := ""
	if dark {
		where = " in the dark"
	}
	c.at(n, Contrast, Warning, text, fmt.Sprintf("%s is hard to read%s: %s on %s has a contrast of %.2f:1, and %s needs %g:1", quoted(text), where, front, l.ground, math.Floor(got*100)/100, kind, need),
		"make the text darker or the ground lighter, or the other way round")
}

// hasWords reports whether a text has anything to read: dots and arrows between words are decoration.
func hasWords(text string) bool {
	for _, r := range text {
		if r > 0x7f && r != 0xa0 && r != 0x200c && r != 0x34f && r != 0xb7 && r != 0x2022 && r != 0xad || r >= '0' && r <= '9' || r|0x20 >= 'a' && r|0x20 <= 'z' {
			return true
		}
	}
	return false
}

// look is that of an element within one that looks like l.
func (m mode) look(n *node, l look) *look {
	m.presets(n, &l)
	values := m.values(n)
	if v, ok := values["font-size"]; ok {
		l.size = sizeOf(v, l.size)
	} else if v := shorthandSize(values["font"], l.size); v > 0 {
		l.size = v
	}
	switch v := strings.ToLower(values["font-weight"]); {
	case v == "bold" || v == "bolder":
		l.bold = true
	case v == "normal" || v == "lighter":
		l.bold = false
	case v != "":
		w, _ := strconv.Atoi(v)
		l.bold = w >= 700
	}
	if v, ok := values["color"]; ok && !strings.EqualFold(v, "inherit") {
		l.text, l.textKnown = colorOf(v)
	}
	m.ground(n, values, &l)
	if hides(values, l.size) {
		l.hidden = true
	}
	if o, err := strconv.ParseFloat(values["opacity"], 64); err == nil && o < 1 {
		l.textKnown = false // it fades into what is below its ground
	}
	return &l
}

// ground puts an element's own background into its look.
func (m mode) ground(n *node, values map[string]string, l *look) {
	if picture := values["background-image"]; picture != "" && !strings.EqualFold(picture, "none") || n.value("background") != "" {
		l.gndKnown = false
		return
	}
	own := values["background-color"]
	switch strings.ToLower(own) {
	case "", "none", "initial", "unset":
		return
	}
	switch g, ok := colorOf(own); {
	case !ok:
		l.gndKnown = false
	case g.a == 1:
		l.ground, l.gndKnown = g, true
	case l.gndKnown:
		l.ground = g.over(l.ground)
	}
}

// presets are what elements and attributes say before any CSS.
func (m mode) presets(n *node, l *look) {
	switch n.tag {
	case "h1":
		l.size, l.bold = 2*l.size, true
	case "h2":
		l.size, l.bold = 1.5*l.size, true
	case "h3":
		l.size, l.bold = 1.17*l.size, true
	case "h4", "h5", "h6", "b", "strong", "th":
		l.bold = true
	case "small":
		l.size *= 0.83
	case "a":
		if _, ok := n.attr("href"); ok {
			l.textKnown = false // the colour of links is the mail program's
		}
	case "font":
		if v, ok := n.attr("color"); ok {
			l.text, l.textKnown = colorOf(v)
		}
	case "input", "button", "select", "textarea", "mark":
		l.textKnown = false
	}
	if v, ok := n.attr("bgcolor"); ok {
		if g, known := colorOf(v); known && g.a == 1 {
			l.ground, l.gndKnown = g, true
		} else {
			l.gndKnown = false
		}
	}
	if _, ok := n.attr("hidden"); ok {
		l.hidden = true
	}
}

// values are the properties that win for an element, by the cascade: importance, weight, order.
func (m mode) values(n *node) map[string]string {
	out, won := map[string]string{}, map[string]int{}
	put := func(d decl, rank int) {
		if d.important {
			rank += 1 << 28
		}
		for _, d := range longhands(d) {
			if w, ok := won[d.name]; !ok || w <= rank {
				won[d.name], out[d.name] = rank, d.value
			}
		}
	}
	for i := range m.rules {
		if r := &m.rules[i]; r.matches(n) {
			for _, d := range r.decls {
				put(d, r.weight)
			}
		}
	}
	for _, d := range declarations(n.value("style")) {
		put(d, 1<<24)
	}
	return out
}

// longhands are what a declaration says of the properties that matter here: background is a colour and a picture.
func longhands(d decl) []decl {
	if d.name != "background" {
		return []decl{d}
	}
	ground, picture := "transparent", "none"
	if low := strings.ToLower(d.value); strings.Contains(low, "url(") || strings.Contains(low, "gradient(") {
		picture = d.value
	} else if _, ok := colorOf(d.value); ok || strings.Contains(low, "(") {
		ground = d.value
	} else {
		for word := range strings.FieldsSeq(d.value) {
			if _, ok := colorOf(word); ok {
				ground = word
			}
		}
	}
	return []decl{{name: "background-color", value: ground}, {name: "background-image", value: picture}}
}

// hides reports whether the properties of an element hide it, as preheaders are hidden.
func hides(values map[string]string, size float64) bool {
	is := func(name, value string) bool { return strings.EqualFold(values[name], value) }
	zero := func(name string) bool { return values[name] == "0" || values[name] == "0px" }
	return is("display", "none") || is("visibility", "hidden") || is("mso-hide", "all") || zero("opacity") ||
		is("overflow", "hidden") && (zero("max-height") || zero("height")) || size < 2
}

// sizeOf is a font size in CSS pixels; that around it where it cannot be read.
func sizeOf(text string, around float64) float64 {
	text = strings.ToLower(strings.TrimSpace(text))
	for _, u := range []struct {
		unit string
		px   float64
	}{{"rem", 16}, {"px", 1}, {"pt", 4.0 / 3}, {"em", around}, {"%", around / 100}} {
		if number, ok := strings.CutSuffix(text, u.unit); ok {
			if x, err := strconv.ParseFloat(number, 64); err == nil && x >= 0 && x < 10000 {
				return x * u.px
			}
			return around
		}
	}
	if text == "0" {
		return 0
	}
	if px, ok := map[string]float64{"xx-small": 9, "x-small": 10, "small": 13, "medium": 16, "large": 18, "x-large": 24, "xx-large": 32}[text]; ok {
		return px
	}
	return around
}

// shorthandSize is the size within font:, 0 where there is none.
func shorthandSize(font string, around float64) float64 {
	for _, word := range strings.Fields(font) {
		word, _, _ = strings.Cut(word, "/")
		if word != "" && word[0] >= '0' && word[0] <= '9' && strings.TrimRight(word, "0123456789.") != "" {
			return sizeOf(word, around)
		}
	}
	return 0
}
