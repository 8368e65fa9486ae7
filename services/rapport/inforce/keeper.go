package inforce

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"rapport/pkg/journey"
	"rapport/pkg/message"
	"rapport/pkg/store"
	"rapport/pkg/workspace"
	"rapport/services/rapport/archive"
)

// Options are what a Keeper is made of.
type Options struct {
	// Store keeps the versions; nil: nothing is kept, as for a process that only renders.
	Store archive.Store
	// Timeless is set where time is what events say: a workspace is then in force from the
	// beginning of time, and nothing follows the store.
	Timeless bool
	By       string           // who puts versions in force
	Now      func() time.Time // nil: time.Now
	Every    time.Duration    // how often to look into the store; zero: 2 s
	Logger   *slog.Logger
}

// Keeper holds what is in force. It is safe for use by many goroutines.
type Keeper struct {
	o       Options
	mu      sync.Mutex // held while something is put in force
	archive *archive.Archive
	force   atomic.Pointer[force]
}

// force is immutable.
type force struct {
	snap    *workspace.Snapshot
	set     *journey.Set
	config  journey.Config
	changed chan struct{} // closed when it is replaced
}

// New makes a keeper. Nothing is in force before the first Adopt.
func New(o Options) *Keeper {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Every == 0 {
		o.Every = 2 * time.Second
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	k := &Keeper{o: o}
	if o.Store != nil {
		k.archive = archive.New(o.Store)
	}
	return k
}

// Snapshot is the one in force.
func (k *Keeper) Snapshot() *workspace.Snapshot { return k.force.Load().snap }

// Journeys is the engine's set in force.
func (k *Keeper) Journeys() *journey.Set { return k.force.Load().set }

// Changed is closed when another set comes into force.
func (k *Keeper) Changed() <-chan struct{} { return k.force.Load().changed }

// Adopt puts a snapshot in force. A change that is refused is an error that names the
// journeys, the steps and the remedy.
func (k *Keeper) Adopt(ctx context.Context, s *workspace.Snapshot) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if now := k.force.Load(); now != nil && now.snap.Version() == s.Version() {
		return nil
	}
	// What can fail comes before the store is told that the version is in force: other
	// processes go by that.
	c, err := k.config(ctx, s)
	if err != nil {
		return err
	}
	if _, err := journey.NewSet(c); err != nil {
		return fmt.Errorf("lay out the journeys: %w", err)
	}
	if k.archive != nil {
		if err := k.allowed(ctx, s); err != nil {
			return err
		}
		if err := k.archive.Save(ctx, s, k.o.Now(), k.o.By, ""); err != nil {
			return fmt.Errorf("keep workspace version %s: %w", s.Version(), err)
		}
		if _, err := k.o.Store.PruneVersions(ctx, keptVersions); err != nil {
			k.o.Logger.WarnContext(ctx, "old workspace versions are not pruned", "error", err)
		}
	}
	c.Since = k.since(ctx, s)
	return k.swap(s, c)
}

// keptVersions is how many workspace versions are kept besides those that people need:
// saving a file makes one.
const keptVersions = 200

// ErrRefused says that a change of the workspace cannot be made as it is.
var ErrRefused = errors.New("the change is refused")

func (k *Keeper) allowed(ctx context.Context, s *workspace.Snapshot) error {
	p, err := k.archive.Plan(ctx, s)
	if err != nil {
		return fmt.Errorf("plan the change to workspace version %s: %w", s.Version(), err)
	}
	if len(p.Refusals) == 0 {
		return nil
	}
	var b strings.Builder
	for _, r := range p.Refusals {
		fmt.Fprintf(&b, "\n  journey %s: %s", r.Journey, r.Problem)
	}
	return fmt.Errorf("%w; `rapport plan` shows all of it:%s", ErrRefused, b.String())
}

// enact makes the set and swaps it in.
func (k *Keeper) enact(ctx context.Context, s *workspace.Snapshot) error {
	c, err := k.config(ctx, s)
	if err != nil {
		return err
	}
	c.Since = k.since(ctx, s)
	return k.swap(s, c)
}

// config is what the engine needs of a snapshot and of those who are inside older versions;
// all but since when it is in force.
func (k *Keeper) config(ctx context.Context, s *workspace.Snapshot) (journey.Config, error) {
	c := s.Config(time.Time{}, nil)
	if k.archive != nil {
		old, err := k.archive.Old(ctx, s)
		if err != nil {
			return c, fmt.Errorf("read the older versions of journeys: %w", err)
		}
		c.Old = old
		if c.Winners, err = k.winners(ctx); err != nil {
			return c, err
		}
	}
	if now := k.force.Load(); now != nil {
		// People may enter the version that was in force until the swap is seen everywhere.
		c.Old = append(c.Old, now.snap.Journeys()...)
	}
	return c, nil
}

func (k *Keeper) swap(s *workspace.Snapshot, c journey.Config) error {
	set, err := journey.NewSet(c)
	if err != nil {
		return fmt.Errorf("lay out the journeys: %w", err)
	}
	before := k.force.Swap(&force{snap: s, set: set, config: c, changed: make(chan struct{})})
	if before != nil {
		close(before.changed)
		k.o.Logger.Info("another workspace is in force", "version", s.Version(), "before", before.snap.Version())
	}
	return nil
}

// since is when the version came into force: a process that starts again goes on, and what
// fell due while it was down is late and not past.
func (k *Keeper) since(ctx context.Context, s *workspace.Snapshot) time.Time {
	if k.o.Timeless {
		return time.Time{}
	}
	if k.archive != nil {
		if a, err := k.archive.InForce(ctx); err == nil && a.Version == s.Version() {
			return a.At
		}
	}
	return k.o.Now()
}

func (k *Keeper) winners(ctx context.Context) (map[journey.Experiment]string, error) {
	list, err := k.o.Store.Winners(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the winners of splits: %w", err)
	}
	m := make(map[journey.Experiment]string, len(list))
	for _, w := range list {
		m[journey.Experiment{Journey: w.Journey, Version: w.Version, Step: w.Step}] = w.Arm
	}
	return m, nil
}

// For is the snapshot that a message is rendered with: the one in force when it has the
// journey's version, and otherwise the newest that has it, because who is inside an older
// version may be sent what the new one has no template for any more.
func (k *Keeper) For(ctx context.Context, c *message.Command) (*workspace.Snapshot, error) {
	now := k.Snapshot()
	if k.archive == nil {
		return now, nil
	}
	for _, d := range now.Journeys() {
		if d.Name == c.Journey && d.Version == c.Version {
			return now, nil
		}
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	id, err := k.o.Store.VersionOf(ctx, c.Journey, c.Version)
	if err == nil {
		var s *workspace.Snapshot
		if s, err = k.archive.Snapshot(ctx, id); err == nil {
			return s, nil
		}
	}
	if errors.Is(err, store.ErrNotFound) {
		return now, nil
	}
	return nil, fmt.Errorf("find the templates of version %s of %s: %w", c.Version, c.Journey, err)
}
