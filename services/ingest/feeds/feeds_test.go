package feeds_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"rapport/pkg/catalogue"
	"rapport/pkg/event"
	"rapport/services/ingest/feeds"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// shelf is a catalogue in memory, which counts what it is told.
type shelf struct {
	mu       sync.Mutex
	products map[string]*catalogue.Product
	told     int
}

func (s *shelf) Put(_ context.Context, told []event.Event) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range told {
		p, err := catalogue.Told(&told[i])
		if err != nil {
			return err
		}
		now, _, err := catalogue.Merge(s.products[p.ID], p)
		if err != nil {
			return err
		}
		s.products[p.ID] = &now
		s.told++
	}
	return nil
}

func (s *shelf) Product(id string) (catalogue.Product, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p := s.products[id]; p != nil {
		return *p, true
	}
	return catalogue.Product{}, false
}

func (s *shelf) Each(with func(*catalogue.Product) bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range s.products {
		if !with(p) {
			return
		}
	}
}

// sold are the products for sale, and how many were told since the last call.
func (s *shelf) sold() (ids string, told int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, id := range []string{"a", "b", "c", "d", "z"} {
		if p := s.products[id]; p != nil && p.ForSale() {
			ids += id + "=" + string(p.Price) + " "
		}
	}
	told, s.told = s.told, 0
	return strings.TrimSpace(ids), told
}

// shop answers with a feed, as a transport, so that time may be the bubble's.
type shop struct {
	mu       sync.Mutex
	text     string
	etag     string
	modified time.Time
	status   int
	asked    []string
}

func (s *shop) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = append(s.asked, r.Header.Get("If-None-Match"))
	if !s.modified.IsZero() {
		w.Header().Set("Last-Modified", s.modified.UTC().Format(http.TimeFormat))
	}
	if s.etag != "" {
		w.Header().Set("ETag", s.etag)
		if r.Header.Get("If-None-Match") == s.etag {
			w.WriteHeader(http.StatusNotModified)
			return
		}
	}
	if s.status != 0 {
		w.WriteHeader(s.status)
	}
	_, _ = w.Write([]byte(s.text))
}

// turn makes the shop answer otherwise.
func (s *shop) turn(to *shop) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.text, s.etag, s.modified, s.status = to.text, to.etag, to.modified, to.status
}

func (s *shop) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w.Result(), nil
}

// A feed over a day: what it says of each product holds, and only what is new is stored.
func TestTheCatalogueFollowsItsFeed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		known := &shelf{products: map[string]*catalogue.Product{}}
		own := catalogue.Product{}
		if p, err := catalogue.Parse([]byte(`{"product_id":"z","price":9}`)); err == nil { // told by a webhook
			own = p
		}
		known.products["z"] = &own
		var log bytes.Buffer
		s := &shop{text: "id,price\na,1\nb,2\na,7\nc,3\nd,\n", etag: "1"}
		a, err := feeds.New(feeds.Options{URLs: []string{"https://shop.example/feed.csv?key=hidden"}, Catalogue: known, Logger: slog.New(slog.NewTextHandler(&log, nil))})
		if err != nil {
			t.Fatal(err)
		}
		feeds.SetTransport(a, s)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- a.Run(ctx) }()
		for i, step := range []struct {
			name string
			shop *shop
			sold string
			told int
			logs string
		}{
			{"the first time", &shop{}, "a=1 b=2 c=3 d= z=9", 4, ""},
			{"unchanged", &shop{text: "no feed", etag: "1"}, "a=1 b=2 c=3 d= z=9", 0, ""},
			{"a price", &shop{text: "id,price\na,1\nb,2.50\nc,3\nd,\n", etag: "2"}, "a=1 b=2.50 c=3 d= z=9", 1, ""},
			{"one is gone, one cannot be read", &shop{text: "id,price\na,1\nb,2.50\nc,free\n"}, "a=1 b=2.50 c=3 z=9", 1, "free"},
			{"one comes back", &shop{text: "id,price\na,1\nb,2.50\nc,3\nd,4\n"}, "a=1 b=2.50 c=3 d=4 z=9", 1, ""},
			{"most are gone", &shop{text: "id,price\na,1.10\n"}, "a=1.10 b=2.50 c=3 d=4 z=9", 1, "3 of 4 products are missing"},
			{"cut off", &shop{text: "[{\"id\":\"a\",\"price\":\"1.20\"},"}, "a=1.10 b=2.50 c=3 d=4 z=9", 0, "cannot be read"},
			{"an error", &shop{text: "id,price\na,5\n", status: 502}, "a=1.10 b=2.50 c=3 d=4 z=9", 0, "502"},
			{"older than what is known", &shop{text: "id,price\na,6\nb,2.50\nc,3\nd,4\n", modified: began}, "a=1.10 b=2.50 c=3 d=4 z=9", 1, ""},
			{"half are gone", &shop{text: "id,price\na,1.10\nb,2.50\n"}, "a=1.10 b=2.50 z=9", 2, ""},
		} {
			if i > 0 { // Run asks for the first at once.
				s.turn(step.shop)
				time.Sleep(time.Hour)
			}
			synctest.Wait()
			if sold, told := known.sold(); sold != step.sold || told != step.told || !strings.Contains(log.String(), step.logs) || step.logs == "" && log.Len() > 0 && strings.Contains(log.String(), "WARN") {
				t.Errorf("%s: %s, told of %d, want %s, %d; the log says %s", step.name, sold, told, step.sold, step.told, log.String())
			}
			if strings.Contains(log.String(), "hidden") {
				t.Errorf("%s: the log has the feed's key: %s", step.name, log.String())
			}
			log.Reset()
		}
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

// Over real connections: gzip, and addresses that a feed must not have.
func TestWhereFeedsMayBe(t *testing.T) {
	t.Parallel()
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	_, werr := z.Write([]byte("id,price\na,1\n"))
	if err := errors.Join(werr, z.Close()); err != nil {
		t.Fatal(err)
	}
	asked := make(chan struct{}, 10)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write(packed.Bytes())
		asked <- struct{}{}
	}))
	t.Cleanup(server.Close)
	for private, want := range map[bool]string{true: "a=1", false: ""} {
		told := make(chan string, 10)
		known := &shelf{products: map[string]*catalogue.Product{}}
		a, err := feeds.New(feeds.Options{URLs: []string{server.URL + "/feed.csv.gz"}, Catalogue: known, AllowPrivate: private, Logger: slog.New(slog.NewTextHandler(telling(told), nil))})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- a.Run(ctx) }()
		said := <-told
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if sold, _ := known.sold(); sold != want || strings.Contains(said, "in no public network") == private {
			t.Errorf("private networks allowed: %t: %s, and the log says %s", private, sold, said)
		}
	}
	if len(asked) != 1 {
		t.Errorf("asked %d times", len(asked))
	}
}

// telling passes on what is written.
type telling chan string

func (c telling) Write(p []byte) (int, error) { c <- string(p); return len(p), nil }

func TestOptions(t *testing.T) {
	t.Parallel()
	for _, u := range []string{"", "feed.xml", "ftp://shop.example/feed", "https://"} {
		if _, err := feeds.New(feeds.Options{URLs: []string{u}, Catalogue: &shelf{}}); err == nil || !strings.Contains(err.Error(), "https://shop.example/feed.xml") {
			t.Errorf("%q: %v", u, err)
		}
	}
}
