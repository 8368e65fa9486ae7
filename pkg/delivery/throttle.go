package delivery

import (
	"context"
	"slices"
	"sync"
	"time"

	"rapport/pkg/message"
	"rapport/pkg/policy"
)

// Throttles carries out the throttles of a policy: it lets messages through at the pace
// that the rules allow and makes the others wait in line, transactional ones first. All
// pipelines of a process share one, so that a rule about a provider counts what goes through
// it on every channel. There is one bucket for each rule, so memory is bounded by the
// policy and by the messages in hand.
type Throttles struct {
	rules   func() []policy.Throttle
	workers func(policy.Throttle) int

	mu      sync.Mutex
	inForce []policy.Throttle // as rules last said
	shared  []int             // among how many workers, by rule
	buckets map[policy.Throttle]*bucket
	lines   map[string]*line // by the rules that apply
	waiting int
	last    uint64 // number of the place taken last
	alarm   *time.Timer
}

// NewThrottles makes the throttles of one process. rules is asked for every message and
// each second while any wait, so that a changed policy takes effect at once; it must be
// cheap. workers is asked as often how many processes send under a rule: each takes an equal
// part, because they do not talk to each other. Nil: this one alone.
func NewThrottles(rules func() []policy.Throttle, workers func(policy.Throttle) int) *Throttles {
	if workers == nil {
		workers = func(policy.Throttle) int { return 1 }
	}
	return &Throttles{rules: rules, workers: workers, buckets: map[policy.Throttle]*bucket{}, lines: map[string]*line{}}
}

// traffic is what rules tell messages apart by.
type traffic struct {
	provider string
	channel  message.Channel
	domain   string
	group    string // of recipients, as rules of a Routed channel name it
}

func (f traffic) under(r *policy.Throttle) bool {
	return (r.Provider == "" || r.Provider == f.provider) && (r.Channel == "" || r.Channel == f.channel) &&
		(r.Domain == "" || r.Domain == f.domain || f.group != "" && r.Domain == f.group)
}

// bucket paces the messages of one rule by the generic cell rate algorithm (ITU-T I.371,
// annex A). A tenth of what the rule allows may go at once, the rest follows evenly, so that
// no window of the rule's length ever holds more than AtMost; it is not spent all at its
// beginning because mailbox providers punish bursts. A bucket starts with room for one: a
// restart adds no burst.
type bucket struct {
	every time.Duration // between two messages, once the burst is spent
	slack time.Duration // how far ahead of the pace messages may be
	due   time.Time     // when the next message would come at an even pace
}

func newBucket(r *policy.Throttle, workers int, now time.Time) *bucket {
	share, per := r.AtMost/workers, r.Per
	if share == 0 {
		share, per = 1, r.Per*time.Duration(workers)/time.Duration(max(1, r.AtMost))
	}
	burst := max(1, share/10)
	n := time.Duration(share - burst + 1)
	every := (per + n - 1) / n // rounded up: a little too slow rather than too fast
	b := &bucket{every: every, slack: time.Duration(burst-1) * every}
	b.due = now.Add(b.slack)
	return b
}

func (b *bucket) opens() time.Time { return b.due.Add(-b.slack) }

func (b *bucket) take(now time.Time) {
	if b.due.Before(now) {
		b.due = now
	}
	b.due = b.due.Add(b.every)
}

// place is one message that waits.
type place struct {
	traffic traffic
	urgent  bool
	number  uint64 // in the order of arrival
	called  chan struct{}
}

func (p *place) before(other *place) bool {
	if p.urgent != other.urgent {
		return p.urgent
	}
	return p.number < other.number
}

// line is the messages that wait for the same rules, in the order in which they go.
type line struct {
	buckets []*bucket
	places  []*place
}

func (l *line) join(p *place) {
	at := len(l.places)
	for at > 0 && p.before(l.places[at-1]) {
		at--
	}
	l.places = slices.Insert(l.places, at, p)
}

func (l *line) opens() time.Time {
	var at time.Time
	for _, b := range l.buckets {
		if o := b.opens(); o.After(at) {
			at = o
		}
	}
	return at
}

// wait returns when a message may go. It reports false when that would be later than left
// from now. hold is called once, when there is something to wait for.
func (t *Throttles) wait(ctx context.Context, f traffic, urgent bool, left time.Duration, stop <-chan struct{}, hold func()) (bool, error) {
	p := t.enlist(f, urgent)
	select {
	case <-p.called:
		return true, nil
	default:
	}
	if left <= 0 {
		return !t.withdraw(p), nil
	}
	hold()
	late := time.NewTimer(left)
	defer late.Stop()
	select {
	case <-p.called:
		return true, nil
	case <-late.C:
		return !t.withdraw(p), nil
	case <-stop:
		t.withdraw(p)
		return false, ErrStopping
	case <-ctx.Done():
		t.withdraw(p)
		return false, ctx.Err()
	}
}

func (t *Throttles) enlist(f traffic, urgent bool) *place {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.refresh()
	t.last++
	p := &place{traffic: f, urgent: urgent, number: t.last, called: make(chan struct{})}
	if t.join(p) {
		t.call()
	}
	return p
}

// join puts a place into its line, or calls it when no rule applies.
func (t *Throttles) join(p *place) (waits bool) {
	var key []byte
	var rules []*bucket
	for i := range t.inForce {
		if b := t.buckets[t.inForce[i]]; p.traffic.under(&t.inForce[i]) && !slices.Contains(rules, b) {
			key, rules = append(key, byte(i), byte(i>>8)), append(rules, b)
		}
	}
	if len(rules) == 0 {
		close(p.called)
		return false
	}
	l := t.lines[string(key)]
	if l == nil {
		l = &line{buckets: rules}
		t.lines[string(key)] = l
	}
	l.join(p)
	t.waiting++
	return true
}

// withdraw takes a place out of its line. It reports false when it was called meanwhile.
func (t *Throttles) withdraw(p *place) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	for key, l := range t.lines {
		if i := slices.Index(l.places, p); i >= 0 {
			l.places = slices.Delete(l.places, i, i+1)
			t.waiting--
			t.tidy(key, l)
			return true
		}
	}
	return false
}

func (t *Throttles) tidy(key string, l *line) {
	if len(l.places) == 0 {
		delete(t.lines, key)
	}
	if t.waiting == 0 && t.alarm != nil {
		t.alarm.Stop()
	}
}

// refresh takes over changed rules, and changed numbers of workers. Rules that stay as they
// are keep their pace, and who waits stays in the order of arrival.
func (t *Throttles) refresh() {
	rules := t.rules()
	shared := make([]int, len(rules))
	for i, r := range rules {
		shared[i] = max(1, t.workers(r))
	}
	if slices.Equal(rules, t.inForce) && slices.Equal(shared, t.shared) {
		return
	}
	keep := map[policy.Throttle]*bucket{}
	for i, r := range t.inForce {
		if at := slices.Index(rules, r); at >= 0 && shared[at] == t.shared[i] {
			keep[r] = t.buckets[r]
		}
	}
	now := time.Now()
	t.inForce, t.shared, t.buckets = slices.Clone(rules), shared, make(map[policy.Throttle]*bucket, len(rules))
	for i, r := range rules {
		if t.buckets[r] = keep[r]; t.buckets[r] == nil {
			t.buckets[r] = newBucket(&r, shared[i], now)
		}
	}
	var all []*place
	for _, l := range t.lines {
		all = append(all, l.places...)
	}
	slices.SortFunc(all, func(a, b *place) int {
		if a.before(b) {
			return -1
		}
		return 1
	})
	clear(t.lines)
	t.waiting = 0
	for _, p := range all {
		t.join(p)
	}
}

// lookAgain is how often changed rules are looked for while messages wait.
const lookAgain = time.Second

// call lets everybody go whose turn it is, and sets the alarm for the next.
func (t *Throttles) call() {
	now := time.Now()
	next := now.Add(lookAgain)
	for {
		var first *line
		var name string
		for key, l := range t.lines {
			switch at := l.opens(); {
			case at.After(now):
				if at.Before(next) {
					next = at
				}
			case first == nil || l.places[0].before(first.places[0]):
				first, name = l, key
			}
		}
		if first == nil {
			break
		}
		for _, b := range first.buckets {
			b.take(now)
		}
		close(first.places[0].called)
		first.places = slices.Delete(first.places, 0, 1)
		t.waiting--
		t.tidy(name, first)
	}
	if t.waiting == 0 {
		return
	}
	if t.alarm == nil {
		t.alarm = time.AfterFunc(time.Until(next), t.ring)
		return
	}
	t.alarm.Reset(time.Until(next))
}

func (t *Throttles) ring() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.refresh()
	t.call()
}
