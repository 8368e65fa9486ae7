package main_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"rapport/services/catcher"
)

// A kill -9 in the middle of a rush: every order that was answered with 200 is thanked
// for; once, but for mails in a worker's hands at that moment, which are known to Rapport.
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
				status, err := r.post(order(id, id, "Bo", "Lamp"))
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
	again.awaitThat(t, nil, func(all []catcher.Message) string {
		thanked, open := perOrder(all), 0
		for id := range answered {
			if thanked[id] == 0 {
				open++
			}
		}
		if open == 0 {
			return ""
		}
		return fmt.Sprintf("%d of %d answered orders are not thanked for", open, len(answered))
	})
	if code := again.interrupt(t); code != 0 {
		t.Errorf("Ctrl-C ends with %d:\n%s", code, again.errs)
	}
	// A third start, with an order behind all others, so that doubles have had their time.
	final := up(t, data)
	final.accepted(t, order("last", "last", "Bo", "Lamp"))
	final.await(t, 1, url.Values{"to": {"last@"}})
	thanked := perOrder(final.caught(t, nil))
	if code := final.interrupt(t); code != 0 {
		t.Errorf("Ctrl-C ends with %d:\n%s", code, final.errs)
	}

	// In a worker's hands at the kill, and so sent again: Rapport says itself which.
	twice, perMessage := 0, inbox(t, data)
	for id, m := range messages(t, data) {
		switch n := perMessage[id]; {
		case n == 1:
		case n == 2 && m.Resent:
			twice++
		default:
			t.Errorf("message %s was caught %d times: %+v", id, n, m)
		}
	}
	for id := range answered {
		if thanked[id] == 0 {
			t.Errorf("%s was answered 200 and never thanked for", id)
		}
		delete(thanked, id)
	}
	delete(thanked, "last")
	t.Logf("%d of %d orders were answered before the kill and thanked for, and %d that were not; %d mails were sent twice and are known for it",
		len(answered), orders, len(thanked), twice)
	if len(answered) < killAfter || len(answered) == orders {
		t.Errorf("%d of %d orders answered: the kill was not in the middle", len(answered), orders)
	}
}

// perOrder counts the thank-yous of each order; each order is of a customer of its own, with
// the order's name.
func perOrder(all []catcher.Message) map[string]int {
	thanked := map[string]int{}
	for i := range all {
		for _, to := range all[i].To {
			thanked[strings.TrimSuffix(to, "@example.com")]++
		}
	}
	return thanked
}
