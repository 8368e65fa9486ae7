package feedback_test

import (
	"strings"
	"testing"
	"time"

	"rapport/pkg/bounce"
	"rapport/pkg/event"
	"rapport/pkg/feedback"
	"rapport/pkg/message"
)

func failure(action string, class bounce.Class, status string) bounce.Report {
	return bounce.Report{
		Kind: bounce.Bounce, MessageID: ref + "@mail.shop.example",
		Recipients: []bounce.Recipient{{Address: "Zoe@home.example", Action: action, Class: class, Status: status, Reason: "no such user", Diagnostic: "550 <zoe@home.example>"}},
	}
}

func TestFromReport(t *testing.T) {
	t.Parallel()
	complaint := func(feedback string) bounce.Report {
		return bounce.Report{Kind: bounce.Complaint, Feedback: feedback, MessageID: ref + "@x.example"}
	}
	for name, tc := range map[string]struct {
		report bounce.Report
		want   string // type kind; empty: none
	}{
		"no such user":     {failure("failed", bounce.Hard, "5.1.1"), "email.bounced hard"},
		"why is not said":  {failure("failed", "", ""), "email.bounced other"},
		"delayed":          {failure("delayed", bounce.Soft, "4.4.1"), "email.deferred soft"},
		"delivered":        {failure("delivered", "", "2.0.0"), "email.delivered"},
		"relayed":          {failure("relayed", "", "2.0.0"), ""},
		"spam":             {complaint("abuse"), "email.complained"},
		"fraud":            {complaint("fraud"), "email.complained"},
		"no spam":          {complaint("not-spam"), ""},
		"DMARC":            {complaint("auth-failure"), ""},
		"an opt-out":       {complaint("opt-out"), "email.unsubscribed"},
		"a reply":          {bounce.Report{Kind: bounce.Reply, References: []string{ref + "@x.example"}, Text: "Thanks!"}, "email.replied"},
		"out of office":    {bounce.Report{Kind: bounce.AutoReply, References: []string{ref + "@x.example"}, Auto: "Auto-Submitted: auto-replied"}, "email.auto_replied"},
		"a mail, somewhat": {bounce.Report{Kind: bounce.Mail}, "email.replied"},
	} {
		all := feedback.FromReport(tc.report, feedback.Arrival{ID: "<in-1@home.example>", At: moment})
		if len(all) == 0 {
			if tc.want != "" {
				t.Errorf("%s: nothing, want %s", name, tc.want)
			}
			continue
		}
		n := all[0]
		if got := strings.TrimSpace(n.Type + " " + n.Kind); len(all) != 1 || got != tc.want {
			t.Errorf("%s: %d, %s, want %s", name, len(all), got, tc.want)
		}
		e, _ := dataOf(t, n, origin())
		if wanted := n.Type == event.EmailUnsubscribed; wanted != (consentOf(t, &e) == "email:*-") {
			t.Errorf("%s: consent %q", name, consentOf(t, &e))
		}
		if name != "a mail, somewhat" && n.Ref.String() != ref {
			t.Errorf("%s: it is about %v", name, n.Ref)
		}
		if strings.Contains(n.Detail, "@") {
			t.Errorf("%s: an address is left in %q", name, n.Detail)
		}
	}
}

func idsOf(all []feedback.Notice) string {
	var ids []string
	for _, n := range all {
		ids = append(ids, n.ID)
	}
	return strings.Join(ids, " ")
}

func TestIDsOfReports(t *testing.T) {
	t.Parallel()
	first, second := feedback.Arrival{ID: "1", At: moment}, feedback.Arrival{ID: "2", At: moment.Add(1)}
	told := idsOf(feedback.FromReport(failure("failed", bounce.Hard, "5.1.1"), first))
	if again := idsOf(feedback.FromReport(failure("failed", bounce.Hard, "5.1.1"), second)); again != told {
		t.Error("a second report of one failure is another event")
	}
	if other := idsOf(feedback.FromReport(failure("failed", bounce.Hard, "5.1.2"), first)); other == told {
		t.Error("another failure is the same event")
	}
	if later := idsOf(feedback.FromReport(failure("delayed", bounce.Soft, "5.1.1"), first)); later == told {
		t.Error("a delay is the failure after it")
	}
	two := failure("failed", bounce.Hard, "5.1.1")
	two.Recipients = append(two.Recipients, bounce.Recipient{Address: "max@home.example", Action: "failed", Status: "5.1.1"})
	if all := feedback.FromReport(two, first); len(all) != 2 || all[0].ID != told || all[1].ID == told {
		t.Errorf("two recipients: %s", idsOf(all))
	}
	answer := bounce.Report{Kind: bounce.Reply, References: []string{ref + "@x.example"}}
	if idsOf(feedback.FromReport(answer, first)) == idsOf(feedback.FromReport(answer, second)) {
		t.Error("two answers to one message are one event")
	}
	if idsOf(feedback.FromReport(answer, first)) != idsOf(feedback.FromReport(answer, feedback.Arrival{ID: "1", At: moment.Add(5)})) {
		t.Error("one answer that is read twice is two events")
	}
}

// TestVERP: the address at which a mail came in goes before all that stands in it.
func TestVERP(t *testing.T) {
	t.Parallel()
	given, err := message.ParseRef("f" + ref[1:])
	if err != nil {
		t.Fatal(err)
	}
	all := feedback.FromReport(failure("failed", bounce.Hard, "5.1.1"), feedback.Arrival{ID: "1", At: moment, Ref: given})
	if len(all) != 1 || all[0].Ref != given {
		t.Errorf("it is about %+v", all)
	}
	bare := bounce.Report{Kind: bounce.Bounce, EnvelopeID: ref, Recipients: []bounce.Recipient{{Address: "a@b.example", Action: "failed"}}}
	if all := feedback.FromReport(bare, feedback.Arrival{ID: "1", At: moment}); all[0].Ref.String() != ref {
		t.Errorf("the envelope's id names %v", all[0].Ref)
	}
}

// TestUnsubscription: the wish withdraws all marketing of the channel, has an id of its own, and leaves the answer as it was.
func TestUnsubscription(t *testing.T) {
	t.Parallel()
	answer := feedback.Notice{ID: "mail-1", Type: event.EmailReplied, Provider: "mail", Channel: message.Email, At: time.Unix(1_780_000_000, 0)}
	wish := answer.Unsubscription("mail: unsubscribe")
	if answer.Type != event.EmailReplied || wish.Type != event.EmailUnsubscribed || wish.ID == answer.ID {
		t.Fatalf("%+v became %+v", answer, wish)
	}
	e, err := wish.Event("rapport/test", feedback.Origin{Profile: "p"})
	if err != nil {
		t.Fatal(err)
	}
	u, err := e.Profile()
	if err != nil || u == nil || len(u.Consent) != 1 {
		t.Fatalf("the event says %+v, %v", u, err)
	}
	if c := u.Consent[0]; c.Channel != "email" || c.Purpose != event.Everything || c.Granted || c.Proof != "mail: unsubscribe" || c.Source != "mail" {
		t.Errorf("consent %+v", c)
	}
}
