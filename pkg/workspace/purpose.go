package workspace

import (
	"regexp"
	"slices"

	"rapport/pkg/condition/spelling"
	"rapport/pkg/message"
	"rapport/pkg/policy"
	"rapport/pkg/workspace/source"
)

// purposeName is how purposes are called: conditions name them.
var purposeName = regexp.MustCompile(`^[a-z][a-z0-9_-]{0,62}$`)

// locale is a language and perhaps a country or script (BCP 47), as in templates.
var locale = regexp.MustCompile(`^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$`)

// purposes reads what people can agree to: a list of names, or names with what they are called
// where people choose.
func (r *reader) purposes(n *source.Node) ([]string, map[string]policy.Title) {
	if n == nil || n.Kind != source.Map {
		return r.purposeList(n), nil
	}
	var names []string
	titles := map[string]policy.Title{}
	for _, p := range n.Pairs {
		r.purposeName(n.File, p.At, p.Key)
		names = append(names, p.Key)
		if p.Value.Kind == source.Null || !r.Fields(p.Value, p.Key, source.Keys{Known: []string{"title", "description"}}) {
			continue
		}
		t := policy.Title{
			Title: r.localised(p.Value.Get("title"), "title"), Description: r.localised(p.Value.Get("description"), "description"),
		}
		if t.Title != nil || t.Description != nil {
			titles[p.Key] = t
		}
	}
	return names, titles
}

func (r *reader) purposeList(n *source.Node) []string {
	var names []string
	for _, item := range items(n, "purposes", "a name, such as product-news", r.Report) {
		name := r.Text(item, "a purpose")
		if name != "" {
			r.purposeName(item.File, item.Place, name)
		}
		names = append(names, name)
	}
	return names
}

func (r *reader) purposeName(f *source.File, at source.Place, name string) {
	if !purposeName.MatchString(name) {
		r.At(f, at, name+" cannot be the name of a purpose", "use small letters, digits and hyphens, such as product-news")
	}
}

// localised reads a text for each locale, {en: News, de: Neues}, or one for all, which is
// kept under the empty locale.
func (r *reader) localised(n *source.Node, what string) map[string]string {
	switch {
	case n == nil:
		return nil
	case n.Kind != source.Map:
		return map[string]string{"": r.Text(n, what)}
	}
	texts := map[string]string{}
	for _, p := range n.Pairs {
		if !locale.MatchString(p.Key) {
			r.At(n.File, p.At, p.Key+" is no locale", "write a language, such as de, or a language and a country, such as de-AT")
		}
		texts[p.Key] = r.Text(p.Value, what+" in "+p.Key)
	}
	return texts
}

// doubleOptIn reads which consents have to be confirmed: {email: [marketing]}.
func (r *reader) doubleOptIn(n *source.Node, purposes []string) map[message.Channel][]string {
	asked := []string{string(message.Email), string(message.SMS), string(message.WhatsApp)}
	if n == nil || !r.Fields(n, "double_opt_in", source.Keys{Known: asked}) {
		return nil
	}
	all := map[message.Channel][]string{}
	for _, p := range n.Pairs {
		if !slices.Contains(asked, p.Key) {
			continue // said already
		}
		list := []*source.Node{p.Value}
		if p.Value.Kind != source.Text {
			list = items(p.Value, p.Key, "a purpose, such as marketing", r.Report)
		}
		for _, item := range list {
			name := r.Text(item, "a purpose")
			if name != "" && len(purposes) > 0 && !slices.Contains(purposes, name) {
				r.At(item.File, item.Place, "nobody can agree to "+name, spelling.DidYouMean(name, purposes))
			}
			all[message.Channel(p.Key)] = append(all[message.Channel(p.Key)], name)
		}
	}
	return all
}

// writeLess reads what people get who asked for fewer messages.
func (r *reader) writeLess(n *source.Node) *policy.Limit {
	if n == nil || !r.Fields(n, "write_less", source.Keys{Known: []string{"at_most", "per"}}) {
		return nil
	}
	l := policy.DefaultWriteLess()
	l.AtMost = r.Int(n.Get("at_most"), "at_most", 1, maxCap, l.AtMost)
	if per := n.Get("per"); per != nil {
		l.Per = r.Duration(per, "per")
	}
	return &l
}
