package stack

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"

	"rapport/pkg/bus"
	"rapport/services/ingest"
	"rapport/services/orchestrator"
)

// Config says what to run and where. The zero value of an address chooses a free port on
// the loopback interface.
type Config struct {
	// Dir keeps the broker's streams, the database and what was caught. Required.
	Dir string
	// Workspace is the directory with journeys and templates, watched for changes. Empty:
	// Starter, which does not change.
	Workspace string
	Starter   fs.FS
	// Services to run, of Names(); empty: all.
	Services []string
	// Hold names services that wait for Stack.Release.
	Hold []string

	HTTP        string // of ingest
	CatcherHTTP string // of the catcher's page and its Twilio-shaped API
	CatcherSMTP string
	// NATS is where the embedded broker listens for other processes; empty: nowhere.
	NATS string
	// NATSURL is a broker to use instead of the embedded one.
	NATSURL      string
	NATSReplicas int          // of each stream; zero: 1
	NATSSlots    bool         // gives slots to a stream of an earlier version, see bus.Layout
	NATSSecurity bus.Security // of connections to NATSURL
	Partitions   int          // of a new EVENTS stream; zero: 16

	// StoreURL names a PostgreSQL database (postgres://...), which several processes share;
	// empty: SQLite in Dir, which is this process's alone.
	StoreURL string
	// Keep is how long timelines are kept in a PostgreSQL store, and with them the ids by which
	// repeats are known; zero: for ever.
	Keep time.Duration
	// Ops is where health, readiness and metrics are asked for; empty: nowhere.
	Ops     string
	Scrape  http.Handler // answers /metrics; nil: nobody does
	Profile bool         // serve profiles there too
	Version string       // of the program
	// CatcherURL is the page of another process's catcher, which then takes SMS, WhatsApp
	// messages and webhooks; its mail server is named by SMTP.
	CatcherURL string

	Keys ingest.Keys
	// Limits bound what the HTTP door takes; zero fields have Segment's.
	Limits ingest.Limits
	SMTP   SMTP // empty Addr: the catcher
	// Providers sends mail by those of the workspace's delivery.yaml, as it is at the start.
	Providers bool
	Identity  Identity
	Twilio    Twilio // empty AccountSID: the catcher
	Webhooks  Webhooks
	Portal    Portal
	Listener  Listener
	Feeds     Feeds
	Inbound   Inbound
	// Secrets seal links and return paths, the newest first, each of 32 bytes or more. Empty:
	// one is made and kept in Dir.
	Secrets []string
	Clock   orchestrator.Clock

	Logger *slog.Logger
	Traces trace.TracerProvider
	Meters metric.MeterProvider
}

// SMTP is the mail server that takes real mail.
type SMTP struct {
	Addr, Username, Password string
	TLS                      string // opportunistic, mandatory, implicit or none
}

// Twilio is the account that sends real text messages.
type Twilio struct {
	AccountSID, AuthToken string
	From                  string // a number; empty: the workspace's sms.from
	MessagingServiceSID   string
	BaseURL               string // of another server that speaks its API; empty: Twilio's
}

// Webhooks says how calls of the shop's own systems are made. They are real only when mail
// is: without a mail server of its own, a process with a catcher is for trying things.
type Webhooks struct {
	Catch        bool     // the catcher takes them, also where mail is real
	AllowPrivate bool     // files that say allow_private may call private networks
	Signing      []string // keys; several while one is being replaced
}

// Names are the services in the order of the flow.
func Names() []string {
	return []string{"ingest", "orchestrator", "recommender", "mailer", "texter", "caller", "portal", "listener", "postmaster", "catcher"}
}

// runs reports whether a service is to be run here.
func (c *Config) runs(name string) bool {
	return len(c.Services) == 0 || slices.Contains(c.Services, name)
}

func (c *Config) check() error {
	if c.Dir == "" {
		return errors.New("no data directory: name one with --data")
	}
	for _, s := range c.Services {
		if !slices.Contains(Names(), s) {
			return fmt.Errorf("there is no service %q: --services takes some of %s", s, strings.Join(Names(), ", "))
		}
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Partitions == 0 {
		c.Partitions = 16
	}
	return nil
}

// listening replaces an error about an address that could not be listened on by one that
// names the flag: the port is what the reader has to change, whoever wanted it.
func (c *Config) listening(err error) error {
	var failed *net.OpError
	if !errors.As(err, &failed) || failed.Op != "listen" || failed.Addr == nil {
		return err
	}
	_, port, _ := net.SplitHostPort(failed.Addr.String())
	for _, a := range []struct{ flag, addr string }{
		{"--http", c.HTTP}, {"--catcher-http", c.CatcherHTTP}, {"--catcher-smtp", c.CatcherSMTP}, {"--nats", c.NATS}, {"--ops", c.Ops}, {"--portal", c.Portal.Addr}, {"--listener", c.Listener.Addr}, {"--inbound", c.Inbound.SMTP}, {"--inbound-lmtp", c.Inbound.LMTP},
	} {
		if _, p, bad := net.SplitHostPort(a.addr); bad == nil && p == port {
			return fmt.Errorf("%s %s: %w: stop the process that listens there, or choose another address (port 0 takes a free one)", a.flag, a.addr, failed.Err)
		}
	}
	return err
}
