package main_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
)

// A kill -9 in the middle of a rush: every order that was answered with 200 is thanked
// for, once.
func TestKillInTheMiddleOfOrders(t *testing.T) {
	t.Parallel()
	const orders, shops, killAfter = 200, 8, 70
	data := t.TempDir()
	r := up(t, data)
	var mu sync.Mutex
	answered := map[string]bool{}
	enough := make(chan struct{})
	todo := make(chan int)
	var wg sync.WaitGroup
	for range shops {
		wg.Go(func() {
			for i := range todo {
				id := fmt.Sprintf("order-%03d", i)
				status, err := r.post(order(id, fmt.Sprintf("customer-%d", i%40), "Bo", "Lamp"))
				if err != nil || status != http.StatusOK {
					continue // Killed: nothing was promised.
				}
				mu.Lock()
				answered[id] = true
				if len(answered) == killAfter {
					close(enough)
				}
				mu.Unlock()
			}
		})
	}
	go func() {
		<-enough
		_ = r.cmd.Process.Kill() // The test waits for its end below.
	}()
	for i := range orders {
		todo <- i
	}
	close(todo)
	wg.Wait()
	<-r.gone

	again := up(t, data)
	// What was accepted before the kill and is not thanked for yet is so by now, or is
	// before the time that this order is.
	again.accepted(t, order("last", "customer-last", "Bo", "Lamp"))
	again.await(t, len(answered)+1, nil)
	if code := again.interrupt(t); code != 0 {
		t.Errorf("Ctrl-C ends with %d:\n%s", code, again.errs)
	}
	final := up(t, data)
	thanked := map[string]int{}
	for _, m := range final.caught(t, nil) {
		content := final.content(t, m.ID)
		id := find(t, content.Text, `(order-\d{3}|last)\b`)
		thanked[id]++
	}
	for id := range answered {
		if thanked[id] != 1 {
			t.Errorf("%s was answered 200 and thanked for %d times", id, thanked[id])
		}
	}
	for id, n := range thanked {
		if n > 1 {
			t.Errorf("%s was thanked for %d times", id, n)
		}
	}
	t.Logf("%d of %d orders were answered before the kill, %d thanked for", len(answered), orders, len(thanked)-1)
	if len(answered) < killAfter || len(answered) == orders || strings.Contains(final.errs.String(), "ERROR") {
		t.Errorf("%d of %d orders answered: the kill was not in the middle, or there are errors:\n%s", len(answered), orders, final.errs)
	}
}
