package sample

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"sync"
	"time"

	"rapport/pkg/message"
	"rapport/pkg/rehearsal/script"
	"rapport/pkg/workspace"
)

// Book is the messages and the sample people of one state of a workspace. It is safe for use by many goroutines.
type Book struct {
	Snapshot *workspace.Snapshot
	Messages []Message
	// Problems are what is wrong with samples and tests, whose people are missing then.
	Problems workspace.Problems

	built, own []Person
	tests      []*script.Test
	mu         sync.Mutex
	sent       map[string][]scene // by journey: what its tests let people get
}

// scene is a message that a test led to.
type scene struct {
	command message.Command
	person  Person
}

// Open makes the book of a snapshot; samples and tests are in files, which are those of the workspace.
func Open(snap *workspace.Snapshot, files fs.FS) *Book {
	b := &Book{Snapshot: snap, Messages: Messages(snap), built: BuiltIn(snap.Shop()), sent: map[string][]scene{}}
	b.own, b.Problems = read(files)
	tests, err := script.Read(files, snap)
	if err != nil {
		b.Problems = append(b.Problems, workspace.Problem{
			File: script.Dir, Message: "the tests have mistakes, so that the people in them are not among the samples", Hint: "see `rapport test`", Warning: true,
		})
	}
	b.tests = tests
	return b
}

// People are those that a message can be rendered for: the shop's own, the ones built in, and those of its journey's tests.
func (b *Book) People(ctx context.Context, m Message) []Person {
	all := slices.Concat(b.built, b.own)
	for _, s := range b.scenes(ctx, m.Journey) {
		if s.of(m) && !slices.ContainsFunc(all, func(p Person) bool { return p.Name == s.person.Name }) {
			all = append(all, s.person)
		}
	}
	return all
}

// of reports whether a message is the one that a test led to.
func (s scene) of(m Message) bool {
	c := &s.command
	return c.Journey == m.Journey && c.Step == m.Step && c.Channel == m.Channel && c.Template == m.Template
}

// mostTests bounds how many tests of a journey are run for their people.
const mostTests = 40

// scenes are what the tests of a journey lead to. They are run once.
func (b *Book) scenes(ctx context.Context, journey string) []scene {
	b.mu.Lock()
	defer b.mu.Unlock()
	if all, known := b.sent[journey]; known || journey == "" {
		return all
	}
	var all []scene
	ran := 0
	for _, t := range b.tests {
		if t.Journey != journey || ran == mostTests {
			continue
		}
		ran++
		for _, c := range script.Run(ctx, b.Snapshot, t).Sent {
			all = append(all, scene{c, Person{
				Name: fmt.Sprintf("%s:%d", t.File, t.Line), Title: t.Name, Locale: c.Locale, Timezone: c.Timezone, Email: c.To, whole: c.Vars,
			}})
		}
	}
	if ctx.Err() == nil { // else some may be missing
		b.sent[journey] = all
	}
	return all
}

// Command is what the orchestrator would decide for a person. An empty locale is the person's own.
func (b *Book) Command(ctx context.Context, m Message, p Person, locale string, at time.Time) *message.Command {
	c := &message.Command{
		ID: message.ID("sample", m.Key()+" "+p.Name, 0), Profile: "sample", Journey: m.Journey, Version: m.Version, Instance: "sample", Step: m.Step,
		Channel: m.Channel, Category: m.Category, Purpose: m.Purpose, Template: m.Template, To: p.Email, Locale: p.Locale, Timezone: p.Timezone, DecidedAt: at,
	}
	if m.Channel == message.SMS || m.Channel == message.WhatsApp {
		c.To = p.Phone
	}
	if locale != "" {
		c.Locale = locale
	}
	if c.Vars = p.whole; p.whole != nil {
		scenes := b.scenes(ctx, m.Journey)
		if i := slices.IndexFunc(scenes, func(s scene) bool { return s.of(m) && s.person.Name == p.Name }); i >= 0 {
			c.Vars = scenes[i].command.Vars
		}
		return c
	}
	c.Vars = b.vars(ctx, m, p)
	return c
}

// vars are the variables for somebody who is built in, or the shop's own.
func (b *Book) vars(ctx context.Context, m Message, p Person) json.RawMessage {
	fallback := b.built[0]
	vars := map[string]json.RawMessage{"profile": p.Profile, "trigger": p.Trigger, "recommendations": p.Recommendations, "survey": p.Survey}
	for name, usual := range map[string]json.RawMessage{
		"profile": text(object{"id": strings.TrimSuffix(p.Name, ".json")}), "trigger": fallback.Trigger, "recommendations": fallback.Recommendations,
	} {
		if vars[name] == nil {
			vars[name] = usual
		}
	}
	if vars["survey"] == nil {
		vars["survey"] = text(object{"name": m.Survey})
	}
	scenes := b.scenes(ctx, m.Journey)
	if i := slices.IndexFunc(scenes, func(s scene) bool { return s.of(m) }); i >= 0 {
		var known struct {
			Trigger map[string]json.RawMessage `json:"trigger"`
		}
		var trigger map[string]json.RawMessage
		if json.Unmarshal(scenes[i].command.Vars, &known) == nil && json.Unmarshal(vars["trigger"], &trigger) == nil {
			for name, value := range trigger {
				if known.Trigger == nil {
					known.Trigger = map[string]json.RawMessage{}
				}
				known.Trigger[name] = value
			}
			vars["trigger"] = text(known.Trigger)
		}
	}
	return text(vars)
}
