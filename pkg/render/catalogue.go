package render

import (
	"regexp"
	"slices"
	"strings"

	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"

	"rapport/pkg/workspace/source"
)

// catalogue is the texts of locales/TAG.yaml, by keys joined with dots.
type catalogue struct {
	tag     string
	file    *source.File
	lang    language.Tag
	phrases map[string]*phrase
	keys    []string // in the file's order
}

// phrase is one text, or one for each kind of number.
type phrase struct {
	node   *source.Node
	forms  [6]wording // by plural.Form; plural.Other is that of a text without numbers
	plural bool
}

// wording is a text with gaps, in order; empty when there is none.
type wording []piece

// piece is a text, or the name of what goes there.
type piece struct{ text, gap string }

var gapForm = regexp.MustCompile(`\{([a-z][a-z0-9_]*)\}`)

// formNames are CLDR's plural categories, by plural.Form.
var formNames = []string{plural.Other: "other", plural.Zero: "zero", plural.One: "one", plural.Two: "two", plural.Few: "few", plural.Many: "many"}

// maxKeyDepth bounds how deep keys are nested.
const maxKeyDepth = 10

// catalogue reads locales/TAG.yaml.
func (s *sources) catalogue(base string, f *source.File, r *source.Report) {
	tag := strings.TrimSuffix(base, ".yaml")
	switch {
	case tag == base || !isTag(tag):
		r.File(f.Name, "this is not the name of a catalogue", "call it "+wordsDir+"/de.yaml or "+wordsDir+"/de-AT.yaml, after its language")
		return
	case tag != canonicalTag(tag):
		r.File(f.Name, "this is not how a language is named", "call it "+wordsDir+"/"+canonicalTag(tag)+".yaml")
		return
	}
	c := &catalogue{tag: tag, file: f, lang: language.Make(tag), phrases: map[string]*phrase{}}
	s.words[tag] = c
	n := f.YAML(r)
	if n == nil {
		return
	}
	if n.Kind != source.Map {
		r.At(f, n.Place, "a catalogue must be a mapping, not "+n.Kind.String(), "write cart: and below it title: Your cart")
		return
	}
	c.read("", n, 1, r)
}

// read reads the texts below a node, whose key is prefix.
func (c *catalogue) read(prefix string, n *source.Node, depth int, r *source.Report) {
	for _, p := range n.Pairs {
		key := prefix + p.Key
		switch {
		case strings.Contains(p.Key, ".") || strings.TrimSpace(p.Key) == "":
			r.At(c.file, p.At, "a key is one word: dots join the keys of nested mappings", "write the part behind the dot on a line of its own below")
		case p.Value.Kind == source.Text:
			c.add(key, &phrase{node: p.Value, forms: [6]wording{plural.Other: parseWording(p.Value.Value)}})
		case p.Value.Kind == source.Map && p.Value.Get("other") != nil && isPlural(p.Value):
			c.add(key, c.numbered(p.Value, r))
		case p.Value.Kind == source.Map && depth < maxKeyDepth:
			c.read(key+".", p.Value, depth+1, r)
		case p.Value.Kind == source.Number || p.Value.Kind == source.Bool:
			r.At(c.file, p.Value.Place, key+" must be a text, not "+p.Value.Kind.String(), "put it in quotes")
		default:
			r.At(c.file, p.At, key+" must be a text or a mapping of texts, not "+p.Value.Kind.String(), "")
		}
	}
}

func (c *catalogue) add(key string, p *phrase) {
	c.phrases[key] = p
	c.keys = append(c.keys, key)
}

// isPlural reports whether all keys are kinds of numbers.
func isPlural(n *source.Node) bool {
	return !slices.ContainsFunc(n.Pairs, func(p source.Pair) bool { return !slices.Contains(formNames, p.Key) || p.Value.Kind != source.Text })
}

// numbered reads a text for each kind of number, and warns where the language has more kinds.
func (c *catalogue) numbered(n *source.Node, r *source.Report) *phrase {
	out := &phrase{node: n, plural: true}
	for form, name := range formNames {
		if text := n.Get(name); text != nil {
			out.forms[form] = parseWording(text.Value)
		}
	}
	for k := range 200 {
		form := plural.Cardinal.MatchPlural(c.lang, k, 0, 0, 0, 0)
		if n.Get(formNames[form]) == nil {
			r.Warn(c.file, n.Place, "in this language, numbers such as "+itoa(k)+" have a form of their own, "+formNames[form]+":, which is missing", "add "+formNames[form]+":")
			break
		}
	}
	return out
}

func parseWording(text string) wording {
	w := wording{}
	at := 0
	for _, m := range gapForm.FindAllStringSubmatchIndex(text, -1) {
		if m[0] > at {
			w = append(w, piece{text: text[at:m[0]]})
		}
		w = append(w, piece{gap: text[m[2]:m[3]]})
		at = m[1]
	}
	if at < len(text) {
		w = append(w, piece{text: text[at:]})
	}
	return w
}

// gaps are the names that a phrase asks for, each once.
func (p *phrase) gaps() []string {
	var all []string
	if p.plural {
		all = append(all, "count")
	}
	for _, w := range p.forms {
		for _, piece := range w {
			if piece.gap != "" && !slices.Contains(all, piece.gap) {
				all = append(all, piece.gap)
			}
		}
	}
	return all
}

// wording is the text for a number, as it is written; "" for none.
func (c *catalogue) wording(p *phrase, number string) wording {
	if !p.plural {
		return p.forms[plural.Other]
	}
	if w := p.forms[formOf(c.lang, number)]; w != nil {
		return w
	}
	return p.forms[plural.Other]
}

// formOf is the kind of a number written in digits, by CLDR's operands: i is the number before the point, v and w are how
// many digits stand behind it, with and without zeros at the end, f and t those digits.
func formOf(lang language.Tag, number string) plural.Form {
	whole, fraction, _ := strings.Cut(strings.TrimPrefix(number, "-"), ".")
	short := strings.TrimRight(fraction, "0")
	return plural.Cardinal.MatchPlural(lang, tail(whole), len(fraction), len(short), tail(fraction), tail(short))
}

// tail is the number of the last digits, which are all that rules ask about; for larger ones a million stands for the rest.
func tail(digits string) int {
	const kept = 6
	n := 0
	for i := max(0, len(digits)-kept); i < len(digits); i++ {
		if d := digits[i]; d >= '0' && d <= '9' {
			n = n*10 + int(d-'0')
		}
	}
	if len(digits) > kept {
		n += 1_000_000
	}
	return n
}
