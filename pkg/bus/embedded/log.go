package embedded

import (
	"errors"
	"fmt"
	"log/slog"
	"sync"
)

// serverLog passes what the server says on to slog. The server's notices are
// for its own program's console and become debug lines here.
type serverLog struct {
	log *slog.Logger

	mu    sync.Mutex
	cause error
}

func (l *serverLog) Noticef(format string, v ...any) { l.log.Debug(line(format, v)) }
func (l *serverLog) Debugf(format string, v ...any)  { l.log.Debug(line(format, v)) }
func (l *serverLog) Tracef(format string, v ...any)  { l.log.Debug(line(format, v)) }
func (l *serverLog) Warnf(format string, v ...any)   { l.log.Warn(line(format, v)) }
func (l *serverLog) Errorf(format string, v ...any)  { l.log.Error(line(format, v)) }

// Fatalf keeps the first message and, unlike the server's own logger, returns.
func (l *serverLog) Fatalf(format string, v ...any) {
	text := line(format, v)
	l.log.Error(text)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.cause == nil {
		l.cause = errors.New(text)
	}
}

func (l *serverLog) fatal() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.cause
}

func line(format string, v []any) string { return "nats-server: " + fmt.Sprintf(format, v...) }
