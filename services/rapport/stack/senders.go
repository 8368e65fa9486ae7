package stack

import (
	"context"
	"fmt"
	"slices"

	"rapport/pkg/bus"
	"rapport/pkg/message"
	"rapport/pkg/policy"
)

// sendersGroup is all processes that send, on whatever channel.
const sendersGroup = "sender"

// senders joins the groups of those who send, and returns how many processes share what a
// throttle allows. A store of its own is one process's, so that nobody else sends: nil then.
//
// Lists of members differ for a moment when somebody comes, so that a throttle may be
// exceeded by a tenth of a share then; a process that dies leaves its share unused until it
// is missed.
func (s *Stack) senders(ctx context.Context) (func(policy.Throttle) int, error) {
	workers := slices.DeleteFunc([]string{"mailer", "texter", "caller"}, func(name string) bool { return !s.cfg.runs(name) })
	if s.cfg.StoreURL == "" || len(workers) == 0 {
		return nil, nil
	}
	name, groups := random(), map[string]*bus.Members{}
	for _, group := range append(workers, sendersGroup) {
		m, err := bus.Join(ctx, s.JS, bus.MembersOptions{Group: group, Name: name, Logger: s.cfg.Logger.With("component", group)})
		if err != nil {
			return nil, fmt.Errorf("join the other workers: %w", err)
		}
		groups[group] = m
		s.opened("membership", m.Leave)
	}
	return func(r policy.Throttle) int {
		group := sendersGroup
		switch {
		case r.Channel == message.Email, r.Domain != "", r.Provider == "smtp":
			group = "mailer"
		case r.Channel == message.SMS, r.Channel == message.WhatsApp, r.Provider == "twilio":
			group = "texter"
		case r.Channel == message.Webhook:
			group = "caller"
		}
		if m := groups[group]; m != nil {
			return m.Count()
		}
		return 1 // Nothing that is sent here falls under the rule.
	}, nil
}
