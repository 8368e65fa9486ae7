package ingest_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/segmentio/analytics-go/v3"

	"rapport/pkg/bus"
	"rapport/pkg/bus/bustest"
	"rapport/pkg/event"
	"rapport/services/ingest"
)

// clumsy answers the first requests with what libraries must be able to bear, and looks at how they
// send.
type clumsy struct {
	next  http.Handler
	first []int // statuses of the first answers
	asked atomic.Int32
	zip   atomic.Bool
}

func (c *clumsy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Content-Encoding") == "gzip" {
		c.zip.Store(true)
	}
	if n := int(c.asked.Add(1)); n <= len(c.first) {
		w.Header().Set("Retry-After", "1")
		http.Error(w, "later", c.first[n-1])
		return
	}
	c.next.ServeHTTP(w, r)
}

// told are the types of what the libraries' story becomes.
var told = []string{
	event.ProfileIdentified, event.OrderCompleted, event.PageViewed, event.ScreenViewed, event.GroupJoined, event.ProfileAliased,
}

// door is a door over a broker, which refuses first.
func door(t *testing.T, first ...int) (*bustest.Broker, *clumsy, string) {
	t.Helper()
	b := bustest.Start(t, bus.Layout{})
	s := newService(t, ingest.NewBroker(b.JS), func(o *ingest.Options) { o.Now = time.Now })
	c := &clumsy{next: s.Handler(), first: first}
	srv := httptest.NewServer(c)
	t.Cleanup(srv.Close)
	return b, c, srv.URL
}

// heard checks that the story arrived, whole and once.
func heard(t *testing.T, events []event.Event) {
	t.Helper()
	var got []string
	for i := range events {
		e := &events[i]
		got = append(got, e.Type)
		if e.Subject != "c1" || e.Source != "shop" || time.Since(e.Time) > time.Hour {
			t.Errorf("%s is of %s, from %s at %s", e.Type, e.Subject, e.Source, e.Time)
		}
		switch e.Type {
		case event.ProfileIdentified:
			u, err := e.Profile()
			if err != nil || u == nil || u.Traits["first_name"] != "Zoë" || u.Traits["email"] != "zoe@example.com" || !slices.Equal(u.Also, []string{"anonymous:a1"}) {
				t.Errorf("identify became %s", e.Data)
			}
		case event.OrderCompleted:
			o, err := e.Order()
			if err != nil || o.OrderID != "o1" || o.Total.String() != "19.9" || len(o.Products) != 1 || o.Products[0].ProductID != "p1" {
				t.Errorf("the order became %s", e.Data)
			}
		case event.ProfileAliased:
			if !bytes.Contains(e.Data, []byte(`"previous_id":"c0"`)) {
				t.Errorf("alias became %s", e.Data)
			}
		}
	}
	want := slices.Sorted(slices.Values(told))
	if slices.Sort(got); !slices.Equal(got, want) {
		t.Errorf("stored are %v, want %v", got, want)
	}
}

func TestAnalyticsGo(t *testing.T) {
	t.Parallel()
	b, c, url := door(t, http.StatusTooManyRequests, http.StatusServiceUnavailable)
	idle := &http.Transport{}
	t.Cleanup(idle.CloseIdleConnections)
	heardOf := make(chan error, len(told))
	client, err := analytics.NewWithConfig("secret", analytics.Config{
		Endpoint: url, Transport: idle, RetryAfter: func(int) time.Duration { return time.Millisecond }, Callback: outcomes(heardOf), Logger: unheard{}, BatchSize: len(told),
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range []analytics.Message{
		analytics.Identify{UserId: "c1", AnonymousId: "a1", Traits: analytics.NewTraits().SetFirstName("Zoë").SetEmail("zoe@example.com")},
		analytics.Track{UserId: "c1", AnonymousId: "a1", Event: "Order Completed", Properties: analytics.NewProperties().SetOrderId("o1").SetTotal(19.9).
			SetProducts(analytics.Product{ID: "p1", Price: 19.9})},
		analytics.Page{UserId: "c1", AnonymousId: "a1", Name: "Home"},
		analytics.Screen{UserId: "c1", AnonymousId: "a1", Name: "Cart"},
		analytics.Group{UserId: "c1", AnonymousId: "a1", GroupId: "g1"},
		analytics.Alias{UserId: "c1", PreviousId: "c0"},
	} {
		if err := client.Enqueue(m); err != nil {
			t.Fatal(err)
		}
	}
	for range told { // a client that is closed gives up what it would try again
		if err := <-heardOf; err != nil {
			t.Errorf("a message was given up: %v", err)
		}
	}
	if err := client.Close(); err != nil {
		t.Fatal(err)
	}
	if n := c.asked.Load(); n != 3 {
		t.Errorf("%d requests were made, want 3", n)
	}
	heard(t, bustest.Stored(t, b.JS))
}

// outcomes tells what became of each message.
type outcomes chan error

func (o outcomes) Success(analytics.Message)            { o <- nil }
func (o outcomes) Failure(_ analytics.Message, e error) { o <- e }

type unheard struct{}

func (unheard) Logf(string, ...any)   {}
func (unheard) Errorf(string, ...any) {}

// installed is a directory with the libraries of testdata/libraries, from npm. It is kept between
// runs, in the user's cache, under the digest of the lock file.
func installed(t *testing.T) string {
	t.Helper()
	if testing.Short() {
		t.Skip("npm fetches the libraries; left out of short runs")
	}
	for _, program := range []string{"node", "npm"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("no %s here: install Debian's nodejs and npm to see Segment's libraries send", program)
		}
	}
	lock, err := os.ReadFile("testdata/libraries/package-lock.json")
	if err != nil {
		t.Fatal(err)
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = os.TempDir()
	}
	sum := sha256.Sum256(lock)
	dir := filepath.Join(cache, "rapport", "libraries-"+hex.EncodeToString(sum[:8]))
	whole := filepath.Join(dir, "whole")
	if _, err := os.Stat(whole); !errors.Is(err, fs.ErrNotExist) {
		return dir
	}
	if err := os.MkdirAll(dir, 0o750); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"package.json", "package-lock.json", "send.js"} {
		text, err := os.ReadFile(filepath.Join("testdata/libraries", name))
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, name), text, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	npm := exec.CommandContext(ctx, "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
	npm.Dir = dir
	if out, err := npm.CombinedOutput(); err != nil {
		if bytes.Contains(out, []byte("EUSAGE")) {
			t.Fatalf("the lock file does not fit: %v\n%s", err, out)
		}
		t.Skipf("npm could not fetch the libraries: %v\n%s", err, out)
	}
	if err := os.WriteFile(whole, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestLibrariesForNode(t *testing.T) {
	t.Parallel()
	dir := installed(t)
	script, err := os.ReadFile("testdata/libraries/send.js")
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		first []int
		zip   bool
	}{
		"@segment/analytics-node":      {[]int{http.StatusServiceUnavailable, http.StatusTooManyRequests}, false},
		"analytics-node":               {[]int{http.StatusServiceUnavailable}, false},
		"@rudderstack/rudder-sdk-node": {[]int{http.StatusServiceUnavailable}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, seen, url := door(t, c.first...)
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			node := exec.CommandContext(ctx, "node", "-", name, url, "secret")
			node.Dir, node.Stdin = dir, bytes.NewReader(script)
			if out, err := node.CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			if n := int(seen.asked.Load()); n <= len(c.first) || seen.zip.Load() != c.zip {
				t.Errorf("%d requests, compressed: %v", n, seen.zip.Load())
			}
			heard(t, bustest.Stored(t, b.JS))
		})
	}
}
