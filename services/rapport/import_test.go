package main_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"rapport/pkg/bus"
	"rapport/pkg/bus/embedded"
	"rapport/pkg/bus/embedded/embeddedtest"
	"rapport/pkg/event"
	"rapport/services/ingest/natsdoor"
)

// natsDoor is a broker that other processes reach, with the door over NATS.
func natsDoor(t *testing.T) (url string, js jetstream.JetStream) {
	t.Helper()
	srv, err := embedded.Start(embedded.Options{StoreDir: embeddedtest.Dir(t), SyncInterval: time.Minute, MaxStore: 1 << 30, Port: -1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := srv.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
	})
	nc, err := srv.Connect(bus.ConnOptions("import-test", nil)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	if js, err = bus.JetStream(nc); err != nil {
		t.Fatal(err)
	}
	if err := bus.Provision(t.Context(), js, bus.Layout{Partitions: 4, MaxBytes: 512 << 20}); err != nil {
		t.Fatal(err)
	}
	door, err := natsdoor.New(natsdoor.Options{JS: js, AckWait: time.Second, Logger: slog.New(slog.NewTextHandler(t.Output(), nil))})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	over := make(chan error, 1)
	go func() { over <- door.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-over; err != nil {
			t.Error(err)
		}
	})
	return srv.ClientURL(), js
}

// published waits until EVENTS holds n events, and returns how often each id is there.
func published(t *testing.T, js jetstream.JetStream, n int) map[string]int {
	t.Helper()
	stream, err := js.Stream(t.Context(), bus.StreamEvents)
	if err != nil {
		t.Fatal(err)
	}
	tick, over := time.NewTicker(20*time.Millisecond), time.NewTimer(patience)
	defer tick.Stop()
	defer over.Stop()
	for {
		info, err := stream.Info(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if int(info.State.Msgs) >= n {
			break
		}
		select {
		case <-tick.C:
		case <-over.C:
			t.Fatalf("%d of %d events are published after %s", info.State.Msgs, n, patience)
		}
	}
	ids := map[string]int{}
	for seq := uint64(1); ; seq++ {
		m, err := stream.GetMsg(t.Context(), seq)
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			return ids
		}
		if err != nil {
			t.Fatal(err)
		}
		e, err := event.Decode(m.Data)
		if err != nil || !e.Past {
			t.Fatalf("event %d: %v, of the past %t", seq, err, e.Past)
		}
		ids[e.Source+" "+e.Type+" "+e.Subject+" "+e.ID]++
	}
}

// pastOrders is a file of n orders, of which one in ten is refused.
func pastOrders(n int) string {
	var b strings.Builder
	b.WriteString("Name;Kunde;Datum;Summe\n")
	for i := range n {
		total := fmt.Sprintf("%d,50", i)
		if i%10 == 7 {
			total = "viel"
		}
		fmt.Fprintf(&b, "%d;c-%d;2025-01-02 10:00;%s\n", i, i%50, total)
	}
	return b.String()
}

// importOrders are the arguments that import that file.
func importOrders(url, file, refused string) []string {
	return []string{
		"import", "orders", file, "--nats-url", url, "--source", "shop", "--map", "Name=order_id", "--map", "Kunde=customer", "--map", "Datum=at",
		"--map", "Summe=total", "--zone", "Europe/Berlin", "--set", "currency=EUR", "--rejects", refused,
	}
}

// An import that is killed again and again, at any moment, stores and refuses in the end what
// one does that is not.
func TestAnImportThatIsKilledGoesOn(t *testing.T) {
	t.Parallel()
	const n = 30_000
	url, js := natsDoor(t)
	dir := t.TempDir()
	file, refused := write(t, dir, "orders.csv", pastOrders(n)), filepath.Join(dir, "refused.csv")
	kills := 0
	for {
		cmd := command(t, dir, importOrders(url, file, refused)...)
		out := newOutput()
		cmd.Stdout, cmd.Stderr = out, out
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() { ended <- cmd.Wait() }()
		kill := time.NewTimer(time.Duration(300+rand.IntN(2000)) * time.Millisecond)
		if kills >= 5 {
			kill.Stop()
		}
		select {
		case <-ended:
		case <-kill.C:
			kills++
			_ = cmd.Process.Kill() // It may have ended.
			<-ended
			if cmd.ProcessState.ExitCode() != 1 {
				continue
			}
		}
		kill.Stop()
		if text := out.String(); cmd.ProcessState.ExitCode() != 1 || !strings.Contains(text, "30000 rows: 27000 imported as 27000 events, 3000 refused") ||
			!strings.Contains(text, "mend and import "+refused+" again") {
			t.Fatalf("after %d kills: exit code %d\n%s", kills, cmd.ProcessState.ExitCode(), text)
		}
		break
	}
	t.Logf("killed %d times", kills)
	ids := published(t, js, 27_000)
	for id, times := range ids {
		if times != 1 {
			t.Errorf("%s is there %d times", id, times)
		}
	}
	if len(ids) != 27_000 {
		t.Errorf("%d events, want 27000", len(ids))
	}
	text, err := os.ReadFile(refused)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	if len(lines) != 3001 || lines[1] != `7;c-7;2025-01-02 10:00;viel;9;Summe;"is ""viel"", which is no number such as 1234.50";` {
		t.Errorf("%d lines of refused rows, the first %s", len(lines), lines[1])
	}
	for i, line := range lines[1:] {
		if !strings.HasPrefix(line, fmt.Sprintf("%d;c-", i*10+7)) {
			t.Fatalf("refused row %d is %s", i, line)
		}
	}
	// Again, mended: only what was missing is new.
	mended := write(t, dir, "mended.csv", strings.ReplaceAll(string(text), ";viel;", ";1,00;"))
	got := execute(t, command(t, dir, importOrders(url, mended, filepath.Join(dir, "none.csv"))...))
	if got.code != 0 || !strings.Contains(got.out, "3000 rows: 3000 imported as 3000 events") {
		t.Errorf("mended: %+v", got)
	}
	if ids := published(t, js, n); len(ids) != n {
		t.Errorf("%d events, want all %d", len(ids), n)
	}
}

// What is said on the screen: what a dry run found, which rows are refused, and how a command line was meant.
func TestWhatImportSays(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, "c.csv", "id,email\n1,a@b.example\n2,nobody\n")
	write(t, dir, "m.yaml", "columns:\n  email: traits.mail\nzone: Europe/Berlin\n")
	for _, c := range []struct {
		line string
		code int
		want []string
	}{
		{"import profiles c.csv --dry-run", 1, []string{"c.csv:3: email is \"nobody\", which is no e-mail address", "1 event from c.csv would be imported, and nothing was. 2 rows: 1 imported as 1 event, 1 refused"}},
		{"import profiles c.csv --dry-run --mapping m.yaml", 0, []string{"2 events from c.csv would be imported"}},
		{"import profiles c.csv --dry-run --map email=-", 0, []string{"2 events from c.csv would be imported"}},
		{"import orders c.csv --dry-run", 1, []string{"c.csv:1: no column says order_id: the columns are id, email; say which it is with --map COLUMN=order_id"}},
		{"import profiles nowhere.csv --dry-run", 1, []string{"the file to import cannot be read"}},
		{"import profiles c.csv --url http://127.0.0.1:1 --retry-for 1ms", 1, []string{"the door does not answer", "is not imported"}},
		{"import profiles", 2, []string{"FILE is missing: write rapport import profiles FILE"}},
		{"import people c.csv", 2, []string{"there is no command \"people\": use one of consent, events, orders, products, profiles"}},
		{"import profiles c.csv --map email", 2, []string{"--map \"email\": write it as COLUMN=FIELD"}},
		{"import profiles c.csv --set =x", 2, []string{"--set \"=x\": write it as FIELD=VALUE"}},
		{"import profiles c.csv --decimal ;", 2, []string{"--decimal \";\": use . or ,"}},
		{"import profiles c.csv --preset etsy", 2, []string{"there is no preset \"etsy\" for profiles"}},
		{"import profiles c.csv --url nowhere", 2, []string{"--url \"nowhere\" is no address of the event API"}},
		{"import profiles c.csv --at soon", 2, []string{"--at \"soon\": give a time"}},
	} {
		got := execute(t, command(t, dir, strings.Fields(c.line)...))
		for _, want := range c.want {
			if got.code != c.code || !strings.Contains(got.out+got.errors, want) {
				t.Errorf("%s: exit code %d, want %d; %s%s\nwant in it: %s", c.line, got.code, c.code, got.out, got.errors, want)
			}
		}
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 2 {
		t.Errorf("left behind are %v (%v)", left, err)
	}
}
