package inforce

import (
	"context"
	"errors"
	"fmt"
	"time"

	"rapport/pkg/insight"
	"rapport/pkg/journey"
	"rapport/pkg/store"
	"rapport/services/rapport/archive"
)

// Run follows the store until ctx ends: versions that others put in force, and splits that
// have a winner.
func (k *Keeper) Run(ctx context.Context) error {
	if k.archive == nil || k.o.Timeless {
		<-ctx.Done()
		return nil
	}
	tick := time.NewTicker(k.o.Every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		if err := errors.Join(k.follow(ctx), k.judge(ctx)); err != nil && ctx.Err() == nil {
			k.o.Logger.WarnContext(ctx, "the store's workspace cannot be followed for the moment", "error", err)
		}
	}
}

// follow adopts what the store says is in force.
func (k *Keeper) follow(ctx context.Context) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	a, err := k.archive.InForce(ctx)
	switch {
	case errors.Is(err, archive.ErrNone):
		return nil
	case err != nil:
		return err
	case a.Version == k.Snapshot().Version():
		return nil
	}
	s, err := k.archive.Snapshot(ctx, a.Version)
	if err != nil {
		return fmt.Errorf("workspace version %s was applied and cannot be read: %w", a.Version, err)
	}
	return k.enact(ctx, s)
}

// judge decides the splits that have a winner.
func (k *Keeper) judge(ctx context.Context) error {
	experiments := experimentsOf(k.force.Load().config)
	if len(experiments) == 0 {
		return nil
	}
	measured, err := k.o.Store.Arms(ctx)
	if err != nil {
		return fmt.Errorf("read the measurements of splits: %w", err)
	}
	decided := false
	for x, split := range experiments {
		arms := make([]insight.Arm, len(split.Arms))
		for i, a := range split.Arms {
			arms[i].Name = a.Name
			for _, m := range measured {
				if m.Journey == x.Journey && m.Version == x.Version && m.Step == x.Step && m.Arm == a.Name && !m.Ghost {
					arms[i].N, arms[i].Goal = arms[i].N+m.Entered, arms[i].Goal+m.Converted
				}
			}
		}
		name, detail, ok := insight.Winner(arms, split.Winner.After, split.Winner.Confidence)
		if !ok {
			continue
		}
		w, err := k.o.Store.Decide(ctx, store.Winner{Journey: x.Journey, Version: x.Version, Step: x.Step, Arm: name, At: k.o.Now(), Detail: detail})
		if err != nil {
			return fmt.Errorf("record the winner of step %s of %s: %w", x.Step, x.Journey, err)
		}
		k.o.Logger.InfoContext(ctx, "a split has a winner", "journey", x.Journey, "step", x.Step, "arm", w.Arm, "why", w.Detail)
		decided = true
	}
	if !decided {
		return nil
	}
	return k.crown(ctx)
}

// crown puts the winners in force: newcomers take their arms.
func (k *Keeper) crown(ctx context.Context) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	now := k.force.Load()
	c := now.config
	var err error
	if c.Winners, err = k.winners(ctx); err != nil {
		return err
	}
	return k.swap(now.snap, c)
}

// experimentsOf lists the splits that look for a winner and have none.
func experimentsOf(c journey.Config) map[journey.Experiment]*journey.Split {
	m := map[journey.Experiment]*journey.Split{}
	for _, d := range c.Journeys {
		journey.Walk(d.Steps, func(s *journey.Step) {
			x := journey.Experiment{Journey: d.Name, Version: d.Version, Step: s.ID}
			if _, won := c.Winners[x]; s.Split != nil && s.Split.Winner != nil && !won {
				m[x] = s.Split
			}
		})
	}
	return m
}
