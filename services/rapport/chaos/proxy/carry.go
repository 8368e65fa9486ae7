package proxy

import (
	"net"
	"sync"
	"time"
)

// chunk is what one read brought, and when. An empty one is the end of the stream.
type chunk struct {
	data    []byte
	arrived time.Time
}

const (
	chunkBytes  = 32 << 10
	chunksAhead = 32 // on their way at a time, so that a delay does not limit the rate
)

// carry passes bytes from one connection to the other until the stream ends or breaks.
func (p *Proxy) carry(to, from net.Conn) {
	way := make(chan chunk, chunksAhead)
	gone := make(chan struct{})
	var reading sync.WaitGroup
	reading.Go(func() {
		defer close(way)
		for {
			buf := make([]byte, chunkBytes)
			n, err := from.Read(buf)
			if n > 0 && !offer(way, gone, chunk{buf[:n], time.Now()}) {
				return
			}
			if err != nil {
				offer(way, gone, chunk{arrived: time.Now()})
				return
			}
		}
	})
	broken := p.deliver(to, way)
	close(gone)
	if broken {
		reset(from) // The reader hears of it, and so does who sends.
	}
	reading.Wait()
}

func offer(way chan<- chunk, gone <-chan struct{}, c chunk) bool {
	select {
	case way <- c:
		return true
	case <-gone:
		return false
	}
}

// deliver writes chunks when their time has come. It returns true when the receiving side
// cannot be written to any more.
func (p *Proxy) deliver(to net.Conn, way <-chan chunk) (broken bool) {
	for c := range way {
		if !p.wait(c.arrived) {
			return true
		}
		if len(c.data) == 0 {
			if t, ok := to.(*net.TCPConn); ok {
				_ = t.CloseWrite() // The other direction may still carry something.
			}
			return false
		}
		if _, err := to.Write(c.data); err != nil {
			return true
		}
	}
	return false
}
