package workspace

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/fsnotify/fsnotify"

	"rapport/pkg/journey"
	"rapport/pkg/message"
	"rapport/pkg/render"
)

// settle is how long a directory must be quiet before it is read: saving a file is several
// events, and checking out a branch hundreds.
const settle = 50 * time.Millisecond

// Live is a workspace directory whose snapshot follows the files. It is safe for use by
// many goroutines.
type Live struct {
	dir     string
	log     *slog.Logger
	state   atomic.Pointer[state]
	watcher *fsnotify.Watcher
	done    chan struct{}
	stop    context.CancelFunc
	// templates keeps what became of MJML from one reading to the next.
	templates *render.Compiler
	adopt     Adopt
	told      chan struct{} // closes after the next reading
	mu        sync.Mutex    // guards told
	// reread is told after each reading that follows a change; for tests.
	reread func(*Snapshot, Problems)
}

// state is what the last reading gave.
type state struct {
	snapshot *Snapshot // the last good one
	problems Problems  // of the last reading
}

// Adopt is asked whether a snapshot may come into force, and puts it there. An error keeps
// what was in force, as a mistake in a file does.
type Adopt func(context.Context, *Snapshot) error

// Watch reads a workspace directory and follows its files until the context ends or Close
// is called. A workspace that does not read is an error (Problems), and so is one that adopt
// refuses: there is no earlier state to go on with. log says when files changed and whether
// they read; nil is silent. A nil adopt takes everything.
func Watch(ctx context.Context, dir string, log *slog.Logger, adopt Adopt) (*Live, error) {
	return watch(ctx, dir, log, adopt, nil)
}

func watch(ctx context.Context, dir string, log *slog.Logger, adopt Adopt, reread func(*Snapshot, Problems)) (*Live, error) {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	if adopt == nil {
		adopt = func(context.Context, *Snapshot) error { return nil }
	}
	w, err := fsnotify.NewWatcher()
	if err != nil {
		return nil, fmt.Errorf("watch workspace %s: %w", dir, err)
	}
	l := &Live{dir: dir, log: log, watcher: w, done: make(chan struct{}), adopt: adopt, told: make(chan struct{}), templates: render.NewCompiler(), reread: reread}
	if err := l.begin(ctx); err != nil {
		return nil, errors.Join(err, w.Close(), l.templates.Close())
	}
	ctx, l.stop = context.WithCancel(ctx)
	go l.follow(ctx)
	return l, nil
}

// begin reads the workspace for the first time.
func (l *Live) begin(ctx context.Context) error {
	if err := l.directories(); err != nil {
		return err
	}
	// Read after the watch began, so that no change falls between.
	s, err := loadWith(l.templates, os.DirFS(l.dir), l.dir)
	if err != nil {
		return err
	}
	if err := l.adopt(ctx, s); err != nil {
		return err
	}
	l.state.Store(&state{snapshot: s})
	return nil
}

// Close ends the watch and returns when nothing runs any more. It may be called again.
func (l *Live) Close() error {
	l.stop()
	<-l.done
	return nil
}

// Current is the last good state of the files.
func (l *Live) Current() *Snapshot { return l.state.Load().snapshot }

// Problems are what is wrong with the files as they are now; none when Current is them.
func (l *Live) Problems() Problems { return l.state.Load().problems }

// Changed returns a channel that closes when the files, any in the directory, have been read again after a change,
// whether or not they are good. Who asks for it before looking at Current and Problems misses nothing.
func (l *Live) Changed() <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.told
}

// tell wakes those who wait for a change.
func (l *Live) tell() {
	l.mu.Lock()
	defer l.mu.Unlock()
	close(l.told)
	l.told = make(chan struct{})
}

// Journeys are those of the snapshot in force.
func (l *Live) Journeys() []*journey.Definition { return l.Current().Journeys() }

// Mail renders with the snapshot in force.
func (l *Live) Mail(ctx context.Context, c *message.Command) (render.Mail, error) {
	return l.Current().Mail(ctx, c)
}

// SMS renders with the snapshot in force.
func (l *Live) SMS(ctx context.Context, c *message.Command) (render.SMS, error) {
	return l.Current().SMS(ctx, c)
}

// WhatsApp renders with the snapshot in force.
func (l *Live) WhatsApp(ctx context.Context, c *message.Command) (render.SMS, error) {
	return l.Current().WhatsApp(ctx, c)
}

// Webhook renders with the snapshot in force.
func (l *Live) Webhook(ctx context.Context, c *message.Command) (render.Call, error) {
	return l.Current().Webhook(ctx, c)
}

// follow reads the files again whenever they have changed and been quiet for a moment.
func (l *Live) follow(ctx context.Context) {
	defer close(l.done)
	defer func() { _, _ = l.watcher.Close(), l.templates.Close() }() // there is nothing to do about an error here
	quiet := time.NewTimer(settle)
	quiet.Stop()
	defer quiet.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case _, ok := <-l.watcher.Events:
			if !ok {
				return
			}
			quiet.Reset(settle)
		case err, ok := <-l.watcher.Errors:
			if !ok {
				return
			}
			// An overflow means that changes were missed: read everything, as always.
			l.log.WarnContext(ctx, "watching the workspace failed for a moment", "workspace", l.dir, "error", err)
			quiet.Reset(settle)
		case <-quiet.C:
			l.reload(ctx)
		}
	}
}

// reload reads the files and puts them in force if they are good.
func (l *Live) reload(ctx context.Context) {
	if err := l.directories(); err != nil {
		l.log.WarnContext(ctx, "a directory of the workspace cannot be watched", "workspace", l.dir, "error", err)
	}
	before := l.state.Load()
	now := &state{snapshot: before.snapshot}
	s, err := loadWith(l.templates, os.DirFS(l.dir), l.dir)
	switch {
	case errors.As(err, &now.problems):
	case err != nil:
		now.problems = Problems{{File: l.dir, Message: err.Error()}}
	case s.Version() == before.snapshot.Version():
	default:
		if err := l.adopt(ctx, s); err != nil {
			now.problems = Problems{{File: l.dir, Message: err.Error()}}
		} else {
			now.snapshot = s
		}
	}
	l.state.Store(now)
	l.tell()
	switch {
	case len(now.problems) > 0: // with a mistake among them
		mistakes := now.problems.Errors()
		first := mistakes[0]
		// A log line has no room for the excerpt; `rapport check` shows it.
		l.log.ErrorContext(ctx, "the workspace has mistakes; the last good state stays in force", "workspace", l.dir,
			"version", now.snapshot.Version(), "mistakes", len(mistakes),
			"first", fmt.Sprintf("%s:%d:%d: %s", first.File, first.Line, first.Col, first.Message), "remedy", first.Hint)
	case now.snapshot.Version() != before.snapshot.Version():
		l.log.InfoContext(ctx, "the workspace changed", "workspace", l.dir, "version", now.snapshot.Version())
	}
	if l.reread != nil {
		l.reread(now.snapshot, now.problems)
	}
}

// directories watches all directories of the workspace; those watched already stay so.
func (l *Live) directories() error {
	return filepath.WalkDir(l.dir, func(name string, d fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist) && name != l.dir:
			return nil // gone meanwhile
		case err != nil:
			return fmt.Errorf("watch workspace %s: %w", l.dir, err)
		case !d.IsDir():
			return nil
		case name != l.dir && ignored(d.Name()):
			return fs.SkipDir
		}
		if err := l.watcher.Add(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("watch workspace %s: %w", l.dir, err)
		}
		return nil
	})
}
