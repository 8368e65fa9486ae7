//go:build linux

package site

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"rapport/services/rapport/chaos/process"
)

// parts are the processes of the program, and which of its services each runs. What comes
// last in the flow is started first.
var parts = []struct{ name, service string }{
	{"mailer-1", "mailer"},
	{"mailer-2", "mailer"},
	{"texter-1", "texter"},
	{"orchestrator-1", "orchestrator"},
	{"orchestrator-2", "orchestrator"},
	{"ingest-1", "ingest"},
	{"ingest-2", "ingest"},
}

// services starts the program in its parts.
func (s *Site) services(ctx context.Context) error {
	for _, p := range parts {
		spec, err := s.spec(p.name, p.service)
		if err != nil {
			return err
		}
		s.names = append(s.names, p.name)
		s.parts[p.name] = process.New(spec)
		if err := s.parts[p.name].Launch(); err != nil {
			return err
		}
	}
	for _, door := range s.doors {
		if err := opens(ctx, door); err != nil {
			return fmt.Errorf("%w; see the logs in %s", err, s.o.Dir)
		}
	}
	return nil
}

// opens waits until a door says that it is ready.
func opens(ctx context.Context, door string) error {
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	client := &http.Client{Timeout: 5 * time.Second}
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, door+"/readyz", nil)
		if err != nil {
			return err
		}
		resp, err := client.Do(req)
		if err == nil {
			_ = resp.Body.Close() // The status says it all.
			if resp.StatusCode == http.StatusOK {
				return nil
			}
			err = fmt.Errorf("it answers %s", resp.Status)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("the door %s did not open: %w", door, err)
		case <-tick.C:
		}
	}
}

// spec is how one part is run: with links of its own to all that it speaks to.
func (s *Site) spec(name, service string) (process.Spec, error) {
	var brokers []string
	for i := range s.nats.Size() {
		n := s.nats.Node(i)
		addr, err := s.link(name+"~nats", name+"~"+n.Name(), n.ClientAddr())
		if err != nil {
			return process.Spec{}, err
		}
		brokers = append(brokers, "nats://"+addr)
	}
	spec := process.Spec{
		Name: name, Path: s.o.Binary, Log: filepath.Join(s.o.Dir, name+".log"),
		Args: []string{
			"up", "--services", service, "--data", filepath.Join(s.o.Dir, name), "--workspace", filepath.Join(s.o.Dir, "workspace"),
			"--nats-url", strings.Join(brokers, ","), "--nats-replicas", strconv.Itoa(nodes), "--partitions", strconv.Itoa(s.o.Partitions),
			"--ops", "127.0.0.1:0", "--log", "json", "--log-level", "info",
		},
		Env: []string{"RAPPORT_WRITE_KEYS=" + s.o.Source + ":" + s.o.Key, "RAPPORT_CLOCK_OFFSET_FILE=" + s.clockFile(name)},
	}
	if err := os.WriteFile(s.clockFile(name), []byte("0s\n"), 0o600); err != nil {
		return spec, fmt.Errorf("set the clock of %s: %w", name, err)
	}
	if service == "ingest" {
		return spec, s.door(&spec)
	}
	addr, err := s.link(name+"~postgres", name+"~postgres", s.pg.Addr())
	if err != nil {
		return spec, err
	}
	u, err := url.Parse(s.pg.URL(database))
	if err != nil {
		return spec, fmt.Errorf("read the database's address: %w", err)
	}
	u.Host = addr
	spec.Args = append(spec.Args, "--store", u.String())
	switch service {
	case "mailer":
		addr, err = s.throughTo(name, "smtp", s.mail.Door)
		spec.Args = append(spec.Args, "--smtp", addr, "--smtp-tls", "none")
	case "texter":
		addr, err = s.throughTo(name, "twilio", s.text.Door)
		spec.Env = append(spec.Env, "TWILIO_ACCOUNT_SID=AC00000000000000000000000000000000", "TWILIO_AUTH_TOKEN=chaos", "TWILIO_BASE_URL=http://"+addr)
	}
	return spec, err
}

// throughTo opens a worker's own door at a server outside, and a link to it.
func (s *Site) throughTo(name, server string, door func(worker string) (string, error)) (string, error) {
	addr, err := door(name)
	if err != nil {
		return "", err
	}
	return s.link(name+"~"+server, name+"~"+server, addr)
}

// door gives an ingest process an address that it keeps, and producers a link to it.
func (s *Site) door(spec *process.Spec) error {
	addr, err := freeAddr()
	if err != nil {
		return err
	}
	spec.Args = append(spec.Args, "--http", addr)
	through, err := s.link("client~"+spec.Name, "client~"+spec.Name, addr)
	if err != nil {
		return err
	}
	s.doors = append(s.doors, "http://"+through)
	return nil
}

// freeAddr is a free one below the ports that the system gives to outgoing connections: a
// process has to find its own again after it was down for a while.
func freeAddr() (string, error) {
	for range 1000 {
		addr := "127.0.0.1:" + strconv.Itoa(10000+rand.IntN(22000)) //nolint:gosec // A port, no secret.
		l, err := net.Listen("tcp", addr)
		if err == nil {
			return addr, l.Close()
		}
	}
	return "", fmt.Errorf("found no free port between 10000 and 32000")
}

func (s *Site) clockFile(name string) string { return filepath.Join(s.o.Dir, name+".clock") }
