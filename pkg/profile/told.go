package profile

import (
	"bytes"
	"cmp"
	"encoding/json"
	"slices"
	"strings"
)

// When each trait was last told of, so that the order in which events arrive does not matter.
// Shops send all they know with every event; so one time is kept for most, TraitsAt, and Told
// has the others: those that the latest such event left out, and those that were taken away.

// maxRemoved bounds the traits that are remembered to have been taken away; what was taken away
// longest ago is forgotten first, and could be told again by an event that is older still.
const maxRemoved = 50

// tell takes in what an event of a time says about traits; null takes one away. Of two words
// about one trait the later counts, and of two at one time the greater value.
func (p *Profile) tell(traits map[string]any, at int64) {
	if len(traits) == 0 {
		return
	}
	if p.Traits == nil {
		p.Traits = make(map[string]any, len(traits))
	}
	if at > p.TraitsAt {
		p.pass(traits, at)
		for name, value := range traits {
			p.put(name, value, at)
		}
	} else {
		for name, value := range traits {
			last, known := p.toldAt(name)
			if !known || at > last || at == last && compareValues(value, p.Traits[name]) > 0 {
				p.put(name, value, at)
			}
		}
	}
	p.forgetRemoved()
	if len(p.Traits) == 0 {
		p.Traits = nil
	}
}

// pass makes a time that of most traits. Those that were told of at the one before, and are not
// again, keep it for themselves.
func (p *Profile) pass(again map[string]any, at int64) {
	for name := range p.Traits {
		if _, ok := again[name]; !ok {
			if i, own := p.told(name); !own {
				p.Told = slices.Insert(p.Told, i, Word{Kind: wordTrait, Name: name, At: p.TraitsAt})
			}
		}
	}
	p.TraitsAt = at
}

// put sets a trait, or takes it away, at a time that is not after TraitsAt.
func (p *Profile) put(name string, value any, at int64) {
	w := Word{Kind: wordTrait, Name: name, At: at}
	if value == nil {
		delete(p.Traits, name)
		w.Kind = wordRemoved
	} else {
		p.Traits[name] = value
	}
	i, own := p.told(name)
	switch {
	case value != nil && at == p.TraitsAt:
		if own {
			p.Told = slices.Delete(p.Told, i, i+1)
		}
	case own:
		p.Told[i] = w
	default:
		p.Told = slices.Insert(p.Told, i, w)
	}
}

// told is the place of a trait among those that have a time of their own.
func (p *Profile) told(name string) (int, bool) {
	return slices.BinarySearchFunc(p.Told, name, func(w Word, name string) int { return strings.Compare(w.Name, name) })
}

// toldAt is when a trait was last told of. Before times were kept it was at no time, which is
// before any.
func (p *Profile) toldAt(name string) (at int64, known bool) {
	if i, own := p.told(name); own {
		return p.Told[i].At, true
	}
	_, known = p.Traits[name]
	return p.TraitsAt, known
}

func (p *Profile) forgetRemoved() {
	for {
		removed, oldest := 0, -1
		for i := range p.Told {
			if p.Told[i].Kind != wordRemoved {
				continue
			}
			if removed++; oldest < 0 || p.Told[i].At < p.Told[oldest].At {
				oldest = i
			}
		}
		if removed <= maxRemoved {
			return
		}
		p.Told = slices.Delete(p.Told, oldest, oldest+1)
	}
}

// joinTraits takes in what another part knows of traits.
func (p *Profile) joinTraits(o *Profile) {
	at := make(map[int64]map[string]any, 2)
	tell := func(name string, value any, when int64) {
		if at[when] == nil {
			at[when] = make(map[string]any, len(o.Traits))
		}
		at[when][name] = value
	}
	for name, value := range o.Traits {
		when, _ := o.toldAt(name)
		tell(name, value, when)
	}
	for _, w := range o.Told {
		if w.Kind == wordRemoved {
			tell(w.Name, nil, w.At)
		}
	}
	for when, traits := range at {
		p.tell(traits, when)
	}
	if o.TraitsAt > p.TraitsAt {
		p.pass(nil, o.TraitsAt) // A trait that was taken away then is forgotten.
	}
}

// compareValues orders values of traits: nothing, truths, numbers, texts, lists, objects.
func compareValues(a, b any) int {
	if c := cmp.Compare(rankOfValue(a), rankOfValue(b)); c != 0 {
		return c
	}
	switch a := a.(type) {
	case nil:
		return 0
	case bool:
		return truths(a, b == true)
	case float64:
		b, _ := b.(float64)
		return cmp.Compare(a, b)
	case string:
		b, _ := b.(string)
		return strings.Compare(a, b)
	}
	// They are values of JSON, which can be written; names of objects are written in order.
	x, _ := json.Marshal(a)
	y, _ := json.Marshal(b)
	return bytes.Compare(x, y)
}

func rankOfValue(v any) int {
	switch v.(type) {
	case nil:
		return 0
	case bool:
		return 1
	case float64:
		return 2
	case string:
		return 3
	case []any:
		return 4
	}
	return 5
}
