package ops

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"
)

// Broker passes while the connection stands and JetStream answers for the stream: it has
// a leader, so that it can be written to and read from.
func Broker(js jetstream.JetStream, stream string) Check {
	return Check{Name: "broker", Ready: func(ctx context.Context) error {
		if conn := js.Conn(); !conn.IsConnected() {
			return fmt.Errorf("the connection is %s", conn.Status())
		}
		if _, err := js.Stream(ctx, stream); err != nil {
			return fmt.Errorf("look up stream %s: %w", stream, err)
		}
		return nil
	}}
}

// Store passes while the database answers and can be written to.
func Store(s interface {
	Ping(ctx context.Context) error
},
) Check {
	return Check{Name: "store", Ready: s.Ping}
}

// Started passes once the channel is closed: lifecycle.Readier has such a one.
func Started(name string, ready <-chan struct{}) Check {
	return Check{Name: name, Ready: func(context.Context) error {
		select {
		case <-ready:
			return nil
		default:
			return errors.New("it is still starting")
		}
	}}
}

// Running passes until the channel is closed: lifecycle.Group's Failed is such a one.
func Running(name string, failed <-chan struct{}) Check {
	return Check{Name: name, Ready: func(context.Context) error {
		select {
		case <-failed:
			return errors.New("a service has ended by itself; the process is about to end")
		default:
			return nil
		}
	}}
}

// Share passes while a process holds at least its share of the partitions. The function
// says how many it holds and how many it should hold at the least; a process that joins or leaves
// changes the second, and is given time for the first by whoever counts.
func Share(count func() (held, share int)) Check {
	return Check{Name: "partitions", Ready: func(context.Context) error {
		if held, share := count(); held < share {
			return fmt.Errorf("%d of the %d partitions that are its share are held", held, share)
		}
		return nil
	}}
}
