package ops_test

import (
	"context"
	"errors"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"rapport/pkg/bus"
	"rapport/services/rapport/ops/measured"
)

// exposed is what a running stack tells Prometheus: the labels of each metric, with the
// values seen. Metrics that have measured nothing are there without labels.
type exposed map[string]map[string]map[string]bool

// unseen are the labels of metrics that measure nothing in a stack in which nothing goes
// wrong. That they really were not seen is checked, so that none of them outlives its reason.
func unseen() map[string][]string {
	return map[string][]string{
		"delivery_breaker_open":          {"provider", "host"},
		"delivery_repeats_total":         {"channel"},
		"delivery_throttle_wait_seconds": {"channel", "category"},
		"delivery_uncertain_total":       {"channel", "category", "sent_again"},
		"ingest_plan_violated_total":     {"source", "type"},
		"orchestrator_stalled":           {"partition"},
		"portal_dropped_total":           {"reason"},
		"texter_segments_total":          {"encoding"},
		"postmaster_forwarded_total":     {"outcome"},
		"orchestrator_poison_profiles":   {"partition"},
	}
}

// scenario runs a stack through an order, a request that is refused, an event and a command that nobody
// understands, all doors, and commits that are and are not allowed, and returns what it exposes.
func scenario(t *testing.T) exposed {
	t.Helper()
	r := run(t)
	r.order(t, "")
	r.post(t, "", `{"event":`, http.StatusBadRequest)
	for _, subject := range []string{"events.nobody", bus.SendSubject("email", "nobody")} {
		msg := nats.NewMsg(subject)
		msg.Data = []byte("this is neither an event nor a command")
		if _, err := r.JS.PublishMsg(t.Context(), msg); err != nil {
			t.Fatal(err)
		}
	}
	r.dead(t)
	r.answer(t)
	r.enter(t)
	st, err := measured.New(r.Store, r.names, true)
	if err != nil {
		t.Fatal(err)
	}
	// Epochs that nobody has: everything is refused, and measured all the same.
	if _, err := st.Acquire(t.Context(), 1000, 2); err != nil {
		t.Fatal(err)
	}
	touch(t, st, 1000)
	text := r.scrape(t)
	out := read(t, text)
	for name := range r.names.prometheus() {
		if out[name] == nil {
			out[name] = map[string]map[string]bool{}
		}
	}
	for name, labels := range unseen() {
		if out[name] == nil {
			t.Errorf("%s is made by nobody any more", name)
			continue
		}
		more := false
		for _, l := range labels {
			if out[name][l] == nil {
				out[name][l], more = map[string]bool{}, true
			}
		}
		if !more {
			t.Errorf("%s is seen now with all its labels; take it out of the unseen ones", name)
		}
	}
	return out
}

// dead waits until what nobody understands was put aside.
func (r *running) dead(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := bus.Bury(ctx, r.JS, "ingest", bus.Body{Source: "till", Data: []byte("{}"), Received: time.Now()}, errors.New("a webhook that nobody understands")); err != nil {
		t.Fatal(err)
	}
	for {
		stream, err := r.JS.Stream(ctx, bus.StreamDead)
		if err != nil {
			t.Fatal(err)
		}
		positions := r.Orchestrator.Positions()
		var furthest uint64
		for _, p := range positions {
			furthest = max(furthest, p.Seq)
		}
		if stream.CachedInfo().State.Msgs >= 3 && furthest >= 3 {
			return
		}
		pause(t, 20*time.Millisecond)
		if ctx.Err() != nil {
			t.Fatal("the event and the command that nobody understands were not put aside")
		}
	}
}

var (
	sampleLine = regexp.MustCompile(`^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? `)
	labelPair  = regexp.MustCompile(`([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"`)
	histogram  = regexp.MustCompile(`(?m)^# TYPE (\S+) histogram$`)
)

// read takes in the text format. Histograms are there under their own name too.
func read(t *testing.T, text string) exposed {
	t.Helper()
	out := exposed{}
	histograms := map[string]bool{}
	for _, m := range histogram.FindAllStringSubmatch(text, -1) {
		histograms[m[1]] = true
	}
	add := func(name string, labels map[string]string) {
		if out[name] == nil {
			out[name] = map[string]map[string]bool{}
		}
		for l, v := range labels {
			if out[name][l] == nil {
				out[name][l] = map[string]bool{}
			}
			out[name][l][v] = true
		}
	}
	for line := range strings.Lines(text) {
		m := sampleLine.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		labels := map[string]string{}
		for _, pair := range labelPair.FindAllStringSubmatch(m[2], -1) {
			labels[pair[1]] = pair[2]
		}
		add(m[1], labels)
		if base := family(m[1]); histograms[base] {
			add(base, labels)
		}
	}
	if len(out) < 20 {
		t.Fatalf("a stack that runs exposes only %d metrics", len(out))
	}
	return out
}

// family is the metric that a series of a histogram belongs to.
func family(series string) string {
	for _, suffix := range []string{"_bucket", "_count", "_sum"} {
		if base, ok := strings.CutSuffix(series, suffix); ok {
			return base
		}
	}
	return series
}
