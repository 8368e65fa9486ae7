package delivery

import "sync"

// rooms are the slots of a Routed channel's providers, and of groups of recipients.
type rooms struct {
	mu sync.Mutex
	of map[string]*slots
}

// get is the slots of a name. How many there are is known from the first time on.
func (r *rooms) get(name string, n int) *slots {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.of[name]
	if s == nil {
		s = &slots{free: n}
		r.of[name] = s
	}
	return s
}
