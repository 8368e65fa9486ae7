package delivery_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	wm "github.com/ThreeDotsLabs/watermill/message"

	"rapport/pkg/bus"
	"rapport/pkg/delivery"
	"rapport/pkg/message"
	"rapport/pkg/store/sqlite"
)

// TestOutcomes goes through everything a provider or a template can answer.
func TestOutcomes(t *testing.T) {
	t.Parallel()
	later, down, lost := errors.New("451 later"), errors.New("connection refused"), errors.New("broken pipe")
	for name, tc := range map[string]struct {
		script   []error
		render   error
		category message.Category
		patience time.Duration
		want     message.Receipt // Outcome, Reason, Detail, ProviderID, Resent
		tries    int
	}{
		"accepted":               {want: message.Receipt{Outcome: message.Sent, ProviderID: "provider-m1"}, tries: 1},
		"template fails":         {render: errors.New("thank-you.html.liquid:3:5: unknown filter"), want: message.Receipt{Outcome: message.Failed, Reason: message.ReasonRender, Detail: "thank-you.html.liquid:3:5: unknown filter"}},
		"address cannot be read": {render: delivery.Permanent(message.ReasonInvalidAddress, "no @"), want: message.Receipt{Outcome: message.Failed, Reason: message.ReasonInvalidAddress, Detail: "no @"}},
		"refused":                {script: []error{delivery.Permanent(message.ReasonRejected, "554 no <jane.doe@example.com> here")}, want: message.Receipt{Outcome: message.Failed, Reason: message.ReasonRejected, Detail: "554 no <<address>> here"}, tries: 1},
		"put off, then accepted": {script: []error{delivery.Transient(later), delivery.Transient(later)}, want: message.Receipt{Outcome: message.Sent, ProviderID: "provider-m1"}, tries: 3},
		"put off for too long":   {script: []error{delivery.Transient(later), delivery.Transient(later)}, patience: 1, want: message.Receipt{Outcome: message.Failed, Reason: message.ReasonUnavailable, Detail: "451 later"}, tries: 1},
		"away, then accepted":    {script: []error{delivery.Unavailable(down)}, want: message.Receipt{Outcome: message.Sent, ProviderID: "provider-m1"}, tries: 2},
		"put off, then refused":  {script: []error{delivery.Transient(later), delivery.Permanent(message.ReasonInvalidAddress, "550")}, want: message.Receipt{Outcome: message.Failed, Reason: message.ReasonInvalidAddress, Detail: "550"}, tries: 2},
		"answer lost, transactional mail": {
			script: []error{delivery.Unknown(lost)}, category: message.Transactional,
			want: message.Receipt{Outcome: message.Sent, ProviderID: "provider-m1", Resent: true}, tries: 2,
		},
		"answer lost twice, transactional mail": {
			script: []error{delivery.Unknown(lost), delivery.Unknown(lost)}, category: message.Transactional,
			want: message.Receipt{Outcome: message.Uncertain, Reason: message.ReasonInFlight, Detail: "broken pipe", Resent: true}, tries: 2,
		},
		"answer lost, marketing mail": {
			script: []error{delivery.Unknown(lost)},
			want:   message.Receipt{Outcome: message.Uncertain, Reason: message.ReasonInFlight, Detail: "broken pipe"}, tries: 1,
		},
		"an error without a class is not sent again": {
			script: []error{lost},
			want:   message.Receipt{Outcome: message.Uncertain, Reason: message.ReasonInFlight, Detail: "broken pipe"}, tries: 1,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if tc.category == "" {
				tc.category = message.Marketing
			}
			b := newBench(t, newLedger(), &road{script: tc.script, render: tc.render}, func(o *delivery.Options) { o.Patience = tc.patience })
			b.deliver(t, mailCommand("m1", tc.category))

			got := b.last(t, 1)
			want := tc.want
			want.MessageID, want.Journey, want.Instance, want.Step = "m1", "thank-you", "i1", "mail"
			want.Channel, want.Template, want.Provider, want.At = message.Email, "thank-you", "test", decided.Add(time.Second)
			if got != want {
				t.Errorf("receipt\n got %+v\nwant %+v", got, want)
			}
			if b.road.tries != tc.tries {
				t.Errorf("%d attempts to hand over, want %d", b.road.tries, tc.tries)
			}
			var recorded message.Receipt
			if err := json.Unmarshal(b.claims.receipts["m1"], &recorded); err != nil || recorded != got {
				t.Errorf("recorded %+v (%v), published %+v", recorded, err, got)
			}
		})
	}
}

func TestRepeatPublishesTheSameReceipt(t *testing.T) {
	t.Parallel()
	claims := newLedger()
	first := newBench(t, claims, &road{}, nil)
	first.deliver(t, mailCommand("m1", message.Transactional))
	second := newBench(t, claims, &road{}, func(o *delivery.Options) {
		o.Worker, o.Now = "another", func() time.Time { return decided.Add(time.Hour) }
	})
	second.deliver(t, mailCommand("m1", message.Transactional))

	r1, id1 := first.out.receipts(t)
	r2, id2 := second.out.receipts(t)
	if second.road.tries != 0 {
		t.Error("a repeat was sent again")
	}
	if len(r1) != 1 || len(r2) != 1 || r1[0] != r2[0] || id1[0] != id2[0] {
		t.Errorf("the repeat's receipt differs: %+v %v and %+v %v", r1, id1, r2, id2)
	}
	if want := "rapport/test#m1/sent"; id1[0] != want {
		t.Errorf("published under %q, want %q", id1[0], want)
	}
}

// TestThreeAtOnce: copies of a command that are handled at the same time by the same
// process, while the first is in the provider's hands.
func TestThreeAtOnce(t *testing.T) {
	t.Parallel()
	st, err := sqlite.Open(t.Context(), sqlite.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = st.Close() })
	entered, goOn := make(chan struct{}), make(chan struct{})
	r := &road{during: func(int, string) { entered <- struct{}{}; <-goOn }}
	b := newBench(t, newLedger(), r, func(o *delivery.Options) { o.Claims = st })

	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() { b.deliver(t, mailCommand("m1", message.Marketing)) })
	}
	<-entered // a second one would block here for ever
	close(goOn)
	wg.Wait()
	if len(r.taken) != 1 {
		t.Errorf("the provider got %d messages, want 1", len(r.taken))
	}
	if r := b.last(t, 3); r.Outcome != message.Sent {
		t.Errorf("outcome %s, want sent", r.Outcome)
	}
}

func TestHandleBuriesWhatIsNoCommand(t *testing.T) {
	t.Parallel()
	b := newBench(t, newLedger(), &road{}, nil)
	sms := mailCommand("m1", message.Marketing)
	sms.Channel = message.SMS
	wrongChannel, err := json.Marshal(sms)
	if err != nil {
		t.Fatal(err)
	}
	for payload, want := range map[string]string{
		"{":                  "unexpected end of JSON",
		`{"id":7}`:           "cannot unmarshal number",
		`{}`:                 "id is missing",
		`{"id":"m1"}`:        "profile is missing",
		string(wrongChannel): `channel is "sms"`,
		`{"id":"m","profile":"p","template":"t","channel":"email"}`: "decided_at is missing",
	} {
		err := b.Handle(wm.NewMessage("x", []byte(payload)))
		if !bus.IsPermanent(err) || bus.ClassOf(err) != bus.Unreadable || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want a permanent one with %q", payload, err, want)
		}
	}
	if len(b.claims.workers) != 0 {
		t.Error("something was claimed")
	}
}

func TestEventTime(t *testing.T) {
	t.Parallel()
	b := newBench(t, newLedger(), &road{}, func(o *delivery.Options) { o.EventTime = true })
	b.deliver(t, mailCommand("m1", message.Marketing))
	if at := b.last(t, 1).At; !at.Equal(decided) {
		t.Errorf("the receipt is of %v, want the decision's time %v", at, decided)
	}
}

func TestNewNamesWhatIsMissing(t *testing.T) {
	t.Parallel()
	_, err := delivery.New(delivery.Options{Channel: message.Email, Road: &road{}, Claims: newLedger(), Publisher: &outlet{}, Source: "s"})
	if err == nil || !strings.Contains(err.Error(), "Worker") {
		t.Errorf("error %v, want one that names Worker", err)
	}
}

func TestCancelledWhileWaitingForACopy(t *testing.T) {
	t.Parallel()
	entered, goOn := make(chan struct{}), make(chan struct{})
	b := newBench(t, newLedger(), &road{during: func(int, string) { close(entered); <-goOn }}, nil)
	var wg sync.WaitGroup
	wg.Go(func() { b.deliver(t, mailCommand("m1", message.Marketing)) })
	<-entered
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := b.Deliver(ctx, mailCommand("m1", message.Marketing)); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want the context's", err)
	}
	close(goOn)
	wg.Wait()
}
