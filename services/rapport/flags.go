package main

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"

	"rapport/services/caller"
	"rapport/services/rapport/stack"
)

// check finds mistakes in the flags before anything is started.
func (f *upFlags) check() error {
	for _, a := range []struct{ flag, addr, example string }{
		{"--http", f.cfg.HTTP, "127.0.0.1:8080"},
		{"--catcher-http", f.cfg.CatcherHTTP, "127.0.0.1:8025"},
		{"--catcher-smtp", f.cfg.CatcherSMTP, "127.0.0.1:1025"},
		{"--nats", f.cfg.NATS, "127.0.0.1:4222"},
		{"--smtp", f.cfg.SMTP.Addr, "smtp.example.com:587"},
		{"--ops", f.cfg.Ops, "127.0.0.1:8081"},
		{"--portal", f.cfg.Portal.Addr, "127.0.0.1:8082"},
		{"--listener", f.cfg.Listener.Addr, "127.0.0.1:8083"},
	} {
		if a.addr == "" && slices.Contains([]string{"--nats", "--smtp", "--ops", "--portal", "--listener"}, a.flag) {
			continue
		}
		if err := address(a.addr); err != nil {
			return fmt.Errorf("%s %q: %w: write host:port, such as %s", a.flag, a.addr, err, a.example)
		}
	}
	for _, s := range f.cfg.Services {
		if !slices.Contains(stack.Names(), s) {
			return fmt.Errorf("--services: there is no service %q: choose from %s", s, strings.Join(stack.Names(), ", "))
		}
	}
	if !slices.Contains([]string{"opportunistic", "mandatory", "implicit", "none"}, f.cfg.SMTP.TLS) {
		return fmt.Errorf("--smtp-tls %q: use opportunistic, mandatory, implicit or none", f.cfg.SMTP.TLS)
	}
	return cmp.Or(f.partitions(), f.shared())
}

func (f *upFlags) partitions() error {
	if f.cfg.Partitions < 1 || f.cfg.Partitions > maxPartitions {
		return fmt.Errorf("--partitions %d: use 1 to %d", f.cfg.Partitions, maxPartitions)
	}
	return nil
}

// shared checks the flags about what several processes share.
func (f *upFlags) shared() error {
	if !slices.Contains([]int{1, 3, 5}, f.cfg.NATSReplicas) {
		return fmt.Errorf("--nats-replicas %d: use 1, or 3 or 5 in a cluster of as many nodes", f.cfg.NATSReplicas)
	}
	if f.keep != 0 && (f.keep < leastKept || f.cfg.StoreURL == "") {
		return fmt.Errorf("--keep-days %d: use %d or more, with a PostgreSQL --store", f.keep, leastKept)
	}
	if f.cfg.NATSReplicas > 1 && f.cfg.NATSURL == "" {
		return fmt.Errorf("--nats-replicas %d: the embedded broker is one node: name a cluster with --nats-url", f.cfg.NATSReplicas)
	}
	if err := storeURL(f.cfg.StoreURL); err != nil {
		return err
	}
	if f.cfg.CatcherURL == "" {
		return nil
	}
	if u, err := url.Parse(f.cfg.CatcherURL); err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return fmt.Errorf("--catcher-url %q is no address of a page: write it as http://127.0.0.1:8025", f.cfg.CatcherURL)
	}
	if f.cfg.SMTP.Addr == "" {
		return errors.New("--catcher-url names where SMS and webhooks are caught: name the catcher's mail server too, with --smtp")
	}
	return nil
}

// leastKept is the shortest time that may be kept: producers repeat themselves for days, and
// explanations and back-tests read no more than is kept. What conditions ask is in the states.
const leastKept = 30

// storeURL says what is wrong with the address of a store. It may hold a password, so it is
// never repeated.
func storeURL(s string) error {
	if s == "" {
		return nil
	}
	u, err := url.Parse(s)
	if err != nil || (u.Scheme != "postgres" && u.Scheme != "postgresql") {
		return errors.New("--store is no address of a PostgreSQL database: write it as postgres://user@host:5432/rapport")
	}
	return nil
}

// webhooks reads from the environment how webhooks are made.
func (f *upFlags) webhooks() error {
	for key := range strings.SplitSeq(os.Getenv("RAPPORT_SIGNING_KEYS"), ",") {
		switch key = strings.TrimSpace(key); {
		case key == "":
		case len(key) < caller.MinKey:
			return fmt.Errorf("RAPPORT_SIGNING_KEYS: a key has %d bytes: use at least %d random ones, and a comma between keys", len(key), caller.MinKey)
		default:
			f.cfg.Webhooks.Signing = append(f.cfg.Webhooks.Signing, key)
		}
	}
	if text := os.Getenv("RAPPORT_ALLOW_PRIVATE_WEBHOOKS"); text != "" {
		allow, err := strconv.ParseBool(text)
		if err != nil {
			return fmt.Errorf("RAPPORT_ALLOW_PRIVATE_WEBHOOKS is %q: use true or false", text)
		}
		f.cfg.Webhooks.AllowPrivate = f.cfg.Webhooks.AllowPrivate || allow
	}
	return nil
}

// maxPartitions is what a stream can be made with (bus.Provision).
const maxPartitions = 1024

// address says what is wrong with an address to listen on or to connect to.
func address(s string) error {
	_, port, err := net.SplitHostPort(s)
	if err != nil {
		return fmt.Errorf("has no host and port")
	}
	if n, err := strconv.Atoi(port); err != nil || n < 0 || n > 65535 {
		return fmt.Errorf("has no port from 0 to 65535")
	}
	return nil
}

// loopback reports whether an address can be reached from this machine only.
func loopback(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return false
	}
	ip := net.ParseIP(host)
	return host == "localhost" || (ip != nil && ip.IsLoopback())
}
