package postmaster

import (
	"sync"
	"time"

	"rapport/pkg/message"
)

// often counts how many mails come for each message in an hour. Only messages of ours are in it, because their addresses
// cannot be made up.
type often struct {
	most int
	now  func() time.Time

	mu    sync.Mutex
	since time.Time
	seen  map[message.Ref]int
}

// maxCounted is how many messages are counted; then the count begins anew.
const maxCounted = 200_000

// allows counts one more mail and reports whether it may come.
func (f *often) allows(ref message.Ref) bool {
	if f.most < 0 {
		return true
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	now := f.now()
	if age := now.Sub(f.since); f.seen == nil || age < 0 || age >= time.Hour || len(f.seen) >= maxCounted {
		f.since, f.seen = now, map[message.Ref]int{}
	}
	if f.seen[ref] >= f.most {
		return false
	}
	f.seen[ref]++
	return true
}
