package bus_test

import (
	"testing"
	"time"

	"rapport/pkg/bus"
)

// A leader that was just elected answers before it has gone through its log, so that its
// stream seems to end before what was read from it. That is not taken for a lost disk.
func TestPositionAheadForAMoment(t *testing.T) {
	t.Parallel()
	c := startCluster(t)
	js, reading := dial(t, c), dial(t, c)
	l := layout()
	l.Replicas = 3
	if err := bus.Provision(deadline(t), js, l); err != nil {
		t.Fatal(err)
	}
	publish(t, js, bus.EventSubject("ada"), "1", "x")
	before := reading.Conn().Stats().InMsgs
	ended := make(chan error, 1)
	go func() {
		r, err := bus.Read(deadline(t), reading, bus.StreamEvents, nil, 2, bus.ReadOptions{})
		if err == nil {
			err = r.Close()
		}
		ended <- err
	}()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for reading.Conn().Stats().InMsgs == before { // The stream has said that it ends at 1.
		<-tick.C
	}
	publish(t, js, bus.EventSubject("ada"), "2", "x")
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
