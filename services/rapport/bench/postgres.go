package bench

import (
	"context"
	"errors"

	"rapport/services/rapport/stack"
)

// newServer is the engine of PostgreSQL.
func newServer(context.Context, *Options) (engine, error) {
	return nil, errors.New("PostgreSQL is not measured yet")
}

// onStore names the store's URL to a stack.
func onStore(_ *stack.Config, url string) error {
	if url != "" {
		return errors.New("the stack takes no store URL yet")
	}
	return nil
}

// upFlags name the store to `rapport up`.
func upFlags(p place) []string {
	if p.url == "" {
		return nil
	}
	return []string{"--store", p.url}
}
