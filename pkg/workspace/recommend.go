package workspace

import (
	"rapport/pkg/journey"
	"rapport/pkg/workspace/source"
)

// recommends reads recommend: {basis, from, min, max}, with otherwise: beside it.
func (r *reader) recommends(step, n *source.Node, number string, s *journey.Step) {
	s.Recommend = r.recommend(n)
	r.heard = hearing{}
	s.Recommend.Otherwise = r.otherwise(step.Get("otherwise"), number+".otherwise.", "too few recommendations")
	r.heard = hearing{}
}

func (r *reader) recommend(n *source.Node) *journey.Recommend {
	rec := &journey.Recommend{Min: 1, Max: 4, Basis: journey.BasisTrigger}
	if o := n.Get("otherwise"); o != nil {
		r.At(n.File, o.Place, "otherwise: belongs beside recommend:, not into it", "indent it like recommend:")
		n = without(n, "otherwise")
	}
	if !r.Fields(n, "recommend", source.Keys{Known: []string{"basis", "from", "min", "max"}}) {
		return rec
	}
	rec.Basis = r.basis(n.Get("basis"))
	rec.Min = r.Int(n.Get("min"), "min", 1, maxProducts, 1)
	rec.Max = r.Int(n.Get("max"), "max", 1, maxProducts, max(4, rec.Min))
	if rec.Min > rec.Max {
		r.At(n.File, n.Get("min").Place, "min is greater than max", "with fewer than min, otherwise: is taken; max is how many are shown")
	}
	if !r.required(n, "from", "say where the products come from: from: [bought_together]") {
		return rec
	}
	from := n.Get("from")
	if from.Kind != source.List || len(from.Items) == 0 {
		r.At(n.File, from.Place, "from must be a list of sources, not "+kindOf(from), "such as from: [bought_together]")
		return rec
	}
	for _, item := range from.Items {
		rec.From = append(rec.From, r.Choice(item, "from", "bought_together", "category_popular", "store_popular"))
	}
	return rec
}

// basis reads from which products suggestions start. Where nothing that has products
// entered, it is what the person bought.
func (r *reader) basis(n *source.Node) journey.Basis {
	e := &r.out.Enter
	without := e.Segment != nil || e.Broadcast != nil || e.Date != nil || e.Prediction != nil
	switch {
	case n == nil && without:
		return journey.BasisBought
	case n == nil:
		return journey.BasisTrigger
	}
	basis := journey.Basis(r.Choice(n, "basis", string(journey.BasisTrigger), string(journey.BasisBought)))
	if basis == journey.BasisTrigger && without && n.Value == string(basis) {
		r.At(n.File, n.Place, "what enters this journey has no products", "use "+string(journey.BasisBought))
	}
	return basis
}

// otherwise reads what happens with too few products: leave, or steps.
func (r *reader) otherwise(n *source.Node, prefix, reason string) []journey.Step {
	switch {
	case n == nil:
		return nil
	case n.Kind == source.Text && n.Value == "leave":
		r.ids[prefix+"1"] = n
		return []journey.Step{{ID: prefix + "1", Exit: &journey.Exit{Reason: reason}}}
	case n.Kind == source.List:
		return r.steps(n, prefix)
	}
	r.At(n.File, n.Place, "otherwise cannot be "+plainly(n), "use leave, or a list of steps")
	return nil
}
