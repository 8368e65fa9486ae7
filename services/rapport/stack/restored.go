package stack

import (
	"context"
	"errors"
	"fmt"
	"time"

	"rapport/pkg/bus"
	"rapport/services/rapport/restored"
)

// restorable is a store that notices when it was set back: by a restore, or by a fail-over
// to a copy.
type restorable interface {
	// Restored reports whether the store was set back since Recovered was last called.
	Restored(ctx context.Context) (bool, error)
	// Recovered says that the store knows again what was sent.
	Recovered(ctx context.Context) error
	// Watch ends with an error when the store is set back while the process runs, which then
	// has to start again.
	Watch(ctx context.Context) error
}

// restored brings a store that was set back up to what the broker knows, before anything
// works on it. Of several processes that start together one does it and the others wait.
func (s *Stack) restored(ctx context.Context) error {
	st, ok := s.Store.(restorable)
	if !ok {
		return nil
	}
	if back, err := st.Restored(ctx); err != nil || !back {
		return err
	}
	leases, err := bus.OpenLeases(ctx, s.JS, bus.LeaseOptions{Holder: random()})
	if err != nil {
		return fmt.Errorf("recover the store: %w", err)
	}
	lease, err := leases.Wait(ctx, "recover")
	if err != nil {
		return fmt.Errorf("recover the store: %w", err)
	}
	back, err := st.Restored(ctx)
	if err == nil && back {
		if _, err = restored.Recover(ctx, s.JS, s.Store, time.Now(), s.cfg.Logger.With("component", "store")); err == nil {
			err = st.Recovered(ctx)
		}
	}
	if err := errors.Join(err, lease.Release(context.WithoutCancel(ctx))); err != nil {
		return fmt.Errorf("recover the store: %w", err)
	}
	return nil
}

// Provision makes the streams of a broker, and the tables of a PostgreSQL store, and ends.
func Provision(ctx context.Context, cfg Config) (err error) {
	cfg.Dir = "." // Nothing is kept here.
	if err := cfg.check(); err != nil {
		return err
	}
	s := &Stack{cfg: cfg}
	defer func() { err = errors.Join(err, s.Close(context.WithoutCancel(ctx))) }()
	steps := []func(context.Context) error{s.broker, s.streams, s.buckets}
	if cfg.StoreURL != "" {
		steps = append(steps, s.store)
	}
	for _, acquire := range steps {
		if err := acquire(ctx); err != nil {
			return err
		}
	}
	return nil
}

// buckets makes what few services use, so that their keys need no right to make it.
func (s *Stack) buckets(ctx context.Context) error {
	if err := bus.ProvisionBuckets(ctx, s.JS, bus.Layout{Replicas: s.cfg.NATSReplicas}); err != nil {
		return fmt.Errorf("provision the buckets: %w", err)
	}
	return nil
}

// Recover tells the store what the broker knows was sent, whether or not the store noticed
// that it was set back. No process may work on it meanwhile.
func Recover(ctx context.Context, cfg Config) (found restored.Found, err error) {
	if err := cfg.check(); err != nil {
		return found, err
	}
	s := &Stack{cfg: cfg}
	defer func() { err = errors.Join(err, s.Close(context.WithoutCancel(ctx))) }()
	for _, acquire := range []func(context.Context) error{s.directory, s.broker, s.streams, s.store} {
		if err := acquire(ctx); err != nil {
			return found, err
		}
	}
	found, err = restored.Recover(ctx, s.JS, s.Store, time.Now(), cfg.Logger.With("component", "store"))
	if err != nil {
		return found, fmt.Errorf("recover the store: %w", err)
	}
	if st, ok := s.Store.(restorable); ok {
		err = st.Recovered(ctx)
	}
	return found, err
}
