package portal

import (
	"embed"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
)

//go:embed assets
var assets embed.FS

// language is the words of the pages in one language.
type language struct {
	tag    string // "de"
	words  map[string]string
	months []string
}

// fallback is the language that every text is there in.
const fallback = "en"

// readLanguages reads assets/lang, by tag.
func readLanguages() (map[string]*language, error) {
	files, err := fs.Glob(assets, "assets/lang/*.yaml")
	if err != nil {
		return nil, fmt.Errorf("find the languages: %w", err)
	}
	all := map[string]*language{}
	for _, file := range files {
		raw, err := assets.ReadFile(file)
		if err != nil {
			return nil, fmt.Errorf("read a language: %w", err)
		}
		l := &language{tag: strings.TrimSuffix(file[strings.LastIndexByte(file, '/')+1:], ".yaml")}
		if err := yaml.Unmarshal(raw, &l.words); err != nil {
			return nil, fmt.Errorf("read %s: %w", file, err)
		}
		l.months = strings.Fields(l.words["months"])
		all[l.tag] = l
	}
	return all, nil
}

// say is the text of a key, with the arguments where it has %s. A key that is not there is a mistake of
// ours, which tests find.
func (l *language) say(key string, args ...any) (string, error) {
	text, ok := l.words[key]
	if !ok {
		return "", fmt.Errorf("the language %s has no text %q", l.tag, key)
	}
	if len(args) == 0 {
		return text, nil
	}
	// A shop called "Linden & Co." at the end of a sentence would end it twice.
	return strings.ReplaceAll(fmt.Sprintf(text, args...), "..", "."), nil
}

// date writes a day out.
func (l *language) date(t time.Time) string {
	return fmt.Sprintf(l.words["date"], t.Day(), l.months[t.Month()-1], t.Year())
}

// choose is the first language that there is of: the person's locale, what the browser accepts, the shop's locale.
func choose(all map[string]*language, person, accepts, shop string) *language {
	for _, tag := range slices.Concat([]string{person}, acceptable(accepts), []string{shop, fallback}) {
		if l := all[primary(tag)]; l != nil {
			return l
		}
	}
	return all[fallback]
}

// primary is the language of a tag: "de" of "de-AT" and "de_AT" (RFC 5646, 2.1).
func primary(tag string) string {
	tag, _, _ = strings.Cut(strings.ReplaceAll(strings.ToLower(strings.TrimSpace(tag)), "_", "-"), "-")
	return tag
}

// maxAccepted bounds how many languages of one browser are looked at.
const maxAccepted = 20

// acceptable are the tags of an Accept-Language header, the best first (RFC 9110, 12.5.4).
func acceptable(header string) []string {
	type wish struct {
		tag    string
		weight float64
	}
	var wishes []wish
	for item := range strings.SplitSeq(header, ",") {
		tag, params, _ := strings.Cut(item, ";")
		w := wish{strings.TrimSpace(tag), 1}
		if q, ok := strings.CutPrefix(strings.TrimSpace(params), "q="); ok {
			var err error
			if w.weight, err = strconv.ParseFloat(q, 64); err != nil {
				continue
			}
		}
		if w.tag != "" && w.weight > 0 && len(wishes) < maxAccepted {
			wishes = append(wishes, w)
		}
	}
	slices.SortStableFunc(wishes, func(a, b wish) int {
		switch {
		case a.weight > b.weight:
			return -1
		case a.weight < b.weight:
			return 1
		}
		return 0
	})
	tags := make([]string, len(wishes))
	for i, w := range wishes {
		tags[i] = w.tag
	}
	return tags
}

// text is what a purpose is called for somebody who reads a language.
func (p *Purpose) text(language, shop string) Text {
	for _, tag := range []string{language, primary(shop), fallback} {
		for _, have := range slices.Sorted(maps.Keys(p.Texts)) {
			text := p.Texts[have]
			if primary(have) == tag && text.Title != "" {
				return text
			}
		}
	}
	return Text{Title: p.Name}
}
