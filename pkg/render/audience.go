package render

import (
	"strings"

	"rapport/pkg/liquid"
	"rapport/pkg/message"
)

// audience is who a message is for, as far as that changes how things are written.
type audience struct {
	amounts *amounts
	words   []*catalogue
}

// amounts is how amounts are written for a locale, in HTML and in plain text.
type amounts struct{ html, plain *locale }

func allAmounts() map[string]*amounts {
	all := map[string]*amounts{}
	for _, l := range table {
		all[l.tag] = &amounts{l, l.plain()}
	}
	return all
}

// edition is that of the language of a audience; the shop's where nothing is written in it.
func (s *Set) edition(wanted string) *edition {
	if len(s.editions) == 0 || wanted == "" {
		return s.home
	}
	if e := s.editions[wanted]; e != nil {
		return e
	}
	tag := canonicalTag(wanted)
	for tag != "" {
		if e := s.editions[tag]; e != nil {
			return e
		}
		tag = tag[:max(0, strings.LastIndexByte(tag, '-'))]
	}
	return s.home
}

// mail is the e-mail of a command, in the language of its audience if it is in it; nil when there is none of the name.
func (s *Set) mail(c *message.Command) (*mail, *edition) {
	e := s.edition(c.Locale)
	if m := e.mails[c.Template]; m != nil {
		return m, e
	}
	return s.home.mails[c.Template], s.home
}

// text is that of a text message, likewise.
func (s *Set) text(c *message.Command, channel message.Channel) (*liquid.Template, *edition) {
	e := s.edition(c.Locale)
	if t := e.texts[channel][c.Template]; t != nil {
		return t, e
	}
	return s.home.texts[channel][c.Template], s.home
}

// speak tells a message and its filters in which language it is.
func (s *Set) speak(c *message.Command, e *edition, vars map[string]any) liquid.RenderOption {
	country := localeFor(c.Locale, s.shop.Locale)
	dates := country
	if languageOf(country) != languageOf(e.lang) {
		if dates = localeFor(e.lang, s.shop.Locale); languageOf(dates) != languageOf(e.lang) {
			dates = "" // English names
		}
	}
	vars["shop"] = s.ofShop
	vars["language"], vars["direction"] = e.lang, direction(e.lang)
	if m, ok := vars["message"].(map[string]any); ok {
		m["language"], m["locale"] = e.lang, country
	}
	zone := s.zoneOf(c)
	return liquid.Within(&liquid.Setting{
		Now: c.DecidedAt.In(zone), Zone: zone, Globals: vars, Calendar: calendars[dates],
		Attached: &audience{amounts: s.amounts[country], words: e.words},
	})
}
