package main_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"rapport/pkg/message"
	"rapport/pkg/store"
	"rapport/pkg/store/sqlite"
	"rapport/services/catcher"
	"rapport/services/rapport/replay"
)

const demo = "demo/online-retail-extract.csv.gz"

// start starts a replay of the demo in a directory.
func start(t *testing.T, bin, dir string) (*exec.Cmd, *bytes.Buffer, *bytes.Buffer) {
	t.Helper()
	cmd := exec.Command(bin, "replay", "--json", "--data", dir, "--log-level", "warn", demo)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd, &out, &errs
}

// finish replays to the end and returns the report.
func finish(t *testing.T, bin, dir string) replay.Report {
	t.Helper()
	cmd, out, errs := start(t, bin, dir)
	if err := cmd.Wait(); err != nil {
		t.Fatalf("replay: %v\n%s", err, errs)
	}
	var r replay.Report
	if err := json.Unmarshal(out.Bytes(), &r); err != nil {
		t.Fatalf("report: %v\n%s", err, out)
	}
	return r
}

// messages are the decided messages that a directory holds, by id.
func messages(t *testing.T, dir string) map[string]store.MessageRow {
	t.Helper()
	st, err := sqlite.Open(t.Context(), sqlite.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close() //nolint:errcheck // It was only read.
	all := map[string]store.MessageRow{}
	f := store.MessageFilter{Limit: 1000}
	for {
		page, err := st.Messages(t.Context(), f)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range page {
			all[m.ID] = m
			f.AfterTime, f.AfterID = m.DecidedAt, m.ID
		}
		if len(page) < f.Limit {
			return all
		}
	}
}

// inbox counts what the catcher of a directory holds, by the message's id.
func inbox(t *testing.T, dir string) map[string]int {
	t.Helper()
	c, err := catcher.New(catcher.Options{Dir: filepath.Join(dir, "catcher")})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close() //nolint:errcheck // It was only read.
	caught := map[string]int{}
	for after := int64(-1); ; {
		page, err := c.Messages(context.Background(), catcher.Filter{After: after, Limit: 1000})
		if err != nil {
			t.Fatal(err)
		}
		for i := range page {
			caught[page[i].MessageID]++
			after = page[i].ID
		}
		if len(page) < 1000 {
			return caught
		}
	}
}

// calm is a replay that ended by itself.
type calm struct {
	report   replay.Report
	took     time.Duration
	messages map[string]store.MessageRow
	caught   map[string]int
}

// calmly replays the demo without disturbing it.
func calmly(t *testing.T) calm {
	t.Helper()
	dir, bin := t.TempDir(), program(t)
	began := time.Now()
	report := finish(t, bin, dir)
	return calm{report, time.Since(began), messages(t, dir), inbox(t, dir)}
}

// first is the one replay that all tests compare with, made by the first that needs it.
var first struct {
	sync.Once
	calm
}

func undisturbed(t *testing.T) calm {
	t.Helper()
	first.Do(func() { first.calm = calmly(t) })
	if first.report.Events == 0 {
		t.Fatal("the undisturbed replay of another test failed")
	}
	return first.calm
}

// Nothing but the file and the workspace decides: two replays decide the same messages,
// with the same ids, for the same moments, to the byte.
func TestTwoReplaysDecideTheSame(t *testing.T) {
	t.Parallel()
	one, other := undisturbed(t), calmly(t)
	a, b := one.list(), other.list()
	if a != b {
		as, bs := strings.Split(a, "\n"), strings.Split(b, "\n")
		for i := range min(len(as), len(bs)) {
			if as[i] != bs[i] {
				t.Fatalf("the lists part at line %d of %d and %d:\n%s\n%s", i+1, len(as), len(bs), as[i], bs[i])
			}
		}
		t.Fatalf("%d and %d messages", len(as), len(bs))
	}
	if n := strings.Count(a, "\n"); n < 1000 {
		t.Errorf("only %d messages: the demo decides more", n)
	}
	if !maps.Equal(one.caught, other.caught) {
		t.Errorf("%d and %d messages were caught, or others", len(one.caught), len(other.caught))
	}
}

// list has one line for each decided message, in the order of their ids.
func (c calm) list() string {
	var b strings.Builder
	for _, id := range slices.Sorted(maps.Keys(c.messages)) {
		m := c.messages[id]
		fmt.Fprintf(&b, "%s %s %s\n", id, m.Template, m.DecidedAt.Format(time.RFC3339Nano))
	}
	return b.String()
}

// A replay that is killed without warning, again and again, decides what an undisturbed
// one decides, applies every event once, and sends every message once, but for those that
// it reports itself: in a worker's hands at a kill.
func TestKilledReplaysEndAsUndisturbedOnes(t *testing.T) {
	if testing.Short() {
		t.Skip("takes two minutes; run without -short")
	}
	t.Parallel()
	const kills, perReplay = 20, 4
	bin := program(t)
	calm := undisturbed(t)
	want, whole, decided := calm.report, calm.took, calm.messages
	seed := uint64(time.Now().UnixNano()) //nolint:gosec // Any number will do.
	if s := os.Getenv("RAPPORT_SEED"); s != "" {
		if err := json.Unmarshal([]byte(s), &seed); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("RAPPORT_SEED=%d; an undisturbed replay takes %s", seed, whole.Round(time.Millisecond))
	rng := rand.New(rand.NewPCG(seed, 1)) //nolint:gosec // Chance, not secrecy.
	killed, uncertain := 0, 0
	for killed < kills {
		dir := t.TempDir()
		for range perReplay {
			cmd, _, errs := start(t, bin, dir)
			ended := make(chan error, 1)
			go func() { ended <- cmd.Wait() }()
			select {
			case err := <-ended: // It was faster than the kill; starting it again must do nothing.
				if err != nil {
					t.Fatalf("replay: %v\n%s", err, errs)
				}
			case <-time.After(time.Duration(rng.Int64N(int64(whole)))):
				if err := cmd.Process.Kill(); err != nil {
					t.Fatal(err)
				}
				<-ended
				killed++
			}
		}
		got := finish(t, bin, dir)
		uncertain += got.Uncertain + got.Resent
		compare(t, want, got, perReplay)
		audit(t, decided, messages(t, dir), inbox(t, dir), perReplay)
	}
	t.Logf("%d kills, %d messages in hand at one of them", killed, uncertain)
}

// inHand is the most that mailer and texter together have claimed at any moment: one
// message in each of their 64 lanes.
const inHand = 2 * 64

// compare holds two reports against each other. A message in hand at several kills is sent
// again after each.
func compare(t *testing.T, want, got replay.Report, kills int) {
	t.Helper()
	if got.Applied != want.Applied || got.Events != want.Events {
		t.Errorf("%d of %d events applied, want %d of %d", got.Applied, got.Events, want.Applied, want.Events)
	}
	if len(got.Journeys) != len(want.Journeys) {
		t.Errorf("journeys %v, want %v", got.Journeys, want.Journeys)
	}
	for name, counts := range want.Journeys {
		if got.Journeys[name] != counts {
			t.Errorf("%s = %+v, undisturbed %+v", name, got.Journeys[name], counts)
		}
	}
	if n := got.Uncertain + got.Resent; n > kills*inHand {
		t.Errorf("%d messages uncertain or sent again after %d kills, more than the workers have in hand", n, kills)
	}
	if got.Duplicates > got.Resent*kills || got.Lost != 0 {
		t.Errorf("duplicates %d with %d sent again, lost %d", got.Duplicates, got.Resent, got.Lost)
	}
}

// audit holds the decided messages and the inbox of a killed replay against the decisions
// of the undisturbed one.
func audit(t *testing.T, want, got map[string]store.MessageRow, caught map[string]int, kills int) {
	t.Helper()
	for id, w := range want {
		g, ok := got[id]
		if !ok || g.Profile != w.Profile || g.Step != w.Step || !g.DecidedAt.Equal(w.DecidedAt) {
			t.Errorf("message %s is %+v, undisturbed %+v", id, g, w)
			continue
		}
		switch n := caught[id]; {
		case n == 1:
		case n == 0 && g.Outcome == message.Uncertain:
		case n > 1 && n <= 1+kills && g.Resent:
		default:
			t.Errorf("message %s was caught %d times; its outcome is %s, resent %v", id, n, g.Outcome, g.Resent)
		}
	}
	for id := range got {
		if _, ok := want[id]; !ok {
			t.Errorf("message %s was decided only by the killed replay", id)
		}
	}
	for id := range caught {
		if _, ok := got[id]; !ok {
			t.Errorf("message %s was caught and never decided", id)
		}
	}
}
