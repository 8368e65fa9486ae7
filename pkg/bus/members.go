package bus

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

const memberPrefix = "member."

// MembersOptions say who joins which group.
type MembersOptions struct {
	// Group is what the members have in common: "orchestrator", "mailer". Required; letters, digits, '-' and '_'.
	Group string
	// Name tells the members of a group apart; two living processes must never share one. A
	// process that starts again under its name is the same member. Required; it may not contain a space.
	Name string
	// TTL is for how long a member that says nothing counts as alive, 3 s when 0, at least 1 s.
	TTL    time.Duration
	Logger *slog.Logger
}

// Members are the processes of a group that are alive, this one among them. Each has an entry
// in the bucket LEASE, which it renews; it is gone from all lists at once when it
// leaves, and after the time to live when it died. Lists of different members may differ
// for a moment.
type Members struct {
	opt     MembersOptions
	leases  *Leases
	holders *Holders
	stop    context.CancelFunc
	ended   chan struct{}

	mu   sync.Mutex
	own  *Lease // nil while it is lost
	left bool
}

// Join enters the group and returns when the other members are known.
func Join(ctx context.Context, js jetstream.JetStream, o MembersOptions) (*Members, error) {
	if o.Group == "" || !isPlain(o.Group) {
		return nil, fmt.Errorf("join a group: %q is no name for one: use letters, digits, '-' and '_'", o.Group)
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	leases, err := OpenLeases(ctx, js, LeaseOptions{Holder: o.Name, TTL: o.TTL})
	if err != nil {
		return nil, fmt.Errorf("join %s: %w", o.Group, err)
	}
	holders, err := WatchHolders(ctx, js, o.Logger, memberPrefix+o.Group+".*")
	if err != nil {
		return nil, fmt.Errorf("join %s: %w", o.Group, err)
	}
	m := &Members{opt: o, leases: leases, holders: holders, ended: make(chan struct{})}
	if m.own, err = leases.Wait(ctx, m.key()); err != nil {
		holders.Close()
		return nil, fmt.Errorf("join %s as %s: %w", o.Group, o.Name, err)
	}
	// Whoever was there before has an entry before this one's.
	if err := holders.reached(ctx, m.own.Token()); err != nil {
		holders.Close()
		release, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		return nil, errors.Join(fmt.Errorf("join %s: learn who else is there: %w", o.Group, err), m.own.Release(release))
	}
	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	m.stop = stop
	go m.stay(running)
	return m, nil
}

func (m *Members) key() string { return memberPrefix + m.opt.Group + "." + Token(m.opt.Name) }

// stay enters again whenever the entry was lost: the process was stopped for a while, or the broker was away.
func (m *Members) stay(ctx context.Context) {
	defer close(m.ended)
	for {
		m.mu.Lock()
		own := m.own
		m.mu.Unlock()
		select {
		case <-ctx.Done():
			return
		case <-own.Lost():
		}
		m.opt.Logger.Warn("membership lost, joining again", "group", m.opt.Group, "error", own.Err())
		next, err := m.leases.Wait(ctx, m.key())
		for err != nil {
			if !sleep(ctx, 250*time.Millisecond) {
				return
			}
			next, err = m.leases.Wait(ctx, m.key())
		}
		m.mu.Lock()
		m.own = next
		m.mu.Unlock()
	}
}

// Names are the members, sorted. This one is always among them, until it leaves.
func (m *Members) Names() []string {
	m.mu.Lock()
	left := m.left
	m.mu.Unlock()
	own := m.key()
	names := make([]string, 0, 4)
	for key := range m.holders.Of() {
		if key != own {
			names = append(names, Key(key[strings.LastIndexByte(key, '.')+1:]))
		}
	}
	if !left {
		names = append(names, m.opt.Name)
	}
	slices.Sort(names)
	return names
}

// Count is the number of members, at least 1 until this one leaves: what all of them
// share, such as a provider's rate, is divided by it.
func (m *Members) Count() int { return len(m.Names()) }

// Changed is closed when a member comes or goes. Take it before looking.
func (m *Members) Changed() <-chan struct{} { return m.holders.Changed() }

// Leave takes this member off all lists at once. Calling it again does nothing. When the broker cannot be
// told the entry runs out.
func (m *Members) Leave(ctx context.Context) error {
	m.mu.Lock()
	again := m.left
	m.left = true
	m.mu.Unlock()
	if again {
		return nil
	}
	m.stop()
	<-m.ended
	m.mu.Lock()
	own := m.own
	m.mu.Unlock()
	err := own.Release(ctx)
	m.holders.Close()
	if err != nil {
		return fmt.Errorf("leave %s: %w", m.opt.Group, err)
	}
	return nil
}
