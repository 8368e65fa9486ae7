package bench

import (
	"context"
	"errors"
)

// newServer is the engine of PostgreSQL.
func newServer(context.Context, *Options) (engine, error) {
	return nil, errors.New("PostgreSQL is not measured yet")
}
