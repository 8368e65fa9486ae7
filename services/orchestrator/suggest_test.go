package orchestrator_test

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"rapport/pkg/event"
	"rapport/pkg/recommend"
	"rapport/services/orchestrator"
)

// listen answers over NATS, as a recommender in another process does.
func (s *shelf) listen(r *rig) {
	r.t.Helper()
	sub := must(r.conn.Subscribe(recommend.Subject, func(msg *nats.Msg) {
		var req recommend.Request
		var reply recommend.Reply
		if err := json.Unmarshal(msg.Data, &req); err != nil {
			reply.Error = err.Error()
		} else {
			reply.Suggestions, _ = s.Suggest(context.Background(), req)
		}
		body, err := json.Marshal(reply)
		if err == nil {
			err = msg.Respond(body)
		}
		if err != nil {
			r.t.Error(err)
		}
	}))(r.t)
	r.t.Cleanup(func() { _ = sub.Unsubscribe() })
}

// Without a recommender in the same process the question goes over NATS, to whichever
// answers there.
func TestRecommenderIsAskedOverNATS(t *testing.T) {
	t.Parallel()
	r := newRig(t, related())
	var events []event.Event
	for i := range 6 {
		id := string(rune('a' + i))
		events = append(events,
			r.order(event.AnonymousPrefix+id, start().Add(time.Duration(i)*time.Minute), "O"+id, "lamp", "bulb", "shade"),
			r.order(event.AnonymousPrefix+id, start(), "F"+id, "mug", "plate"),
			r.order(event.AnonymousPrefix+id, start(), "G"+id, "cup", "saucer"))
	}
	events = append(events, r.order("ada", start().Add(time.Hour), "A1", "lamp"))
	newShelf(t, events).listen(r)
	o, _ := r.run(nil)
	r.publish(events...)
	r.runOn(start().Add(20 * day))
	r.settled(o)
	sends := r.sends()
	if len(sends) != 1 || sends[0].Profile != "ada" {
		t.Fatalf("sends = %+v, want one to ada", sends)
	}
	vars := string(sends[0].Vars)
	if !strings.Contains(vars, `"id":"bulb"`) || !strings.Contains(vars, `"id":"shade"`) || strings.Contains(vars, `"id":"plate"`) {
		t.Errorf("recommendations in %s", vars)
	}
}

// mute is a recommender that never answers, which takes the asker a while to notice; it
// counts who asked.
type mute struct{ asked atomic.Int64 }

func (m *mute) Suggest(ctx context.Context, _ recommend.Request) ([]recommend.Suggestion, error) {
	m.asked.Add(1)
	select {
	case <-ctx.Done():
	case <-time.After(50 * time.Millisecond): // Meanwhile the other events arrive.
	}
	return nil, errors.New("no answer")
}

// A recommender that does not answer is asked once in a batch: each question takes the time
// that a partition has patience for.
func TestSilentRecommenderIsNotAskedByEverybody(t *testing.T) {
	t.Parallel()
	d := related()
	d.Steps = d.Steps[1:] // recommends at once
	r := newRig(t, d)
	const people = 60
	for i := range people {
		r.publish(r.order("customer-"+strconv.Itoa(i), time.Now(), "A1", "lamp"))
	}
	var m mute
	o, _ := r.run(func(o *orchestrator.Options) { o.Clock, o.Suggester = orchestrator.WallClock, &m })
	r.settled(o)
	if got := m.asked.Load(); got == 0 || got > people/2 {
		t.Errorf("asked %d times for %d people", got, people)
	}
}
