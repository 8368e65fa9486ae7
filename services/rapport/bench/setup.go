package bench

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"time"

	"rapport/pkg/journey"
	"rapport/pkg/workspace"
	"rapport/templates"
)

// bench is one run.
type bench struct {
	o       Options
	engine  engine
	scratch string // a directory of this run, beside the seeds and so on the same disk
	shop    string // the directory of the workspace
	snap    *workspace.Snapshot
	set     *journey.Set
	codec   *journey.Codec
	run     string // tells this run's ids from those of others
	serial  int    // of the last event that was made
	latest  []int  // customers of the latest orders
	rnd     *rand.Rand
}

func open(ctx context.Context, o Options) (_ *bench, err error) {
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the directory of the seeds: %w: choose another", err)
	}
	b := &bench{o: o, run: strconv.FormatInt(time.Now().UnixMilli(), 36), rnd: rand.New(rand.NewPCG(20, 26))}
	if err := sweep(o.Dir); err != nil {
		return nil, err
	}
	if b.scratch, err = os.MkdirTemp(o.Dir, fmt.Sprintf("run-%d-", os.Getpid())); err != nil {
		return nil, fmt.Errorf("make a directory for this run: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, b.close())
		}
	}()
	if err := b.workspace(); err != nil {
		return nil, err
	}
	if b.codec, err = journey.NewCodec(); err != nil {
		return nil, fmt.Errorf("prepare to write states: %w", err)
	}
	if b.engine, err = newEngine(ctx, &b.o); err != nil {
		return nil, err
	}
	return b, nil
}

// sweep removes what runs that were killed have left behind.
func sweep(dir string) error {
	left, err := filepath.Glob(filepath.Join(dir, "run-*"))
	if err != nil || len(left) == 0 || whole("/proc/self/stat") == "" {
		return nil // Who still runs cannot be told.
	}
	for _, run := range left {
		var pid int
		if _, err := fmt.Sscanf(filepath.Base(run), "run-%d-", &pid); err != nil || whole("/proc/"+strconv.Itoa(pid)+"/stat") != "" {
			continue
		}
		if err := os.RemoveAll(run); err != nil {
			return fmt.Errorf("remove what a run has left behind: %w", err)
		}
	}
	return nil
}

func (b *bench) close() error {
	var err error
	if b.engine != nil {
		err = b.engine.close()
	}
	return errors.Join(err, os.RemoveAll(b.scratch))
}

// journeys are those that listen: the three of the shop that the figures speak of.
func journeys() []string { return []string{"thank-you", "related-products", "win-back"} }

// workspace writes the shop's files: the starter that ships, with its templates and policy,
// and of its journeys three. There are no segments and there is no loyalty programme.
func (b *bench) workspace() error {
	b.shop = filepath.Join(b.scratch, "workspace")
	err := fs.WalkDir(templates.FS, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !listens(name) {
			return err
		}
		text, err := fs.ReadFile(templates.FS, name)
		if err != nil {
			return err
		}
		path := filepath.Join(b.shop, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		return os.WriteFile(path, text, 0o600)
	})
	if err != nil {
		return fmt.Errorf("write the workspace: %w", err)
	}
	if b.snap, err = workspace.Load(os.DirFS(b.shop), "bench"); err != nil {
		return fmt.Errorf("the workspace of the bench: %w", err)
	}
	if b.set, err = journey.NewSet(b.snap.Config(time.Time{}, nil)); err != nil {
		return fmt.Errorf("the workspace of the bench: %w", err)
	}
	return nil
}

// listens reports whether a file of the starter belongs to the bench's shop.
func listens(name string) bool {
	dir, base, _ := strings.Cut(name, "/")
	switch dir {
	case "rapport.yaml", "policy.yaml":
		return true
	case "locales":
		return true
	case "journeys":
		return slices.Contains(journeys(), strings.TrimSuffix(base, ".yaml"))
	case "email", "sms":
		about, _, _ := strings.Cut(base, ".")
		return slices.Contains(journeys(), about) || strings.HasPrefix(base, "layouts/") || strings.HasPrefix(base, "partials/")
	}
	return false
}

// likeUp gives the process the memory limit of `rapport up` until the function that it
// returns is called: the garbage collector works as it would there.
func (b *bench) likeUp() func() {
	if b.o.MemoryLimit <= 0 {
		return func() {}
	}
	before := debug.SetMemoryLimit(b.o.MemoryLimit)
	return func() { debug.SetMemoryLimit(before) }
}

// dir makes a directory of this run.
func (b *bench) dir(name string) (string, error) {
	dir, err := os.MkdirTemp(b.scratch, name+"-")
	if err != nil {
		return "", fmt.Errorf("make a directory: %w", err)
	}
	return dir, nil
}

// closing bounds a stop, also when ctx has ended.
func closing(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
}
