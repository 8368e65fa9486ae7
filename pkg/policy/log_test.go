package policy_test

import (
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/fxamacker/cbor/v2"
	"pgregory.net/rapid"

	"rapport/pkg/message"
	"rapport/pkg/policy"
)

// year is a log of 100 e-mails of five journeys in as many days.
func hundred() *policy.Log {
	l := &policy.Log{}
	for i := range 100 {
		l.Note(policy.Sent{
			At: noon().Add(-time.Duration(i)*day - time.Nanosecond), Channel: message.Email, Category: message.Marketing,
			Journey: fmt.Sprintf("journey-%d", i%5), ID: message.ID("instance", "step", i),
		})
	}
	return l
}

func TestLogsTravelWhole(t *testing.T) {
	t.Parallel()
	for name, l := range map[string]*policy.Log{"empty": {}, "hundred": hundred()} {
		b, err := cbor.Marshal(l)
		if err != nil {
			t.Fatal(err)
		}
		var back policy.Log
		if err := cbor.Unmarshal(b, &back); err != nil {
			t.Fatal(err)
		}
		if l.Len() != back.Len() || l.Len() > 0 && !reflect.DeepEqual(*l, back) {
			t.Errorf("%s: wrote %+v, read %+v", name, l, back)
		}
		if perEntry := len(b) / max(1, l.Len()); l.Len() > 0 && perEntry > 24 {
			t.Errorf("%s: %d bytes for each message", name, perEntry)
		}
	}
}

func TestWithdrawnMessagesGiveTheirSlotBack(t *testing.T) {
	t.Parallel()
	p := &policy.Policy{Caps: []policy.Cap{{AtMost: 1, Per: day}}}
	r := policy.Request{Profile: ada(), Channel: message.Email, Category: message.Marketing, Journey: "a", Now: noon(), Log: &policy.Log{}}
	r.Log.Note(r.Sent("m1"))
	r.Log.Note(r.Sent("m1")) // a repeat
	if r.Log.Len() != 1 {
		t.Errorf("a repeat took a second slot: %+v", r.Log)
	}
	if got := p.Decide(r).Reason; got != message.ReasonCapped {
		t.Fatalf("reason %q with a message sent", got)
	}
	if r.Log.Withdraw("m2") || !r.Log.Withdraw("m1") || r.Log.Withdraw("m1") {
		t.Error("not the message that was there was withdrawn")
	}
	if got := p.Decide(r).Reason; got != "" || r.Log.Len() != 0 || len(r.Log.Kinds) != 0 {
		t.Errorf("reason %q with the message withdrawn: %+v", got, r.Log)
	}
}

// Two logs of one person count together, whichever takes in the other, and are no larger than one.
func TestLogsOfOnePersonAreJoined(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		var logs, back [2]policy.Log
		for i := range logs {
			for k := range rapid.IntRange(0, 200).Draw(rt, "messages") {
				m := policy.Sent{
					At: time.Unix(int64(rapid.IntRange(0, 1000).Draw(rt, "at")), 0), Channel: message.Email,
					Category: rapid.SampledFrom([]message.Category{message.Marketing, message.Transactional}).Draw(rt, "category"),
					Journey:  rapid.SampledFrom([]string{"a", "b"}).Draw(rt, "journey"), ID: fmt.Sprint(k%150, "/", i*(k%2)),
				}
				logs[i].Note(m)
				back[i].Note(m)
			}
		}
		sizes := [2]int{logs[0].Len(), logs[1].Len()}
		logs[0].Join(&logs[1])
		back[1].Join(&back[0])
		most := min(sizes[0]+sizes[1], 256)
		if n := logs[0].Len(); n > most || n < max(sizes[0], sizes[1]) || n != back[1].Len() {
			rt.Fatalf("%d messages of %v, and the other way round %d", n, sizes, back[1].Len())
		}
		if logs[0].Lost != back[1].Lost || logs[0].LostTransactional != back[1].LostTransactional {
			rt.Fatalf("lost up to %d, and the other way round %d", logs[0].Lost, back[1].Lost)
		}
		if before := logs[0].Len(); before < 256 {
			if logs[0].Join(&back[0]); logs[0].Len() != before {
				rt.Fatalf("again: %d messages, had %d", logs[0].Len(), before)
			}
		}
	})
}

func TestForgetting(t *testing.T) {
	t.Parallel()
	l := logOf(marketing(3*day, "a"), marketing(2*day, "b"), marketing(day, "a"))
	l.Forget(noon().Add(-2 * day))
	if l.Len() != 2 || len(l.Kinds) != 2 {
		t.Errorf("two days back, there is %+v", l)
	}
	l.Forget(noon().Add(-2*day + 1))
	if l.Len() != 1 || len(l.Kinds) != 1 || l.Kinds[l.Sent[0].Kind].Journey != "a" {
		t.Errorf("a moment later, there is %+v", l)
	}
	l.Forget(noon())
	if l.Len() != 0 || len(l.Kinds) != 0 {
		t.Errorf("at last, there is %+v", l)
	}
}

// A log is bounded, and what it had to forget lets no message through.
func TestFullLogsErrOnTheSideOfSilence(t *testing.T) {
	t.Parallel()
	p := &policy.Policy{Caps: []policy.Cap{{Purpose: "surveys", AtMost: 1, Per: 90 * day}}}
	r := policy.Request{Profile: ada(), Channel: message.Email, Category: message.Marketing, Purpose: "surveys", Now: noon(), Log: &policy.Log{}}
	r.Log.Note(r.Sent("survey"))
	flood := func(c message.Category) time.Time {
		for i := range 300 {
			r.Now = r.Now.Add(time.Minute)
			r.Log.Note(policy.Sent{At: r.Now, Channel: message.Email, Category: c, Journey: fmt.Sprint("j", i), ID: fmt.Sprint(c, i)})
		}
		return r.Now
	}
	flood(message.Transactional)
	if v := p.Decide(r); v.Reason != message.ReasonCapped || !v.Until.Equal(noon().Add(90*day)) {
		t.Errorf("receipts pushed the survey out: %q until %s", v.Reason, v.Until)
	}
	flood(message.Marketing)
	if r.Log.Len() != 256 {
		t.Errorf("%d messages are remembered", r.Log.Len())
	}
	v := p.Decide(r)
	if v.Reason != message.ReasonCapped || v.Until.Before(noon().Add(90*day)) || v.Until.After(r.Now.Add(90*day)) {
		t.Errorf("the survey was forgotten and sent again: %q until %s", v.Reason, v.Until)
	}
	r.Now = v.Until
	if v := p.Decide(r); v.Reason != "" {
		t.Errorf("nothing is left to wait for, but %q until %s", v.Reason, v.Until)
	}
	r.Log.Forget(r.Now)
	if r.Log.Lost != 0 || r.Log.LostTransactional != 0 {
		t.Errorf("what is past counting is still known to be missing: %+v", r.Log)
	}
}

// Whatever is stored, reading and using it ends well.
func FuzzLog(f *testing.F) {
	for _, l := range []*policy.Log{{}, logOf(marketing(day, "a")), hundred()} {
		b, err := cbor.Marshal(l)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Add([]byte{0x84, 0x80, 0x81, 0x83, 0x00, 0x20, 0x00, 0x00, 0x00}) // an entry of kind -1
	p := &policy.Policy{Caps: []policy.Cap{{AtMost: 1, Per: day}, {Category: message.Transactional, AtMost: 2, Per: day}}}
	f.Fuzz(func(t *testing.T, b []byte) {
		var l policy.Log
		if err := cbor.Unmarshal(b, &l); err != nil {
			return
		}
		r := policy.Request{Profile: ada(), Channel: message.Email, Category: message.Marketing, Now: noon(), Log: &l}
		if v := p.Explain(r); v.Reason != "" && v.Reason != message.ReasonCapped {
			t.Errorf("reason %q", v.Reason)
		}
		l.Note(r.Sent("m"))
		if l.Len() > 256 {
			t.Errorf("%d messages are remembered", l.Len())
		}
		l.Withdraw("m")
		l.Forget(noon())
	})
}
