package bustest_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"go.uber.org/goleak"

	"rapport/pkg/bus"
	"rapport/pkg/bus/bustest"
	"rapport/pkg/event"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// failures stands for a test that notes what it is told.
type failures struct {
	testing.TB
	texts []string
}

func (f *failures) Errorf(format string, args ...any) {
	f.texts = append(f.texts, fmt.Sprintf(format, args...))
}
func (f *failures) Helper() {}

// order is an event, and its message on a subject with an id.
func order(t *testing.T) (e event.Event, on func(subject, id string) *nats.Msg) {
	t.Helper()
	at := time.Date(2026, 5, 4, 10, 30, 0, 0, time.UTC)
	e = event.Event{ID: "o1", Source: "shop", Type: "cart.viewed", Subject: "ada", Time: at}
	raw, err := event.Encode(&e)
	if err != nil {
		t.Fatal(err)
	}
	return e, func(subject, id string) *nats.Msg { return bus.NewMsg(subject, id, raw) }
}

func TestStoredIsWhatWasPublished(t *testing.T) {
	t.Parallel()
	b := bustest.Start(t, bus.Layout{})
	e, on := order(t)
	if err := bus.NewBroker(b.JS).PublishBatch(t.Context(), []*nats.Msg{on(bus.EventSubject(e.Key()), e.UID())}); err != nil {
		t.Fatal(err)
	}
	if got := bustest.Stored(t, b.JS); len(got) != 1 || got[0].ID != e.ID || !got[0].Time.Equal(e.Time) {
		t.Errorf("stored %+v", got)
	}
	b.Shutdown(t) // and again when the test ends
}

func TestRecordingKeepsOrRefuses(t *testing.T) {
	t.Parallel()
	e, on := order(t)
	batch := []*nats.Msg{on(bus.EventSubject(e.Key()), e.UID())}
	gone := errors.New("gone")
	r := bustest.Refusing(gone)
	if err := r.PublishBatch(t.Context(), batch); !errors.Is(err, gone) || len(r.Messages()) != 0 {
		t.Errorf("%v, and %d messages", err, len(r.Messages()))
	}
	r.Fail(nil)
	for range 2 {
		if err := r.PublishBatch(t.Context(), batch); err != nil {
			t.Error(err)
		}
	}
	if n := len(r.Events(t)); n != 2 {
		t.Errorf("%d events", n)
	}
	if r.Forget(); len(r.Messages()) != 0 {
		t.Error("it has not forgotten")
	}
}

func TestMisplacedEventsFailTheTest(t *testing.T) {
	t.Parallel()
	e, on := order(t)
	right := bus.EventSubject(e.Key())
	for name, c := range map[string]struct {
		msg  *nats.Msg
		want string
	}{
		"another id":      {on(right, "o2"), "the message id is \"o2\""},
		"another subject": {on("send.email.ada", e.UID()), "the subject send.email.ada is no place"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var r bustest.Recording
			if err := r.PublishBatch(t.Context(), []*nats.Msg{c.msg}); err != nil {
				t.Fatal(err)
			}
			told := &failures{TB: t}
			r.Events(told)
			if got := strings.Join(told.texts, "\n"); !strings.Contains(got, c.want) {
				t.Errorf("told %q, want %q", got, c.want)
			}
		})
	}
}
