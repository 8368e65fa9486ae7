package client

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
)

// Options says where events go and how long they may wait. URL and WriteKey, or NATS or NATSURL
// and Source, are required; zero values of the others have the defaults named.
type Options struct {
	// URL is the door's address, such as "https://events.shop.example"; WriteKey says who sends.
	URL      string
	WriteKey string
	// HTTP sends the requests; nil is a client of its own. Its Timeout should be zero: Timeout
	// below bounds an attempt.
	HTTP *http.Client
	// Uncompressed sends bodies as they are instead of with gzip: less work where the door is on
	// the same machine.
	Uncompressed bool

	// NATS is a connection to the broker, which stays open at Close. NATSURL opens one instead,
	// with NATSOptions (credentials, TLS, name), and closes it.
	NATS        *nats.Conn
	NATSURL     string
	NATSOptions []nats.Option

	// Source names the sender; over NATS it is required, and a token of the subject: letters, digits, - and _. At the
	// HTTP door the write key says who sends.
	Source string

	// Batch is how many events go together at most, 500; BatchBytes how large they are
	// together, 480,000. The door takes 2,500 and 500,000.
	Batch, BatchBytes int
	// Interval is how long an event waits for others to go with, 100 ms; negative is not at all.
	Interval time.Duration
	// Concurrency is how many batches are on their way at a time, 1. With more, events may be
	// stored in another order than that of the calls.
	Concurrency int

	// Queue and QueueBytes bound what is not yet settled: 10,000 events, 32 MiB.
	Queue, QueueBytes int
	// WhenFull says what a call does then.
	WhenFull Full

	// Timeout bounds one attempt, 30 s: the door itself waits ten for its broker.
	Timeout time.Duration
	// GiveUpAfter is how long a batch is tried before its events are reported as not stored;
	// zero: as long as the client is open.
	GiveUpAfter time.Duration

	// Report is told what became of events, of each once; nil is nobody. It is called from the
	// goroutine that sent them, and must not wait for the client.
	Report func([]Result)
	// Trouble is told of each attempt that failed and is repeated after the pause; nil is nobody.
	Trouble func(err error, pause time.Duration)
}

// Full is what a call does while the queue is full.
type Full int

const (
	// Wait waits for room until the call's context ends. It is the default.
	Wait Full = iota
	// Refuse returns ErrFull.
	Refuse
)

// What the doors take. A batch is kept a little smaller than that, for its brackets.
const (
	maxItems      = 2500
	maxBatchBytes = 500_000
	maxEventBytes = 32 << 10
)

func (o Options) withDefaults() Options {
	or(&o.Batch, 500)
	or(&o.BatchBytes, maxBatchBytes-20_000)
	or(&o.Interval, 100*time.Millisecond)
	or(&o.Concurrency, 1)
	or(&o.Queue, 10_000)
	or(&o.QueueBytes, 32<<20)
	or(&o.Timeout, 30*time.Second)
	if o.Source == "" {
		o.Source = "client"
	}
	return o
}

func or[T comparable](v *T, def T) {
	var zero T
	if *v == zero {
		*v = def
	}
}

func (o *Options) check() error {
	ways := 0
	for _, given := range []bool{o.URL != "", o.NATS != nil, o.NATSURL != ""} {
		if given {
			ways++
		}
	}
	switch {
	case ways == 0:
		return errors.New("client: nowhere to send to: set Options.URL and WriteKey, or NATS or NATSURL and Source")
	case ways > 1:
		return errors.New("client: Options.URL, NATS and NATSURL: set one of them")
	case o.URL == "" && !isToken(o.Source):
		return fmt.Errorf("client: Options.Source is %q: over NATS it names the sender, in letters, digits, - and _", o.Source)
	case o.Batch > maxItems || o.Batch < 0:
		return fmt.Errorf("client: Options.Batch is %d: the door takes 1 to %d", o.Batch, maxItems)
	case o.BatchBytes > maxBatchBytes || o.BatchBytes < 0:
		return fmt.Errorf("client: Options.BatchBytes is %d: the door takes at most %d", o.BatchBytes, maxBatchBytes)
	case o.Concurrency < 0 || o.Queue < 0 || o.QueueBytes < 0 || o.Timeout < 0 || o.GiveUpAfter < 0:
		return errors.New("client: a negative Concurrency, Queue, QueueBytes, Timeout or GiveUpAfter: leave it at zero for its default")
	case o.QueueBytes != 0 && o.QueueBytes < maxEventBytes:
		return fmt.Errorf("client: Options.QueueBytes is %d: one event may have %d", o.QueueBytes, maxEventBytes)
	case o.URL == "":
		return nil
	}
	u, err := url.Parse(o.URL)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return fmt.Errorf("client: Options.URL %q is no address of a door: write it as https://events.shop.example", o.URL)
	}
	if o.WriteKey == "" {
		return errors.New("client: Options.WriteKey is missing: the door's keys are set by RAPPORT_WRITE_KEYS=name:key")
	}
	return nil
}

func isToken(s string) bool {
	return s != "" && len(s) <= 64 && strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") == ""
}
