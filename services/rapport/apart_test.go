package main_test

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rapport/pkg/bus/natslocal"
	"rapport/pkg/store/postgres/pgtest"
	"rapport/services/catcher"
)

// shop is what processes of one shop share: a broker, a database, a catcher.
type shop struct {
	nats, store string
	catcher     *running
	smtp        string
}

// share starts a broker, a database and a catcher.
func share(t *testing.T) *shop {
	t.Helper()
	return shareStore(t, program(t), pgtest.URL(t))
}

// shareStore starts a broker and the catcher of a program for a database. The catcher is who finds an
// empty broker, and makes its streams.
func shareStore(t *testing.T, bin, url string) *shop {
	t.Helper()
	s := &shop{store: url}
	cluster, err := natslocal.Start(t.Context(), natslocal.Options{Dir: t.TempDir(), Nodes: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := cluster.Close(); err != nil {
			t.Errorf("stop the broker: %v", err)
		}
	})
	s.nats = strings.Join(cluster.URLs(), ",")
	s.catcher = s.start(t, bin, "catcher")
	s.catcher.messages = find(t, s.catcher.out.String(), `messages +(http://\S+)`)
	s.smtp = find(t, s.catcher.out.String(), `smtp +(\S+)`)
	return s
}

// start starts a process of a program with some services.
func (s *shop) start(t *testing.T, bin, services string) *running {
	t.Helper()
	args := append([]string{"up", "--services", services, "--data", t.TempDir(), "--nats-url", s.nats}, free()...)
	if s.catcher != nil {
		args = append(args, "--smtp", s.smtp, "--catcher-url", s.catcher.messages)
	}
	cmd := command(t, t.TempDir(), args...)
	cmd.Path = bin
	cmd.Env = append(cmd.Env, "RAPPORT_STORE_URL="+s.store)
	r := launch(t, cmd)
	if strings.Contains(services, "ingest") {
		r.events = find(t, r.out.String(), `events +(http://[^/\s]+)/v1/track`)
	}
	return r
}

// orders posts so many orders, each of another person, through doors in turn.
func orders(t *testing.T, from, n int, doors ...*running) {
	t.Helper()
	for i := from; i < from+n; i++ {
		doors[i%len(doors)].accepted(t, order(fmt.Sprintf("O-%d", i), fmt.Sprintf("person%d", i), "Ada", "Lamp"))
	}
}

// once waits until n people have their thank-you, and fails when anybody has two.
func (s *shop) once(t *testing.T, n int) {
	t.Helper()
	all := s.catcher.awaitThat(t, url.Values{"journey": {"thank-you"}}, func(all []catcher.Message) string {
		if len(all) >= n {
			return ""
		}
		return fmt.Sprintf("%d thank-yous, want %d", len(all), n)
	})
	seen := map[string]bool{}
	for _, m := range all {
		if seen[m.MessageID] {
			t.Errorf("message %s arrived twice", m.MessageID)
		}
		seen[m.MessageID] = true
	}
	if len(seen) != n {
		t.Errorf("%d thank-yous, want %d", len(seen), n)
	}
}

// Every service in a process of its own, two of those that share work: orders go through,
// one of the orchestrators and one of the mailers die in between, and everybody is thanked
// once.
func TestServicesApart(t *testing.T) {
	t.Parallel()
	s := share(t)
	var all []*running
	for _, name := range []string{"recommender", "caller", "texter", "mailer", "mailer", "orchestrator", "orchestrator"} {
		all = append(all, s.start(t, program(t), name))
	}
	door := s.start(t, program(t), "ingest")
	orders(t, 0, 20, door)
	s.once(t, 20)
	for _, dead := range []*running{all[4], all[6]} {
		if err := dead.cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		<-dead.gone
	}
	orders(t, 20, 40, door)
	s.once(t, 60)
	for _, r := range append(all[:4:4], all[5], door) {
		if code := r.interrupt(t); code != 0 {
			t.Errorf("Ctrl-C ends with %d:\n%s", code, r.errs)
		}
	}
}

// A rolling upgrade: the program of the previous commit works, with streams that it made, the new one joins it, the
// old one leaves, and everybody is thanked once.
func TestRollingUpgrade(t *testing.T) {
	t.Parallel()
	before := previous(t)
	s := shareStore(t, before, pgtest.URL(t))
	const services = "ingest,orchestrator,recommender,mailer,texter,caller"
	old := s.start(t, before, services)
	orders(t, 0, 20, old)
	s.once(t, 20)
	current := s.start(t, program(t), services)
	orders(t, 20, 40, old, current)
	s.once(t, 60)
	if code := old.interrupt(t); code != 0 {
		t.Errorf("the old one ends with %d:\n%s", code, old.errs)
	}
	orders(t, 60, 20, current)
	s.once(t, 80)
}

// previous builds the program of the previous commit, or of the present one while there are
// changes that are not committed.
func previous(t *testing.T) string {
	t.Helper()
	git := func(args ...string) ([]byte, error) {
		cmd := exec.CommandContext(t.Context(), "git", args...)
		cmd.Dir = "../.."
		return cmd.Output()
	}
	revision := "HEAD~1"
	if changes, err := git("status", "--porcelain"); err != nil {
		t.Skipf("this is no checkout of git's: %v", err)
	} else if len(changes) > 0 {
		revision = "HEAD"
	}
	tree, err := git("archive", revision)
	if err != nil {
		t.Skipf("%s is not here (a shallow clone?): %v", revision, err)
	}
	dir := t.TempDir()
	tar := exec.CommandContext(t.Context(), "tar", "-x", "-C", dir)
	tar.Stdin = bytes.NewReader(tree)
	if out, err := tar.CombinedOutput(); err != nil {
		t.Skipf("tar: %v\n%s", err, out)
	}
	bin := filepath.Join(t.TempDir(), "rapport-before")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", bin, "./services/rapport")
	build.Dir, build.Env = dir, append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=-buildvcs=false")
	if out, err := build.CombinedOutput(); err != nil {
		t.Skipf("%s does not build: %v\n%s", revision, err, out)
	}
	help, err := exec.CommandContext(t.Context(), bin, "up", "--help").Output()
	if err != nil || !strings.Contains(string(help), "--store") {
		t.Skipf("%s cannot share a store yet", revision)
	}
	return bin
}

// Readiness tells the truth: it says no when the broker is gone, and yes when it is back.
func TestReadiness(t *testing.T) {
	t.Parallel()
	cluster, err := natslocal.Start(t.Context(), natslocal.Options{Dir: t.TempDir(), Nodes: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cluster.Close() })
	r := launch(t, command(t, t.TempDir(), append([]string{"up", "--data", t.TempDir(), "--nats-url", cluster.URLs()[0]}, free()...)...))
	health := find(t, r.out.String(), `health +(http://\S+)/readyz`)
	ready := func(want int) {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		again := time.NewTicker(50 * time.Millisecond)
		defer again.Stop()
		for {
			req, err := http.NewRequestWithContext(ctx, http.MethodGet, health+"/readyz", nil)
			if err != nil {
				t.Fatal(err)
			}
			resp, err := r.http.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			_ = resp.Body.Close()
			if resp.StatusCode == want {
				return
			}
			<-again.C
		}
	}
	ready(http.StatusOK)
	if err := cluster.Node(0).Kill(); err != nil {
		t.Fatal(err)
	}
	ready(http.StatusServiceUnavailable)
	if err := cluster.Node(0).Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	ready(http.StatusOK)
}
