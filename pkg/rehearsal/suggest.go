package rehearsal

import (
	"rapport/pkg/event"
	"rapport/pkg/journey"
	"rapport/pkg/recommend"
)

// Suggester answers recommend steps.
type Suggester interface {
	// Learn is told every event, once it was applied.
	Learn(ev *event.Event)
	// Suggest answers a query of a profile, from what was learnt before its AsOf.
	Suggest(profile string, q journey.Query) []journey.Suggestion
}

// nobody knows anything.
type nobody struct{}

func (nobody) Learn(*event.Event) {}

func (nobody) Suggest(string, journey.Query) []journey.Suggestion { return nil }

// Func answers with a function, which learns nothing.
type Func func(profile string, q journey.Query) []journey.Suggestion

// Learn does nothing.
func (Func) Learn(*event.Event) {}

// Suggest calls the function.
func (f Func) Suggest(profile string, q journey.Query) []journey.Suggestion { return f(profile, q) }

// Shelf answers as the recommender does: with the model of package recommend, which learns
// from the completed orders of everybody, those of anonymous profiles too.
type Shelf struct{ model *recommend.Model }

// NewShelf makes a Shelf that knows nothing; the zero Config is what the recommender uses.
func NewShelf(cfg recommend.Config) *Shelf { return &Shelf{model: recommend.New(cfg)} }

// Learn takes completed orders in. What cannot be read as one teaches nothing.
func (s *Shelf) Learn(ev *event.Event) {
	if ev.Type != event.OrderCompleted {
		return
	}
	o, err := ev.Order()
	if err != nil {
		return
	}
	out := recommend.Order{ID: ev.UID(), At: ev.Time, Items: make([]recommend.Item, 0, len(o.Products))}
	for i := range o.Products {
		if p := &o.Products[i]; p.Sellable() {
			out.Items = append(out.Items, recommend.Item{ID: p.Key(), Name: p.Name, Category: p.Category, URL: p.URL, ImageURL: p.ImageURL})
		}
	}
	if len(out.Items) > 0 {
		s.model.Learn(out)
	}
}

// Suggest asks the model.
func (s *Shelf) Suggest(_ string, q journey.Query) []journey.Suggestion {
	exclude := make(map[string]struct{}, len(q.Exclude))
	for _, id := range q.Exclude {
		exclude[id] = struct{}{}
	}
	query := recommend.Query{
		AsOf: q.AsOf, Basket: q.Basket, Min: q.Min, Max: q.Max,
		Exclude: func(id string) bool { _, yes := exclude[id]; return yes },
	}
	for _, f := range q.From {
		query.Basis = append(query.Basis, recommend.Source(f))
	}
	got := s.model.Suggest(query)
	out := make([]journey.Suggestion, 0, len(got))
	for _, g := range got {
		out = append(out, journey.Suggestion{ID: g.ID, Name: g.Name, Category: g.Category, URL: g.URL, ImageURL: g.ImageURL})
	}
	return out
}
