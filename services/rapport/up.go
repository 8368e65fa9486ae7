package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"rapport/pkg/bus"
	"rapport/pkg/telemetry"
	"rapport/services/ingest"
	"rapport/services/rapport/stack"
	"rapport/templates"
)

// upFlags are the flags of up, and what they are called in the environment.
type upFlags struct {
	cfg       stack.Config
	workspace string
	keyFile   string
	logFormat string
	logLevel  string
	keep      int // days
	maxEvent  int // bytes
	maxBatch  int
	track     []string
	proxies   []string
}

func upCommand() *cobra.Command {
	var f upFlags
	cmd := &cobra.Command{
		Use: "up", Short: "Run everything in one process: broker, store, services, catcher", Args: noArgs,
		Long: `Run everything in one process: an embedded broker and database, the services, and a
catcher that takes mail, text messages and webhooks until real providers are named. Webhooks
are called for real as soon as there is a real mail server.

Secrets come from the environment: RAPPORT_WRITE_KEYS (name:key,..., for pages name:key:browser;origin=https://shop.example), RAPPORT_SMTP_USERNAME,
RAPPORT_SMTP_PASSWORD, TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN, TWILIO_FROM,
TWILIO_MESSAGING_SERVICE_SID, TWILIO_BASE_URL (another server that speaks Twilio's API),
RAPPORT_SIGNING_KEYS (key,...: each signs the webhooks), RAPPORT_LINK_KEYS (key,...: the first seals the
links of messages, all are good; without them one is made in the data directory), and RAPPORT_SECRET_NAME for ${NAME} in a webhook, and for the secrets of shop systems that sources/ names. RAPPORT_ALLOW_PRIVATE_WEBHOOKS=true is
--allow-private-webhooks. Traces and metrics go where the OTEL_* variables say.`,
		RunE: func(c *cobra.Command, _ []string) error { return f.run(c.Context(), c.OutOrStdout(), c.ErrOrStderr()) },
	}
	flags := cmd.Flags()
	flags.BoolVar(&f.cfg.Webhooks.AllowPrivate, "allow-private-webhooks", false, "let webhooks whose file says allow_private into private networks")
	flags.BoolVar(&f.cfg.Webhooks.Catch, "catch-webhooks", false, "catch webhooks although mail is real")
	flags.StringVar(&f.cfg.Dir, "data", "data", "directory for streams, database and caught messages")
	flags.StringVar(&f.workspace, "workspace", "", "directory with journeys and templates (default: ./templates, else the built-in starter)")
	flags.StringSliceVar(&f.cfg.Services, "services", nil, "run only these: "+strings.Join(stack.Names(), ", "))
	flags.StringVar(&f.cfg.HTTP, "http", "127.0.0.1:8080", "address of the event API")
	flags.StringVar(&f.cfg.CatcherHTTP, "catcher-http", "127.0.0.1:8025", "address of the catcher's page")
	flags.StringVar(&f.cfg.CatcherSMTP, "catcher-smtp", "127.0.0.1:1025", "address of the catcher's mail server")
	flags.StringVar(&f.cfg.NATS, "nats", "127.0.0.1:4222", "address of the embedded broker for other processes; empty: none")
	f.doors(flags)
	f.broker(flags)
	f.sender(flags)
	f.answers(flags)
	f.feeds(flags)
	flags.StringVar(&f.cfg.StoreURL, "store", os.Getenv("RAPPORT_STORE_URL"), "PostgreSQL database, postgres://user@host/name (default: SQLite in the data directory)")
	flags.IntVar(&f.keep, "keep-days", 0, "with --store, drop timelines older than this, and the ids that repeats are known by; 0: never")
	flags.StringVar(&f.cfg.Ops, "ops", cmp.Or(os.Getenv("RAPPORT_OPS"), "127.0.0.1:8081"), "address of /healthz, /readyz and /metrics; empty: none")
	flags.BoolVar(&f.cfg.Profile, "ops-profile", false, "serve profiles at /debug/pprof/ of --ops too")
	flags.StringVar(&f.cfg.CatcherURL, "catcher-url", os.Getenv("RAPPORT_CATCHER_URL"), "page of another process's catcher, which takes SMS and webhooks; --smtp names its mail server")
	flags.IntVar(&f.cfg.Partitions, "partitions", 16, "partitions of a new event stream; they cannot be changed later")
	flags.StringVar(&f.keyFile, "write-keys", "", "file with write keys, name:key on each line")
	flags.StringVar(&f.cfg.SMTP.Addr, "smtp", os.Getenv("RAPPORT_SMTP_ADDR"), "mail server for real mail, host:port (default: the catcher)")
	flags.StringVar(&f.cfg.SMTP.TLS, "smtp-tls", "opportunistic", "opportunistic, mandatory, implicit or none")
	flags.StringVar(&f.logFormat, "log", "text", "text or json")
	flags.StringVar(&f.logLevel, "log-level", "warn", "debug, info, warn or error")
	return cmd
}

// broker are the flags about a broker of its own.
func (f *upFlags) broker(flags *pflag.FlagSet) {
	flags.StringVar(&f.cfg.NATSURL, "nats-url", os.Getenv("RAPPORT_NATS_URL"), "broker to use instead of the embedded one (several of a cluster: with commas)")
	flags.IntVar(&f.cfg.NATSReplicas, "nats-replicas", number("RAPPORT_NATS_REPLICAS", 1), "copies of each stream in a cluster: 1, 3 or 5")
	signIn(flags, &f.cfg.NATSSecurity)
}

// signIn are the flags about how to sign in at a broker.
func signIn(flags *pflag.FlagSet, s *bus.Security) {
	flags.StringVar(&s.CA, "nats-ca", os.Getenv("RAPPORT_NATS_CA"), "file with the certificate authority of the broker (TLS)")
	flags.StringVar(&s.Cert, "nats-cert", os.Getenv("RAPPORT_NATS_CERT"), "file with this process's certificate for the broker")
	flags.StringVar(&s.Key, "nats-key", os.Getenv("RAPPORT_NATS_KEY"), "file with the key of that certificate")
	flags.StringVar(&s.NKeySeedFile, "nats-nkey", os.Getenv("RAPPORT_NATS_NKEY"), "file with the nkey seed that this process signs in with")
}

// number is what a variable says, or what it is without one; what is no number is zero, which
// the check of the flag refuses.
func number(variable string, otherwise int) int {
	text := os.Getenv(variable)
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		return 0
	}
	return n
}

func (f *upFlags) run(ctx context.Context, out, logs io.Writer) error {
	began := time.Now()
	limitMemory()
	log, err := logger(logs, f.logFormat, f.logLevel)
	if err := cmp.Or(err, f.check(), f.checkDoors(), f.webhooks(), f.answered(), f.fed()); err != nil {
		return &usageError{"rapport up", err}
	}
	f.cfg.Logger, f.cfg.Keep = log, time.Duration(f.keep)*24*time.Hour
	keys, dev, err := f.keys()
	if err != nil {
		return err
	}
	f.cfg.Keys = keys
	f.cfg.Workspace, f.cfg.Starter = workspaceOf(f.workspace), templates.FS
	f.cfg.SMTP.Username, f.cfg.SMTP.Password = os.Getenv("RAPPORT_SMTP_USERNAME"), os.Getenv("RAPPORT_SMTP_PASSWORD")
	f.cfg.Twilio = stack.Twilio{
		AccountSID: os.Getenv("TWILIO_ACCOUNT_SID"), AuthToken: os.Getenv("TWILIO_AUTH_TOKEN"),
		From: os.Getenv("TWILIO_FROM"), MessagingServiceSID: os.Getenv("TWILIO_MESSAGING_SERVICE_SID"),
		BaseURL: os.Getenv("TWILIO_BASE_URL"),
	}
	seen, err := telemetry.Setup(ctx, telemetry.Options{Service: "rapport", Version: version(), Scrape: f.cfg.Ops != "", Logger: log})
	if err != nil {
		return fmt.Errorf("set up telemetry: %w", err)
	}
	f.cfg.Traces, f.cfg.Meters, f.cfg.Scrape, f.cfg.Version = seen.Traces, seen.Metrics, seen.Scrape, version()
	st, err := stack.Open(ctx, f.cfg)
	if err != nil {
		return errors.Join(err, seen.Shutdown(context.WithoutCancel(ctx)))
	}
	f.banner(out, st, dev, time.Since(began))
	var failed error
	select {
	case <-ctx.Done():
		fmt.Fprintln(out, "\nStopping: what is in hand is finished first.") //nolint:errcheck // Nobody is left to tell.
	case <-st.Failed():
		failed = errors.New("a service ended by itself")
	}
	closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopWithin)
	defer cancel()
	return errors.Join(failed, st.Close(closing), seen.Shutdown(closing))
}

// stopWithin bounds a stop; what is not finished then is found and finished at the next
// start.
const stopWithin = 10 * time.Second

// devKey is the write key of a start without any, for trying things on one's own machine.
const devKey = "dev"

// keys returns the write keys, and the development key when there are no others.
func (f *upFlags) keys() (keys ingest.Keys, dev string, err error) {
	var set *ingest.KeySet
	switch text := os.Getenv("RAPPORT_WRITE_KEYS"); {
	case f.keyFile != "":
		if set, err = ingest.ReadKeys(f.keyFile); err != nil {
			err = fmt.Errorf("--write-keys: %w", err)
		}
	case text != "":
		if set, err = ingest.ParseKeys(text); err != nil {
			err = fmt.Errorf("RAPPORT_WRITE_KEYS: %w", err)
		}
	default:
		dev = devKey
		set, err = ingest.ParseKeys("shop:" + devKey)
	}
	if err != nil {
		return nil, "", err
	}
	if dev != "" && !loopback(f.cfg.HTTP) {
		return nil, "", &usageError{"rapport up", fmt.Errorf("--http %s can be reached from other machines, and there are no write keys: "+
			"set RAPPORT_WRITE_KEYS=shop:a-long-random-text", f.cfg.HTTP)}
	}
	return set, dev, nil
}

// workspaceOf is the directory named, else ./templates when it is one, else none.
func workspaceOf(named string) string {
	if named != "" {
		return named
	}
	if _, err := os.Stat("templates/rapport.yaml"); err == nil {
		return "templates"
	}
	return ""
}
