package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"rapport/pkg/bus"
	"rapport/pkg/event"
	"rapport/pkg/shophook"
	"rapport/pkg/workspace"
	"rapport/services/rapport/stack"
	"rapport/templates"
)

// bodiesAgain maps the bodies of webhooks once more, by the sources of a workspace, and hands
// what follows to the door over NATS, which judges it as it does any shop's: a process of its own
// may not write events. Signatures were looked at when the bodies came, and are not kept.
func bodiesAgain(js jetstream.JetStream, dir string) func(context.Context, bus.Body) error {
	return func(ctx context.Context, b bus.Body) error {
		sources, err := sourcesOf(dir)
		if err != nil {
			return err
		}
		source := sources.Get(b.Source)
		if source == nil {
			return fmt.Errorf("the workspace has no source %q: name another with --workspace", b.Source)
		}
		delivery, err := source.Again(b.Header, b.Data, b.Received)
		if err != nil {
			return err //nolint:wrapcheck // It names the file and the line.
		}
		msgs := make([]*nats.Msg, 0, len(delivery.Events))
		for i := range delivery.Events {
			e := &delivery.Events[i]
			body, err := event.Encode(e)
			if err != nil {
				return err //nolint:wrapcheck // It names the event.
			}
			msgs = append(msgs, bus.NewMsg(bus.InSubject(b.Source), e.UID(), body))
		}
		for part := range bus.Split(msgs, 0) {
			if _, err := bus.PublishBatch(ctx, js, part); err != nil {
				return err //nolint:wrapcheck // It says what it was doing.
			}
		}
		return nil
	}
}

// sourcesOf reads the sources of a workspace's directory, or of the starter.
func sourcesOf(dir string) (*shophook.Sources, error) {
	var snap *workspace.Snapshot
	var err error
	if dir = workspaceOf(dir); dir == "" {
		snap, err = workspace.Load(templates.FS, "templates")
	} else {
		snap, err = stack.Check(dir)
	}
	if err != nil {
		return nil, err
	}
	if len(snap.Sources()) == 0 {
		return nil, errors.New("the workspace has no sources of webhooks: name another with --workspace")
	}
	return shophook.Open(snap.Sources(), os.Getenv), nil
}
