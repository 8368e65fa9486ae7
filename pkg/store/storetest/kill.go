package storetest

import (
	"bufio"
	"bytes"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"sync"
	"testing"

	"rapport/pkg/store"
)

const (
	childEnv      = "RAPPORT_STORETEST_DIR" // tells a process that it is the one to be killed
	killRounds    = 12
	runPartitions = 3
	runEpoch      = 1
)

// acked is what a killed process was told: the last batch committed of each partition, and
// the claims and results that were recorded.
type acked struct {
	seq      map[int]uint64
	claimed  map[string]bool
	recorded map[string]bool
}

// testKill starts a process that commits without end and says what was acknowledged, kills
// it at a random moment, and compares what it said with what is there. Twelve times, each
// going on where the last one died.
func testKill(t *testing.T, o Options) {
	dir := t.TempDir()
	known := acked{map[int]uint64{}, map[string]bool{}, map[string]bool{}}
	for range killRounds {
		known.killOne(t, dir, 1+rand.IntN(200))
		known.check(t, o, dir)
	}
	t.Logf("killed %d times, %d commits acknowledged in partition 0", killRounds, known.seq[0])
}

// killOne runs the process until it has said so many lines, kills it, and reads on to the
// end of what it had said by then.
func (a *acked) killOne(t *testing.T, dir string, lines int) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	parent, _, _ := bytes.Cut([]byte(t.Name()), []byte("/"))
	child := exec.CommandContext(t.Context(), self, "-test.run=^"+string(parent)+"$", "-test.count=1")
	child.Env = append(os.Environ(), childEnv+"="+dir)
	var complaints bytes.Buffer
	child.Stderr = &complaints
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	n := 0
	for in := bufio.NewScanner(out); in.Scan(); n++ {
		if !a.note(in.Text()) {
			fmt.Fprintln(&complaints, in.Text())
		}
		if n == lines {
			if err := child.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	// Its error is the kill itself, when it got that far.
	if err := child.Wait(); n < lines {
		t.Fatalf("the process to be killed ended by itself (%v): %s", err, complaints.Bytes())
	}
}

// note takes one whole line of the process.
func (a *acked) note(line string) bool {
	var partition int
	var seq uint64
	var id string
	if n, _ := fmt.Sscanf(line, "committed %d %d.", &partition, &seq); n == 2 {
		a.seq[partition] = max(seq, a.seq[partition])
		return true
	}
	if n, _ := fmt.Sscanf(line, "claimed %s .", &id); n == 1 {
		a.claimed[id] = true
		return true
	}
	if n, _ := fmt.Sscanf(line, "recorded %s .", &id); n == 1 {
		a.recorded[id] = true
		return true
	}
	return false
}

func (a *acked) check(t *testing.T, o Options, dir string) {
	t.Helper()
	f := fixture{o.Open(t, dir), t}
	defer func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}()
	for p := range runPartitions {
		now := f.acquire(p, runEpoch)
		equal(t, "clock", now.Clock, runPosition(now.Seq).Clock)
		if now.Seq < a.seq[p] {
			t.Fatalf("partition %d lost commits: it is at %d, and %d was acknowledged", p, now.Seq, a.seq[p])
		}
		f.checkRun(p, now.Seq)
	}
	for id := range maps.Keys(a.claimed) {
		state := f.claim(claimOf(id, "checker"))[0].State
		if state == store.Fresh || a.recorded[id] && state != store.Done {
			t.Errorf("claim %s was acknowledged (result: %v) and is in state %d", id, a.recorded[id], state)
		}
	}
}

// commitUntilKilled is the process to be killed. Each line it says is one write, and is
// said after the store has acknowledged it.
func commitUntilKilled(t *testing.T, o Options, dir string) {
	f := fixture{o.Open(t, dir), t}
	var all sync.WaitGroup
	for p := range runPartitions {
		now, err := f.Acquire(t.Context(), p, runEpoch)
		if err != nil {
			t.Fatal(err)
		}
		all.Go(func() {
			for n := now.Seq + 1; ; n++ {
				if err := f.Commit(t.Context(), runBatch(p, n)); err != nil {
					t.Errorf("commit: %v", err)
					return
				}
				fmt.Printf("committed %d %d.\n", p, n)
			}
		})
	}
	all.Go(func() { claimUntilKilled(f) })
	all.Wait()
}

func claimUntilKilled(f fixture) {
	for n := 0; ; n++ {
		id := fmt.Sprintf("%d-%d", os.Getpid(), n)
		if _, err := f.Claim(f.t.Context(), []store.Claim{claimOf(id, "w")}); err != nil {
			f.t.Errorf("claim: %v", err)
			return
		}
		fmt.Printf("claimed %s .\n", id)
		if err := f.Record(f.t.Context(), []store.Result{resultOf(id, "w", `{}`)}); err != nil {
			f.t.Errorf("record: %v", err)
			return
		}
		fmt.Printf("recorded %s .\n", id)
	}
}
