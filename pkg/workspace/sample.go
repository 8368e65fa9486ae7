package workspace

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"rapport/pkg/event"
	"rapport/pkg/journey"
	"rapport/pkg/message"
	"rapport/pkg/render"
	"rapport/pkg/workspace/source"
)

// try renders each message that an order can lead to for a customer about whom next to
// nothing is known, so that a template that counts on a first name fails here and not for
// the one customer in fifty who gave none. Journeys that begin with other events are left
// out: what properties those have is not known.
func try(s *Snapshot, r *source.Report) {
	for _, d := range s.journeys {
		if d.Enter.On == event.OrderCompleted || d.Enter.On == event.OrderRefunded {
			trySteps(s, d, d.Steps, r)
		}
	}
}

func trySteps(s *Snapshot, d *journey.Definition, steps []journey.Step, r *source.Report) {
	for _, step := range steps {
		switch {
		case step.Send != nil:
			for _, what := range step.Sends() {
				trySend(s, barest(d, step.ID, what), r)
			}
		case step.Recommend != nil:
			trySteps(s, d, step.Recommend.Otherwise, r)
		case step.Branch != nil:
			for _, c := range step.Branch.Cases {
				trySteps(s, d, c.Steps, r)
			}
		case step.Split != nil:
			for _, a := range step.Split.Arms {
				trySteps(s, d, a.Steps, r)
			}
		case step.Wait != nil:
			for _, e := range step.Wait.Events {
				trySteps(s, d, e.Steps, r)
			}
			trySteps(s, d, step.Wait.Otherwise, r)
		}
	}
}

// trySend renders one message for the customer about whom least is known, in each language that messages are in.
func trySend(s *Snapshot, c *message.Command, r *source.Report) {
	for _, tag := range append([]string{""}, s.messages.Languages()...) {
		c.Locale = tag
		tryOne(s, c, r)
	}
}

func tryOne(s *Snapshot, c *message.Command, r *source.Report) {
	var err error
	switch c.Channel {
	case message.Email:
		_, err = s.Mail(context.Background(), c)
	case message.SMS:
		_, err = s.SMS(context.Background(), c)
	case message.WhatsApp:
		_, err = s.WhatsApp(context.Background(), c)
	case message.Webhook:
		_, err = s.Webhook(context.Background(), c)
	}
	var re *render.Error
	if !errors.As(err, &re) {
		return
	}
	hint := re.Hint
	if hint == "" {
		hint = `give it a default, such as {{ profile.first_name | default: "there" }}, or ask with if`
	}
	text := re.Message + ", for a customer of whom only the order is known"
	if f := s.messages.File(re.File); f != nil {
		r.At(f, source.Place{Line: re.Line, Col: re.Col, Width: re.Width}, text, hint)
		return
	}
	r.File(re.File, text, hint)
}

// barest is the message of an order that says as little as an order may.
func barest(d *journey.Definition, step string, send *journey.Send) *message.Command {
	at := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	vars, _ := json.Marshal(map[string]any{ // of texts and numbers; cannot fail
		"profile": map[string]any{
			"id":     "customer",
			"orders": map[string]any{"count": 1, "total": "20.00", "last_at": at, "last_id": "1"},
		},
		"trigger":         map[string]any{"order_id": "1", "total": "20.00", "products": []any{map[string]any{"product_id": "1"}}},
		"recommendations": []any{map[string]any{"id": "2"}, map[string]any{"id": "3"}},
	})
	return &message.Command{
		ID: strings.Repeat("0", 32), Profile: "customer", Journey: d.Name, Version: d.Version, Step: step,
		Channel: send.Channel, Category: d.Category, Template: send.Template, DecidedAt: at, Vars: vars,
	}
}
