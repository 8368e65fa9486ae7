package feeds

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"rapport/pkg/catalogue"
	"rapport/pkg/catalogue/feed"
	"rapport/pkg/event"
)

// atOnce is how many products are handed to the catalogue together.
const atOnce = 500

// reading is one reading of a feed.
type reading struct {
	*Agent
	feed *source
	mark string // the field that says who lists a product, as JSON
	at   time.Time
	seen map[string]struct{}
	told []event.Event // not yet handed over
	counts
}

// read reads a feed that has changed, and tells the catalogue what is new. The error may be *shrunk.
func (a *Agent) read(ctx context.Context, f *source) (counts, error) {
	at := a.o.Now()
	res, err := a.fetch(ctx, f)
	if err != nil || res == nil {
		return counts{unchanged: err == nil}, err
	}
	defer res.Body.Close() //nolint:errcheck // It was read, or given up.
	if changed, err := http.ParseTime(res.Header.Get("Last-Modified")); err == nil && changed.Before(at) {
		at = changed
	}
	name, err := json.Marshal(f.name)
	if err != nil {
		return counts{}, fmt.Errorf("name the feed: %w", err)
	}
	r := &reading{Agent: a, feed: f, mark: `,"feed":` + string(name) + "}", at: at, seen: map[string]struct{}{}}
	if err := r.all(ctx, res.Body); err != nil {
		return r.counts, err
	}
	f.etag, f.lastModified = res.Header.Get("ETag"), res.Header.Get("Last-Modified")
	return r.counts, nil
}

func (r *reading) all(ctx context.Context, in io.Reader) error {
	reader := feed.Reader{
		Now:  r.at,
		Take: func(id string, record []byte) error { return r.take(ctx, id, record) },
		Refused: func(refusal feed.Refusal) {
			r.refused++
			r.seen[refusal.ID] = struct{}{}
			if r.refused <= shownRefusals {
				r.o.Logger.WarnContext(ctx, "a product of a feed cannot be used", "feed", r.feed.name, "place", refusal.Place, "product", refusal.ID, "reason", refusal.Reason)
			}
		},
	}
	if err := reader.Read(in); err != nil {
		return err //nolint:wrapcheck // It says what it was doing.
	}
	if err := r.put(ctx); err != nil {
		return err
	}
	gone, err := r.gone()
	if err != nil {
		return err
	}
	for _, id := range gone {
		data, err := json.Marshal(map[string]string{"product_id": id})
		if err != nil {
			return fmt.Errorf("remove product %q: %w", id, err)
		}
		r.removed++
		if err := r.tell(ctx, event.ProductRemoved, id, data); err != nil {
			return err
		}
	}
	return r.put(ctx)
}

// shownRefusals is how many refused products of one reading the log names.
const shownRefusals = 20

// take takes one product of the feed.
func (r *reading) take(ctx context.Context, id string, record []byte) error {
	if _, twice := r.seen[id]; twice {
		return nil
	}
	r.seen[id] = struct{}{}
	r.listed++
	data := append(record[:len(record)-1:len(record)-1], r.mark...)
	p, err := catalogue.Parse(data)
	if err != nil {
		return fmt.Errorf("product %q: %w", id, err)
	}
	if known, ok := r.o.Catalogue.Product(id); ok && !catalogue.Adds(&known, p) {
		return nil
	}
	r.counts.told++
	return r.tell(ctx, event.ProductUpdated, id, data)
}

func (r *reading) tell(ctx context.Context, typ, id string, data []byte) error {
	r.told = append(r.told, event.Event{
		ID: strconv.FormatInt(r.at.UnixNano(), 36) + "/" + id, Source: "rapport/feeds", Type: typ, Subject: "product:" + id, Time: r.at, Data: data,
	})
	if len(r.told) < atOnce {
		return nil
	}
	return r.put(ctx)
}

func (r *reading) put(ctx context.Context) error {
	if len(r.told) == 0 {
		return nil
	}
	if err := r.o.Catalogue.Put(ctx, r.told); err != nil {
		return fmt.Errorf("store products: %w", err)
	}
	r.told = r.told[:0]
	return nil
}

// gone are the products that the feed listed before and does not list now.
func (r *reading) gone() ([]string, error) {
	var ids []string
	had := 0
	r.o.Catalogue.Each(func(p *catalogue.Product) bool {
		var of struct {
			Feed string `json:"feed"`
		}
		if p.Removed || json.Unmarshal(p.Record, &of) != nil || of.Feed != r.feed.name {
			return true
		}
		had++
		if _, listed := r.seen[p.ID]; !listed {
			ids = append(ids, p.ID)
		}
		return true
	})
	if len(ids)*2 > had {
		return nil, &shrunk{len(ids), had}
	}
	return ids, nil
}
