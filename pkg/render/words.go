package render

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"rapport/pkg/condition/spelling"
	"rapport/pkg/liquid"
	"rapport/pkg/workspace/source"
)

// wordUse is one text that a template asks the catalogues for.
type wordUse struct {
	key   string
	named []string
	at    *Error // its place
}

// checkWords holds the templates to the catalogues: texts that nobody wrote are mistakes, those that one language lacks
// and those that nothing asks for are worth a warning.
func (s *Set) checkWords(c *compilation, r *source.Report) {
	uses, computed := s.wordUses(c)
	told := map[string]bool{}
	for _, u := range uses {
		if found := s.checkWord(u, r); found && !told[u.key] {
			told[u.key] = true
			s.lacking(u, r)
		}
	}
	if computed {
		return // any text may be the one
	}
	for _, tag := range slices.Sorted(maps.Keys(s.sources.words)) {
		words := s.sources.words[tag]
		for _, key := range words.keys {
			if !slices.ContainsFunc(uses, func(u wordUse) bool { return u.key == key }) {
				n := words.phrases[key].node
				r.Warn(words.file, n.Place, "no template asks for "+key, "take it away")
			}
		}
	}
}

// wordUses are all calls of the filter t, sorted by place, and whether there is one whose key is computed.
func (s *Set) wordUses(c *compilation) (uses []wordUse, computed bool) {
	seen := map[string]bool{}
	for _, key := range slices.Sorted(maps.Keys(c.parsed)) {
		t := c.parsed[key]
		if t == nil {
			continue
		}
		for _, u := range t.FilterUses("t") {
			at := fmt.Sprintf("%s:%08d:%08d", u.Template, u.Line, u.Col)
			if seen[at] {
				continue
			}
			seen[at] = true
			if !u.Fixed {
				computed = true
				continue
			}
			e := s.sources.place(&liquid.Error{Template: u.Template, Line: u.Line, Col: u.Col})
			e.Width = len([]rune(u.Input)) + 2 // with its quotes
			uses = append(uses, wordUse{u.Input, u.Named, e})
		}
	}
	slices.SortFunc(uses, func(a, b wordUse) int {
		return cmp.Or(cmp.Compare(a.at.File, b.at.File), cmp.Compare(a.at.Line, b.at.Line), cmp.Compare(a.at.Col, b.at.Col))
	})
	return uses, computed
}

// checkWord reports a text that some reader would miss, and what it needs that the template does not give.
func (s *Set) checkWord(u wordUse, r *source.Report) bool {
	if c, p := find(s.home.words, u.key); p == nil {
		u.at.Message, u.at.Hint = "no catalogue has the text "+u.key, s.remedyForWord(u.key)
		if others := s.having(u.key); len(others) > 0 {
			u.at.Message = fmt.Sprintf("the text %s is in %s, and those who read another language have none", u.key, strings.Join(others, ", "))
			u.at.Hint = "add it to " + s.homeFile()
		}
		s.sources.report(u.at, r)
		return false
	} else if missing := lacks(p, u.named); missing != "" {
		s.needs(u, c, missing, r)
		return true
	}
	for _, tag := range slices.Sorted(maps.Keys(s.sources.words)) {
		words := s.sources.words[tag]
		if p := words.phrases[u.key]; p != nil {
			if missing := lacks(p, u.named); missing != "" {
				s.needs(u, words, missing, r)
				break
			}
		}
	}
	return true
}

func (s *Set) needs(u wordUse, c *catalogue, gap string, r *source.Report) {
	u.at.Message = fmt.Sprintf("the text %s of %s needs %s", u.key, c.file.Name, gap)
	u.at.Hint = fmt.Sprintf("write {{ %q | t: %s: ... }}", u.key, gap)
	s.sources.report(u.at, r)
}

// lacks is the first gap of a phrase that is not among what is given; "" when all are.
func lacks(p *phrase, given []string) string {
	for _, gap := range p.gaps() {
		if !slices.Contains(given, gap) {
			return gap
		}
	}
	return ""
}

// lacking warns of languages whose readers get a text in another one.
func (s *Set) lacking(u wordUse, r *source.Report) {
	var files []string
	for _, tag := range slices.Sorted(maps.Keys(s.sources.words)) {
		own := slices.DeleteFunc(slices.Clone(s.editions[tag].words), func(c *catalogue) bool { return languageOf(c.tag) != languageOf(tag) })
		if languageOf(tag) == languageOf(s.shop.Locale) {
			continue // the shop's own, which has it
		}
		if _, p := find(own, u.key); p == nil && tag == languageOf(tag) {
			files = append(files, s.sources.words[tag].file.Name)
		}
	}
	if f := s.sources.files[u.at.File]; f != nil && len(files) > 0 {
		c, _ := find(s.home.words, u.key)
		r.Warn(f, source.Place{Line: u.at.Line, Col: u.at.Col, Width: u.at.Width}, fmt.Sprintf("the text %s is missing in %s; its readers get that of %s", u.key, strings.Join(files, ", "), c.file.Name), "add it there")
	}
}

// having are the catalogues that have a text.
func (s *Set) having(key string) []string {
	var files []string
	for _, tag := range slices.Sorted(maps.Keys(s.sources.words)) {
		if s.sources.words[tag].phrases[key] != nil {
			files = append(files, s.sources.words[tag].file.Name)
		}
	}
	return files
}

func (s *Set) remedyForWord(key string) string {
	if hint := spelling.DidYouMean(key, keysOf(s.home.words)); hint != "" {
		return hint
	}
	return "add it to " + s.homeFile()
}

// homeFile is the catalogue of the shop's own language, which may be yet to write.
func (s *Set) homeFile() string {
	if len(s.home.words) > 0 {
		return s.home.words[0].file.Name
	}
	return wordsDir + "/" + languageOf(s.shop.Locale) + ".yaml"
}
