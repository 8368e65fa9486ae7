package lint

import (
	_ "embed" // the table of what mail programs support
	"fmt"
	"path"
	"slices"
	"strings"
)

// clientTable is what caniemail knows, reduced: a line of column names, then for each feature its slug, how it is known in
// a page (kind and keys), its title, and a letter for each client: y, n, p (in part), u (unknown). A test makes it anew of the
// published data.
//
//go:embed clients.tsv
var clientTable string

// feature is one line of it.
type feature struct {
	slug, kind, title string
	keys              []string
	support           string
}

// support is the table, read once.
type support struct {
	clients  []string
	features []feature
	byKey    map[string]*feature // "prop display"
}

// known reads the table, which takes less than reading a page.
func known() *support {
	s := &support{byKey: map[string]*feature{}}
	head, rest, _ := strings.Cut(clientTable, "\n")
	s.clients = strings.Fields(head)
	for line := range strings.Lines(rest) {
		f := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		s.features = append(s.features, feature{slug: f[0], kind: f[1], keys: strings.Split(f[2], ","), title: f[3], support: f[4]})
	}
	for i := range s.features {
		for _, k := range s.features[i].keys {
			s.byKey[s.features[i].kind+" "+k] = &s.features[i]
		}
	}
	return s
}

// Clients are the mail programs that are known, as Rules names them: families of caniemail, of which outlook is the
// classic one of Windows, and outlook-new those of the web, of telephones and of the Mac.
func Clients() []string { return slices.Clone(known().clients) }

// DefaultClients are those that most readers use.
func DefaultClients() []string { return []string{"gmail", "outlook", "apple-mail", "yahoo"} }

// breaking are features without which a page falls apart or something is not seen. The lack of others makes it plainer.
var breaking = []string{
	"css-display-flex", "css-display-grid", "css-grid-template", "css-position", "css-float", "css-background-image", "css-variables", "css-unit-calc",
	"css-function-clamp", "css-function-min", "css-function-max", "css-function-light-dark", "css-modern-color", "css-transform", "css-writing-mode",
	"css-unit-rem", "css-unit-vw", "css-unit-vh", "css-unit-vmin", "css-unit-vmax", "css-unit-ch", "css-column-count", "css-left-right-top-bottom", "css-clip-path", "css-filter",
	"html-svg", "html-dialog", "html-meter", "html-progress", "html-marquee", "html-popover", "image-svg", "image-webp", "image-avif", "image-heif", "image-tiff", "image-hdr", "image-mp4",
}

// quiet are features that should be there for those who know them, and cost the others nothing.
var quiet = []string{
	"html-aria-hidden", "html-aria-label", "html-aria-labelledby", "html-aria-describedby", "html-aria-live", "html-role", "html-lang", "html-dir", "html-hidden",
	"html-width", "html-height", "html-align", "html-valign", "css-width", "css-height", "css-max-width", "css-white-space", "css-border-radius",
}

// use is how often a page uses a feature, and where first.
type use struct {
	count      int
	at         *node
	excerpt    string
	notOutlook bool // all uses are where the Outlook of Windows does not look
}

// clients looks for what the readers' mail programs do not know.
func (c *check) clients() {
	if slices.Contains(c.rules.Off, Support) {
		return
	}
	s, uses := known(), map[string]*use{}
	note := func(key string, n *node, excerpt string) {
		f := s.byKey[key]
		if f == nil || slices.Contains(quiet, f.slug) {
			return
		}
		u := uses[f.slug]
		if u == nil {
			u = &use{at: n, excerpt: excerpt, notOutlook: true}
			uses[f.slug] = u
		}
		u.count++
		u.notOutlook = u.notOutlook && n.notOutlook
	}
	for _, n := range c.page.all {
		if n.tag == "" || n.look != nil && n.look.hidden {
			continue
		}
		note("element "+n.tag, n, "<"+n.tag)
		for _, a := range n.attrs {
			note("attr "+a.Key, n, a.Key)
		}
		if src := n.value("src"); n.tag == "img" && !strings.HasPrefix(src, "data:") {
			file, _, _ := strings.Cut(src, "?")
			note("image "+strings.ToLower(strings.TrimPrefix(path.Ext(file), ".")), n, src)
		}
		noteDeclarations(declarations(n.value("style")), n, note)
	}
	for _, style := range c.page.styles {
		for _, t := range style.children {
			for _, r := range sheet(t.text) {
				if !r.nested {
					noteDeclarations(r.decls, style, note)
				}
			}
		}
	}
	for i := range s.features {
		if u := uses[s.features[i].slug]; u != nil {
			c.lacking(s, &s.features[i], u)
		}
	}
}

// noteDeclarations notes what declarations use. Where a property stands twice, the first is there for those who do not
// know the second.
func noteDeclarations(decls []decl, n *node, note func(key string, n *node, excerpt string)) {
	last := map[string]int{}
	for i, d := range decls {
		last[d.name] = i
	}
	falls := map[string]bool{}
	for i, d := range decls {
		if last[d.name] != i {
			falls[d.name] = true
		}
	}
	for i, d := range decls {
		if last[d.name] != i {
			continue
		}
		excerpt := d.name + ":" + d.value
		note("prop "+d.name, n, excerpt)
		if falls[d.name] {
			continue
		}
		value := strings.ToLower(d.value)
		note("value "+d.name+":"+value, n, excerpt)
		if d.name == "background" && strings.Contains(value, "url(") {
			note("prop background-image", n, excerpt)
		}
		for _, w := range valueWords(value) {
			note(w, n, excerpt)
		}
	}
}

// valueWords are the functions and units in a value, as keys of the table.
func valueWords(value string) []string {
	var out []string
	start := -1
	for i := 0; i <= len(value); i++ {
		letter := i < len(value) && (value[i] >= 'a' && value[i] <= 'z' || value[i] == '-' || value[i] >= '0' && value[i] <= '9' || value[i] == '.' || value[i] == '%')
		if letter {
			if start < 0 {
				start = i
			}
			continue
		}
		if start < 0 {
			continue
		}
		word := value[start:i]
		start = -1
		if i < len(value) && value[i] == '(' {
			if word == "url" {
				return out // what an address is made of is no CSS
			}
			out = append(out, "func "+word)
			continue
		}
		if unit := strings.TrimLeft(word, "-.0123456789"); unit != word && unit != "" && len(unit) <= 4 {
			out = append(out, "unit "+unit)
		}
	}
	return out
}

// lacking tells of a feature that some of the readers' mail programs do not know.
func (c *check) lacking(s *support, f *feature, u *use) {
	var without, partly []string
	chosen := c.rules.Clients
	if chosen == nil {
		chosen = DefaultClients()
	}
	for _, client := range chosen {
		i := slices.Index(s.clients, client)
		if i < 0 || client == "outlook" && (u.notOutlook || c.page.vml && f.slug == "css-background-image") {
			continue
		}
		switch f.support[i] {
		case 'n':
			without = append(without, client)
		case 'p':
			partly = append(partly, client)
		}
	}
	breaks := slices.Contains(breaking, f.slug)
	times := ""
	if u.count > 1 {
		times = fmt.Sprintf(" (%d times)", u.count)
	}
	hint := "see https://www.caniemail.com/features/" + f.slug + "/"
	switch {
	case len(without) > 0 && breaks:
		c.at(u.at, Support, Warning, u.excerpt, fmt.Sprintf("%s%s is not known to %s", f.title, times, strings.Join(without, ", ")), hint)
	case len(without) > 0:
		c.at(u.at, Support, Info, u.excerpt, fmt.Sprintf("%s%s is not known to %s, where the mail looks plainer", f.title, times, strings.Join(without, ", ")), hint)
	case len(partly) > 0 && breaks:
		c.at(u.at, Support, Info, u.excerpt, fmt.Sprintf("%s%s is known only in part to %s", f.title, times, strings.Join(partly, ", ")), hint)
	}
}
