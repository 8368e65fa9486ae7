package bus

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"pgregory.net/rapid"
)

func ofKeys(keys ...string) []*nats.Msg {
	var msgs []*nats.Msg
	for i, key := range keys {
		msgs = append(msgs, NewMsg(SendSubject("email", key), fmt.Sprint(i), nil))
	}
	return msgs
}

// The rounds of a small batch hold every message once; no round has a key twice, and the messages of a key
// keep their order over the rounds.
func TestRoundsKeepTheOrderOfAKey(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		msgs := ofKeys(rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", "c", "d"}), 1, 16).Draw(t, "keys")...)
		byKey := map[string][]*nats.Msg{}
		for rest := msgs; len(rest) > 0; {
			var first []*nats.Msg
			first, rest = firstOfKeys(rest)
			if len(first) == 0 {
				t.Fatal("an empty round")
			}
			seen := map[string]bool{}
			for _, m := range first {
				if seen[m.Subject] {
					t.Fatalf("%s twice in a round", m.Subject)
				}
				seen[m.Subject] = true
				byKey[m.Subject] = append(byKey[m.Subject], m)
			}
		}
		for subject, got := range byKey {
			want := slices.DeleteFunc(slices.Clone(msgs), func(m *nats.Msg) bool { return m.Subject != subject })
			if !slices.Equal(got, want) {
				t.Fatalf("%s: another order, or not all", subject)
			}
		}
	})
}

func TestWhatIsPublishedSingly(t *testing.T) {
	t.Parallel()
	many := make([]string, SmallBatch+1)
	for i := range many {
		many[i] = fmt.Sprint("k", i)
	}
	nameless := ofKeys("a", "b")
	nameless[1].Header = nil
	foreign := ofKeys("a", "b")
	foreign[1].Subject = EventSubject("b")
	for name, c := range map[string]struct {
		msgs []*nats.Msg
		full time.Duration // ago
		want bool
	}{
		"one":                    {msgs: ofKeys("a"), want: true},
		"as many as may":         {msgs: ofKeys(many[1:]...), want: true},
		"more":                   {msgs: ofKeys(many...)},
		"a key that comes again": {msgs: ofKeys("a", "b", "a", "a", "a"), want: true},
		"and again":              {msgs: ofKeys("a", "a", "a", "a", "a")},
		"without an id":          {msgs: nameless},
		"of two streams":         {msgs: foreign},
		"of no stream":           {msgs: []*nats.Msg{NewMsg("nobody.listens", "1", nil)}},
		"just full":              {msgs: ofKeys("a", "b"), full: time.Second},
		"full a while ago":       {msgs: ofKeys("a", "b"), full: 2 * wholeFor, want: true},
	} {
		s := &streams{full: map[string]time.Time{}}
		if c.full > 0 {
			s.full[StreamSend] = time.Now().Add(-c.full)
		}
		if got := s.singly(streamOf(c.msgs[0].Subject), c.msgs); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

// streamOf knows the subjects that Provision gives to the streams with atomic batches.
func TestStreamOfSubjects(t *testing.T) {
	t.Parallel()
	for _, stream := range Streams(Layout{}) {
		for _, subject := range stream.Subjects {
			want := stream.Name
			if !stream.AllowAtomicPublish {
				want = ""
			}
			if got := streamOf(subject); got != want {
				t.Errorf("%s: %q, want %q", subject, got, want)
			}
		}
	}
}
