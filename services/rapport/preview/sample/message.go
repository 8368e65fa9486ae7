package sample

import (
	"cmp"
	"slices"
	"strings"

	"rapport/pkg/journey"
	"rapport/pkg/message"
	"rapport/pkg/workspace"
)

// Message is one that a step of a journey sends, or a template that no journey uses.
type Message struct {
	Channel  message.Channel
	Template string
	// Journey and Step are empty when no journey sends it. Title is the journey's, or its name.
	Journey, Title, Step string
	Version              string // of the journey
	Category             message.Category
	Purpose              string // what people must have agreed to; empty: the category's own name
	Survey               string // the name of the question that it asks; empty: none
	Instead              bool   // it goes where another message of the step may not
}

// Name is the template with its channel: "email/thank-you".
func (m Message) Name() string { return string(m.Channel) + "/" + m.Template }

// Key names the message among those of a workspace: "email/thank-you@thank-you.thanks".
func (m Message) Key() string {
	if m.Journey == "" {
		return m.Name()
	}
	return m.Name() + "@" + m.Journey + "." + m.Step
}

// Messages are those of a workspace: by journey and in the order of its steps, then the templates that no journey uses.
func Messages(snap *workspace.Snapshot) []Message {
	var all []Message
	used := map[string]bool{}
	for _, d := range snap.Journeys() {
		journey.Walk(d.Steps, func(s *journey.Step) {
			for _, m := range sent(d, s) {
				used[m.Name()] = true
				all = append(all, m)
			}
		})
	}
	for _, c := range message.Channels() {
		for _, name := range snap.Templates(c) {
			if m := (Message{Channel: c, Template: name, Category: message.Marketing}); !used[m.Name()] {
				all = append(all, m)
			}
		}
	}
	return all
}

// sent are the messages of a step.
func sent(d *journey.Definition, s *journey.Step) []Message {
	m := Message{Journey: d.Name, Title: cmp.Or(d.Title, d.Name), Step: s.ID, Version: d.Version, Category: d.Category, Purpose: d.Purpose}
	if s.Survey != nil {
		m.Survey = s.Survey.Name
	}
	var all []Message
	for i, what := range s.Sends() {
		m.Channel, m.Template, m.Instead = what.Channel, what.Template, i > 0
		all = append(all, m)
	}
	return all
}

// Find is the message of a key, or the first of a name; ok is false when there is none.
func Find(all []Message, key string) (m Message, ok bool) {
	i := slices.IndexFunc(all, func(m Message) bool { return m.Key() == key })
	if i < 0 {
		name, _, _ := strings.Cut(key, "@")
		i = slices.IndexFunc(all, func(m Message) bool { return m.Name() == name })
	}
	if i < 0 {
		return Message{}, false
	}
	return all[i], true
}
