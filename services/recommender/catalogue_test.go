package recommender_test

import (
	"testing"
	"time"

	"rapport/pkg/catalogue"
	"rapport/pkg/recommend"
	"rapport/services/recommender"
)

// shelf is a catalogue.
type shelf map[string]catalogue.Product

func (s shelf) Product(id string) (catalogue.Product, bool) {
	p, ok := s[id]
	return p, ok
}

func TestOnlyWhatIsForSaleIsSuggested(t *testing.T) {
	t.Parallel()
	none := 0.0
	r := newRig(t)
	r.runWith(recommender.Options{Wait: patience, Catalogue: shelf{
		"bulb":  {ID: "bulb", Stock: &none},
		"shade": {ID: "shade", Name: "Linen shade", ImageURL: "https://shop.example/shade.jpg"},
	}})
	through := r.shop()
	reply := r.ask(recommend.Request{AsOf: start().Add(100 * time.Hour), Through: through, Basket: []string{"lamp"}, Min: 1, Max: 4})
	if got := names(reply.Suggestions); got != "shade=Linen shade" || reply.Suggestions[0].ImageURL != "https://shop.example/shade.jpg" {
		t.Errorf("suggested %s, %+v", got, reply)
	}
}
