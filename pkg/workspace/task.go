package workspace

import (
	"fmt"
	"slices"
	"strings"

	"rapport/pkg/condition"
	"rapport/pkg/journey"
	"rapport/pkg/workspace/source"
)

// tasks reads task: {title, note, assignee}, texts for people in which {{ expressions }}
// may stand. Without an assignee it is for the profile's account manager.
func (r *reader) tasks(_, n *source.Node, _ string, s *journey.Step) {
	s.Task = &journey.Task{}
	if n.Kind == source.Text {
		s.Task.Title = r.phrase(n)
	} else if !r.Fields(n, "task", source.Keys{Known: []string{"title", "note", "assignee"}}) {
		return
	} else if r.required(n, "title", "say what there is to do: title: Call about the complaint") {
		s.Task.Title, s.Task.Note, s.Task.Assignee = r.phrase(n.Get("title")), r.phrase(n.Get("note")), r.phrase(n.Get("assignee"))
	}
	if s.Task.Assignee == nil {
		s.Task.Assignee, _ = condition.CompileExpr("profile.account_manager", r.inside()) // it compiles everywhere
	}
}

const maxPhrase = 2000 // bytes

// phrase is a text with expressions in it; it implements journey.Expr.
type phrase struct {
	src   string
	parts []part
}

// part is some of a phrase: a text as it stands, or a value.
type part struct {
	text  string
	value journey.Value // nil: text
}

func (p *phrase) String() string { return p.src }

// Value is the text for the scope. A missing value leaves nothing behind.
func (p *phrase) Value(s *journey.Scope) (any, error) {
	var b strings.Builder
	for _, one := range p.parts {
		text := one.text
		if one.value != nil {
			var err error
			if text, err = one.value.Text(s); err != nil {
				return nil, err
			}
		}
		b.WriteString(text)
	}
	return strings.TrimSpace(b.String()), nil
}

// phrase reads a text for people; nil when n is missing.
func (r *reader) phrase(n *source.Node) journey.Expr {
	if n == nil {
		return nil
	}
	p := &phrase{src: r.Text(n, "a text for people")}
	if len(p.src) > maxPhrase {
		r.At(n.File, n.Place, fmt.Sprintf("the text has %d bytes, at most %d are allowed", len(p.src), maxPhrase), "shorten it")
		return nil
	}
	rest, offset := p.src, 0
	for rest != "" {
		before, after, opens := strings.Cut(rest, "{{")
		if before != "" {
			p.parts = append(p.parts, part{text: before})
		}
		if !opens {
			break
		}
		src, behind, closes := strings.Cut(after, "}}")
		offset += len(before) + len("{{")
		if !closes {
			r.At(n.File, within(n, offset-2), "{{ is not closed", "end it with }}")
			return nil
		}
		one := *n
		lead := len(src) - len(strings.TrimLeft(src, " \t\n"))
		one.Value, one.Place = strings.TrimSpace(src), within(n, offset+lead)
		if v := r.value(&one, r.inside()); v != nil {
			p.parts = append(p.parts, part{value: v})
		}
		offset += len(src) + len("}}")
		rest = behind
	}
	return p
}

// within is the place of a byte of a node's text.
func within(n *source.Node, offset int) source.Place {
	before := n.Value[:offset]
	line := strings.Count(before, "\n") + 1
	return n.Within(line, len([]rune(before[strings.LastIndex(before, "\n")+1:]))+1, 1)
}

// emits reads emit: {type: NAME, data: {...}}, or emit: NAME.
func (r *reader) emits(_, n *source.Node, _ string, s *journey.Step) {
	s.Emit = &journey.Emit{}
	typ := n
	if n.Kind == source.Map {
		if !r.Fields(n, "emit", source.Keys{Known: []string{"type", "data"}}) || !r.required(n, "type", "name the event: type: trial.ended") {
			return
		}
		typ = n.Get("type")
		if data := n.Get("data"); data != nil && r.mapping(data, "data", "write data: {plan: profile.plan}") {
			s.Emit.Data = r.assignments(data, "a property")
		}
	}
	s.Emit.Type = r.eventType(typ)
	if about, _, _ := strings.Cut(s.Emit.Type, "."); slices.Contains(ownTypes(), s.Emit.Type) || slices.Contains(ownSubjects(), about) {
		r.At(n.File, typ.Place, "events of type "+s.Emit.Type+" come from Rapport itself", "emit one of your own, such as trial.ended")
		s.Emit.Type = ""
	}
}

// ownSubjects are what only Rapport itself tells about.
func ownSubjects() []string {
	return []string{"message", "segment", "schedule", "date", "prediction", "loyalty", "clock", "profile", "email", "sms", "whatsapp", "webhook", "survey", "task", "consent", "preferences"}
}

// leaves reads leave: bought, leave: {reason: bought}, or leave: alone.
func (r *reader) leaves(_, n *source.Node, _ string, s *journey.Step) {
	s.Exit = &journey.Exit{Reason: r.reason(n, "left")}
}

// reason reads why somebody leaves; otherwise is what an empty one stands for.
func (r *reader) reason(n *source.Node, otherwise string) string {
	if n.Kind == source.Null {
		return otherwise
	}
	if n.Kind == source.Map {
		if !r.Fields(n, "leave", source.Keys{Known: []string{"reason"}}) || !r.required(n, "reason", "say why") {
			return ""
		}
		n = n.Get("reason")
	}
	return r.Text(n, "leave")
}
