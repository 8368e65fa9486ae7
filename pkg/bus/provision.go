package bus

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Provision creates the streams and the bucket, or brings existing ones up to the layout;
// calling it again changes nothing. What is as it should be is only looked at, so that
// a process whose user may not create streams can call it too, after one that may has. What
// a layout leaves open (0) stays as it is, and so does everything that a layout does not
// know, such as where the replicas are placed.
//
// A key of an earlier version, which may not look at IN, will do for whoever does not need it.
//
// A stream of an earlier version that lacks only the urgent family of SEND will do where it may
// not be changed: the rest works without it, see UrgentlyServed.
//
// It refuses another number of partitions than the stream was made with, and fewer
// replicas than it has. More replicas are copied after it has returned.
func Provision(ctx context.Context, js jetstream.JetStream, layout Layout) error {
	if err := layout.check(); err != nil {
		return fmt.Errorf("provision streams: %w", err)
	}
	for _, want := range append(Streams(layout), leaseBucket(layout.withDefaults())) {
		if err := provision(ctx, js, layout, want); err != nil {
			return fmt.Errorf("provision stream %s: %w", want.Name, err)
		}
	}
	return nil
}

func (l Layout) check() error {
	l = l.withDefaults()
	switch {
	case l.Partitions < 1 || l.Partitions > 1024:
		return fmt.Errorf("%d partitions; choose 1 to 1024", l.Partitions)
	case l.MaxBytes < minMaxBytes:
		return fmt.Errorf("MaxBytes of %d is too small; give them at least %d (32 MiB)", l.MaxBytes, minMaxBytes)
	case l.Replicas != 1 && l.Replicas != 3 && l.Replicas != 5:
		return fmt.Errorf("%d replicas; choose 1 on one machine, 3 in a cluster, or 5: a cluster goes on while more than half of them live", l.Replicas)
	}
	return nil
}

func provision(ctx context.Context, js jetstream.JetStream, l Layout, want jetstream.StreamConfig) error {
	if want.Name == StreamIn && closed(ctx, js, want.Name) {
		return nil // Whoever needs it finds out, and says so.
	}
	s, err := lookUp(ctx, js, want.Name)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		return change(ctx, js, l, "$JS.API.STREAM.CREATE."+want.Name, "it is missing", func(ctx context.Context) error {
			_, err := js.CreateStream(ctx, want)
			return err
		})
	}
	if err != nil {
		return err
	}
	have := s.CachedInfo().Config
	if want.Name == StreamEvents {
		p, err := placingOf(have)
		if err == nil {
			err = samePartitions(p.Partitions, l.withDefaults().Partitions)
		}
		if err != nil {
			return err
		}
		if p.Named && !l.Slots {
			want.SubjectTransform = have.SubjectTransform
		}
	}
	next, differs, err := adapt(have, want, l)
	if err != nil || len(differs) == 0 {
		return err
	}
	err = change(ctx, js, l, "$JS.API.STREAM.UPDATE."+want.Name, strings.Join(differs, ", "), func(ctx context.Context) error {
		_, err := js.UpdateStream(ctx, next)
		return err
	})
	if errors.Is(err, nats.ErrPermissionViolation) && lacksUrgent(have, want, differs) {
		return nil // Everything goes by the ordinary subjects until somebody adds the others.
	}
	return err
}

// closed reports whether this connection's key may not even look at a stream. The broker does not answer then;
// it tells the connection.
func closed(ctx context.Context, js jetstream.JetStream, stream string) bool {
	_, err := lookUp(ctx, js, stream)
	return errors.Is(err, nats.ErrPermissionViolation)
}

// adapt is what a stream has with what is wanted in place of it, and a list of what differs.
func adapt(have, want jetstream.StreamConfig, l Layout) (jetstream.StreamConfig, []string, error) {
	if l.Replicas == 0 {
		want.Replicas = have.Replicas
	}
	if l.MaxBytes == 0 {
		want.MaxBytes = have.MaxBytes
	}
	if l.Duplicates == 0 && want.Name != StreamIn {
		want.Duplicates = have.Duplicates
	}
	if want.Replicas < have.Replicas {
		return have, nil, fmt.Errorf("it has %d replicas and %d are asked for: that would drop copies of what was acknowledged; "+
			"ask for %d (--nats-replicas), or lower it by hand", have.Replicas, want.Replicas, have.Replicas)
	}
	next := have
	var differs []string
	to, from := reflect.ValueOf(&next).Elem(), reflect.ValueOf(want)
	for _, name := range provisioned() {
		field, value := to.FieldByName(name), from.FieldByName(name)
		if same(field.Interface(), value.Interface()) {
			continue
		}
		differs = append(differs, fmt.Sprintf("%s is %v, not %v", name, deref(field), deref(value)))
		field.Set(value)
	}
	return next, differs, nil
}

// provisioned are the fields of a stream's configuration that a layout decides. Nobody else
// may change them; all others are the operator's.
func provisioned() []string {
	return []string{
		"Description", "Subjects", "SubjectTransform", "Retention", "Storage", "Discard", "MaxBytes", "MaxMsgSize", "MaxMsgsPerSubject",
		"Replicas", "Duplicates", "AllowAtomicPublish", "AllowDirect", "AllowMsgTTL", "SubjectDeleteMarkerTTL", "AllowRollup", "DenyDelete",
	}
}

// same compares what the server answers with what it was asked for: it says -1 where it was told
// nothing.
func same(a, b any) bool {
	switch m := a.(type) {
	case int64:
		return m == b.(int64) || m <= 0 && b.(int64) <= 0
	case int32:
		return m == b.(int32) || m <= 0 && b.(int32) <= 0
	case []string:
		return slices.Equal(m, b.([]string))
	}
	return reflect.DeepEqual(a, b)
}

func deref(v reflect.Value) any {
	if v.Kind() == reflect.Pointer && !v.IsNil() {
		return v.Elem().Interface()
	}
	return v.Interface()
}

// peersWithin is how long nodes that start together are given to find each other.
const peersWithin = 5 * time.Second

// change asks for a change of what a subject of the broker's API names. To be asked again does no harm: a stream that is as
// it is wanted is answered as one that was made now.
func change(ctx context.Context, js jetstream.JetStream, l Layout, api, why string, do func(context.Context) error) error {
	attempt := func(ctx context.Context) error {
		err := allowed(js.Conn(), api, do(ctx))
		if errors.Is(err, nats.ErrPermissionViolation) {
			return fmt.Errorf("%s, and this user may not change that: provision with an administrator's key first: %w", why, err)
		}
		return err
	}
	err := ask(ctx, attempt)
	for start := time.Now(); hasCode(err, codeNoPeers) && time.Since(start) < peersWithin && sleep(ctx, attemptPause); {
		err = ask(ctx, attempt)
	}
	return remedy(err, l)
}

// remedy says what to do about what the server refuses.
func remedy(err error, l Layout) error {
	l = l.withDefaults()
	switch {
	case hasCode(err, codeStorageExceeded):
		return fmt.Errorf("%w: the streams reserve %d MiB and the broker has less to give; "+
			"lower Layout.MaxBytes, free disk space or raise the broker's limit", err, l.MaxBytes>>20)
	case hasCode(err, codeNotClustered, codeNoPeers):
		return fmt.Errorf("%w: %d replicas need a cluster of at least as many brokers that run, with room for the streams; "+
			"start them, or ask for 1 (--nats-replicas)", err, l.Replicas)
	}
	return err
}

// leaseBucket is the stream behind the bucket LEASE, as the client library would make it:
// the library's own way to make one asks for more rights than a look takes.
func leaseBucket(l Layout) jetstream.StreamConfig {
	return jetstream.StreamConfig{
		Name:              leaseStream,
		Description:       "Who works on which partition. On file, because its revisions are fencing tokens and must never go back.",
		Subjects:          []string{leaseSubject + ">"},
		MaxMsgsPerSubject: 1,
		MaxBytes:          leaseMaxBytes,
		Storage:           jetstream.FileStorage,
		Replicas:          l.Replicas,
		Discard:           jetstream.DiscardNew,
		Duplicates:        defaultDuplicates,
		// Only the leader answers who has a lease: a replica that is behind would say that it is
		// held when it was just released.
		AllowDirect: false,
		AllowRollup: true,
		DenyDelete:  true,
		AllowMsgTTL: true,
		// Expiry leaves a marker for a second, so that waiting workers hear
		// of a dead holder instead of polling.
		SubjectDeleteMarkerTTL: time.Second,
	}
}
