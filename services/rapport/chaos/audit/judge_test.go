package audit_test

import (
	"slices"
	"testing"
	"time"

	"rapport/services/rapport/chaos/audit"
)

func at(second int) time.Time { return time.Date(2026, 3, 2, 9, 0, second, 0, time.UTC) }

// whole is the ledger of a small run in which nothing went wrong but one mail, which was
// taken, not answered, and taken again.
func whole() *audit.Ledger {
	return &audit.Ledger{
		Offers: []audit.Offer{
			{UID: "shop#a0", Profile: "ada", Type: "profile.identified", N: 0, Accepted: true},
			{UID: "shop#a1", Profile: "ada", Type: "order.completed", N: 1, Accepted: true},
			{UID: "shop#a2", Profile: "ada", Type: "order.completed", N: 2},
			{UID: "shop#a3", Profile: "ada", Type: "order.refunded", N: 3}, // never stored
		},
		Events: []audit.Stored{
			{Seq: 1, UID: "shop#a0", Profile: "ada", Type: "profile.identified"},
			{Seq: 2, UID: "shop#a1", Profile: "ada", Type: "order.completed", Order: "o1"},
			{Seq: 3, UID: "shop#a2", Profile: "ada", Type: "order.completed", Order: "o2"},
			{Seq: 4, UID: "m#1", At: at(9), Profile: "ada", Type: "message.sent", MessageID: "m1", Outcome: "sent"},
			{Seq: 5, UID: "m#2", At: at(9), Profile: "ada", Type: "message.sent", MessageID: "m2", Outcome: "sent"},
			{Seq: 6, UID: "shop#a1", Profile: "ada", Type: "order.completed", Order: "o1"},
		},
		Commands: []audit.Command{
			{Seq: 1, At: at(1), ID: "m1", Profile: "ada", Journey: "thanks", Order: "o1", Worker: "mailer"},
			{Seq: 2, At: at(1), ID: "m2", Profile: "ada", Journey: "thanks", Order: "o2", Worker: "mailer"},
		},
		Applied: []audit.Applied{
			{UID: "shop#a0", Profile: "ada", Type: "profile.identified", N: 1, Rows: 1},
			{UID: "shop#a1", Profile: "ada", Type: "order.completed", N: 2, Rows: 1},
			{UID: "shop#a2", Profile: "ada", Type: "order.completed", N: 3, Rows: 1},
			{UID: "m#1", Profile: "ada", Type: "message.sent", N: 4, Rows: 1},
			{UID: "m#2", Profile: "ada", Type: "message.sent", N: 5, Rows: 1},
		},
		Profiles: []audit.Profile{{ID: "ada", Orders: 2, Step: 0}},
		Messages: []audit.Message{
			{ID: "m1", Profile: "ada", Journey: "thanks", Channel: "email", Category: "transactional", Outcome: "sent"},
			{ID: "m2", Profile: "ada", Journey: "thanks", Channel: "email", Category: "transactional", Outcome: "sent", Resent: true},
		},
		HandOvers: []audit.HandOver{
			{Message: "m1", Worker: "mailer-1", Began: at(2), At: at(2), Accepted: true, Answered: true},
			{Message: "m2", Worker: "mailer-1", Began: at(3), At: at(3), Accepted: true},
			{Message: "m2", Worker: "mailer-2", Began: at(8), At: at(8), Accepted: true, Answered: true},
		},
		Broken:   []audit.Broken{{From: at(30), To: at(40), What: "kill -9 of mailer-1", Hits: []string{"mailer-1"}}},
		Expected: []audit.Expectation{{Type: "order.completed", Journey: "thanks", Ordered: true}},
		Shared:   []string{"n0", "postgres"},
	}
}

func TestNothingIsWrong(t *testing.T) {
	t.Parallel()
	v := audit.Judge(whole())
	if len(v.Violations) > 0 {
		t.Errorf("violations %v", v.Violations)
	}
	c := v.Counts
	if c.Offered != 4 || c.Accepted != 2 || c.Perhaps != 1 || c.Stored != 5 || c.Repeated != 1 || c.Applied != 5 || c.Decided != 2 ||
		c.Taken != 3 || c.Duplicates != 1 || c.Explained != 1 || c.Unanswered != 1 || c.Resent != 1 || c.Outcomes["sent"] != 2 {
		t.Errorf("counts %+v", c)
	}
}

// Each case doctors the ledger in one way; exactly these rules have to be reported.
func TestEachBreachIsReported(t *testing.T) {
	t.Parallel()
	silence := func(l *audit.Ledger) { l.HandOvers[1].Answered = true } // the server did answer
	tried := map[string]bool{}
	for name, c := range map[string]struct {
		doctor func(*audit.Ledger)
		rules  []string
	}{
		"an accepted event is not stored": {func(l *audit.Ledger) {
			l.Offers = append(l.Offers, audit.Offer{UID: "shop#b0", Profile: "bo", Type: "profile.identified", Accepted: true})
		}, []string{"applied", "stored"}},
		"a stored event is not applied": {func(l *audit.Ledger) {
			l.Applied = slices.Delete(l.Applied, 0, 1)
		}, []string{"applied"}},
		"an event is applied twice": {func(l *audit.Ledger) { l.Applied[1].Rows = 2 }, []string{"applied-once"}},
		"an order counts twice":     {func(l *audit.Ledger) { l.Profiles[0].Orders = 3 }, []string{"effects-once"}},
		"a profile is missing":      {func(l *audit.Ledger) { l.Profiles = nil }, []string{"effects-once"}},
		"an event is applied that is not stored": {func(l *audit.Ledger) {
			l.Applied = append(l.Applied, audit.Applied{UID: "shop#x", Profile: "ada", Type: "shelf.viewed", N: 9, Rows: 1})
		}, []string{"nothing-invented"}},
		"an event is stored that nobody told": {func(l *audit.Ledger) {
			l.Events = append(l.Events, audit.Stored{Seq: 7, UID: "shop#x", Profile: "ada", Type: "shelf.viewed"})
			l.Applied = append(l.Applied, audit.Applied{UID: "shop#x", Profile: "ada", Type: "shelf.viewed", N: 9, Rows: 1})
		}, []string{"nothing-invented"}},
		"an event is applied to another profile": {func(l *audit.Ledger) { l.Applied[0].Profile = "bo" }, []string{"nothing-invented"}},
		"a receipt of no message": {func(l *audit.Ledger) {
			l.Events = append(l.Events, audit.Stored{Seq: 7, UID: "m#9", Profile: "ada", Type: "message.sent", MessageID: "m9", Outcome: "sent"})
			l.Applied = append(l.Applied, audit.Applied{UID: "m#9", Profile: "ada", Type: "message.sent", N: 9, Rows: 1})
		}, []string{"nothing-invented"}},
		"a bounce of a message that was sent": {func(l *audit.Ledger) {
			l.Events = append(l.Events, audit.Stored{Seq: 7, UID: "m#1/bounced", Profile: "ada", Type: "email.bounced", About: "m1"})
			l.Applied = append(l.Applied, audit.Applied{UID: "m#1/bounced", Profile: "ada", Type: "email.bounced", N: 9, Rows: 1})
		}, []string{"nothing-invented"}},
		"two events change places in the stream": {func(l *audit.Ledger) {
			l.Events[0].Seq, l.Events[1].Seq = 2, 1
			l.Applied[0].N, l.Applied[1].N = 2, 1
		}, []string{"order-told"}},
		"two events are applied in the wrong order": {func(l *audit.Ledger) {
			l.Applied[1].N, l.Applied[2].N = 3, 2
		}, []string{"order-applied"}},
		"two messages change places": {func(l *audit.Ledger) {
			l.Commands[0], l.Commands[1] = l.Commands[1], l.Commands[0]
		}, []string{"order-applied"}},
		"a state is of an earlier identification": {func(l *audit.Ledger) {
			l.Offers[1].Type, l.Events[1].Type, l.Events[5].Type, l.Applied[1].Type = "profile.identified", "profile.identified", "profile.identified", "profile.identified"
			l.Profiles[0].Orders = 1
		}, []string{"decided", "order-state"}},
		"a state is of the identification that came last and happened first": {func(l *audit.Ledger) {
			l.Offers[1].Type, l.Events[1].Type, l.Events[5].Type, l.Applied[1].Type = "profile.identified", "profile.identified", "profile.identified", "profile.identified"
			l.Profiles[0].Orders, l.Profiles[0].Step = 1, 1
			l.Events[0].Told = at(1)
		}, []string{"decided", "order-state"}},
		"an order has no thank-you": {func(l *audit.Ledger) {
			l.Messages, l.Commands, l.HandOvers = l.Messages[1:], l.Commands[1:], l.HandOvers[1:]
			l.Events = slices.Delete(l.Events, 3, 4)
			l.Applied = slices.Delete(l.Applied, 3, 4)
		}, []string{"decided"}},
		"an order has two": {func(l *audit.Ledger) {
			l.Messages = append(l.Messages, audit.Message{ID: "m3", Profile: "ada", Journey: "thanks", Channel: "email", Category: "transactional", Outcome: "suppressed"})
		}, []string{"decided"}},
		"two messages about one order": {func(l *audit.Ledger) { l.Commands[1].Order = "o1" }, []string{"decided"}},
		"a message has no outcome": {func(l *audit.Ledger) {
			l.Messages[0].Outcome = ""
		}, []string{"outcome"}},
		"a message has two outcomes": {func(l *audit.Ledger) {
			l.Events = append(l.Events, audit.Stored{Seq: 7, UID: "m#1f", Profile: "ada", Type: "message.failed", MessageID: "m1", Outcome: "failed"})
			l.Applied = append(l.Applied, audit.Applied{UID: "m#1f", Profile: "ada", Type: "message.failed", N: 9, Rows: 1})
		}, []string{"outcome"}},
		"the table and the receipt differ": {func(l *audit.Ledger) {
			l.Events[3].Outcome, l.HandOvers[0].Accepted = "failed", true
		}, []string{"outcome"}},
		"a command that nobody decided": {func(l *audit.Ledger) {
			l.Commands = append(l.Commands, audit.Command{Seq: 3, ID: "m9", Profile: "ada", Journey: "other"})
		}, []string{"no-undecided-send"}},
		"a hand-over that nobody decided": {func(l *audit.Ledger) {
			l.HandOvers = append(l.HandOvers, audit.HandOver{Message: "m9", Worker: "mailer-1", Accepted: true, Answered: true})
		}, []string{"no-undecided-send"}},
		"sent and not taken": {func(l *audit.Ledger) { l.HandOvers[0].Accepted = false }, []string{"sent-is-taken"}},
		"taken and failed": {func(l *audit.Ledger) {
			l.Messages[0].Outcome, l.Events[3].Outcome = "failed", "failed"
		}, []string{"taken-is-sent"}},
		"taken twice and not known": {func(l *audit.Ledger) { l.Messages[1].Resent = false }, []string{"no-duplicates"}},
		"taken twice for no reason": {silence, []string{"no-duplicates"}},
		"taken twice, another worker was killed": {func(l *audit.Ledger) {
			silence(l)
			l.Broken[0] = audit.Broken{From: at(4), To: at(6), Hits: []string{"mailer-3", "texter-1~twilio"}}
		}, []string{"no-duplicates"}},
		"taken twice, the other worker was stopped": {func(l *audit.Ledger) {
			silence(l)
			l.Broken[0] = audit.Broken{From: at(1), To: at(8), Hits: []string{"mailer-2"}}
		}, nil},
		"taken twice, the worker was killed before": {func(l *audit.Ledger) {
			silence(l)
			l.Broken[0] = audit.Broken{From: at(1), To: at(2), Hits: []string{"mailer-1"}}
		}, []string{"no-duplicates"}},
		"taken twice, the worker was killed": {func(l *audit.Ledger) {
			silence(l)
			l.Broken[0].From = at(4)
		}, nil},
		"taken twice, the worker's link was cut": {func(l *audit.Ledger) {
			silence(l)
			l.Broken[0] = audit.Broken{From: at(4), To: at(6), Hits: []string{"mailer-1~n1"}}
		}, nil},
		"taken twice, a node was lost": {func(l *audit.Ledger) {
			silence(l)
			l.Broken[0] = audit.Broken{From: at(4), To: at(6), Hits: []string{"n0"}}
		}, nil},
		"marketing taken twice":      {func(l *audit.Ledger) { l.Messages[1].Category = "marketing" }, []string{"no-duplicates"}},
		"a text message taken twice": {func(l *audit.Ledger) { l.Messages[1].Channel = "sms" }, []string{"no-duplicates"}},
		"uncertain for no reason": {func(l *audit.Ledger) {
			l.Messages[0].Outcome, l.Events[3].Outcome = "uncertain", "uncertain"
		}, []string{"uncertain-explained"}},
		"uncertain, a mailer was killed": {func(l *audit.Ledger) {
			l.Messages[0].Outcome, l.Events[3].Outcome = "uncertain", "uncertain"
			l.Broken[0].From = at(5)
		}, nil},
		"lag":            {func(l *audit.Ledger) { l.Leftovers.Lag = map[int]uint64{0: 0, 1: 2} }, []string{"nothing-left"}},
		"outbox":         {func(l *audit.Ledger) { l.Leftovers.Outbox = 1 }, []string{"nothing-left"}},
		"timers":         {func(l *audit.Ledger) { l.Leftovers.Wakes = 1 }, []string{"nothing-left"}},
		"unread":         {func(l *audit.Ledger) { l.Leftovers.Unread = map[string]int{"mailer": 1} }, []string{"nothing-left"}},
		"a dead letter":  {func(l *audit.Ledger) { l.Leftovers.DeadMails = []string{"dead.mailer.x"} }, []string{"nothing-left"}},
		"nothing at all": {func(*audit.Ledger) {}, nil},
	} {
		for _, r := range c.rules {
			tried[r] = true
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := whole()
			c.doctor(l)
			var got []string
			violations := audit.Judge(l).Violations
			for _, v := range violations {
				if !slices.Contains(got, v.Rule) {
					got = append(got, v.Rule)
				}
			}
			slices.Sort(got)
			if !slices.Equal(got, c.rules) {
				t.Errorf("reported %v, want %v: %v", got, c.rules, violations)
			}
		})
	}
	for _, r := range audit.Rules() {
		if !tried[r] {
			t.Errorf("no case breaks the rule %s", r)
		}
	}
}
