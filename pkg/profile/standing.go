package profile

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"

	"rapport/pkg/event"
)

// The types of events that change a person's standing, with what their data holds:
// {"tag": ...}, {"points": ...} and {"tier": ...}. Predictions come as
// prediction.NAME_changed with {"value": ...}.
const (
	Tagged        = "profile.tagged"
	Untagged      = "profile.untagged"
	PointsAwarded = "loyalty.points_awarded"
	TierReached   = "loyalty.tier_reached"
	TierLost      = "loyalty.tier_lost" // tier is the lower one, or empty

	predictionBefore, predictionAfter = "prediction.", "_changed"
)

// Word is when something about the person was last said, by kind and name.
type Word struct {
	_    struct{} `cbor:",toarray"`
	Kind byte     // what sort of thing is named
	Name string
	At   int64 // Unix time in nanoseconds
}

// The kinds of words. Tags that were taken away are remembered for as long as there is
// room, so that an older event that puts them on is known to be late.
const (
	wordTag    = 't'
	wordUntag  = 'u'
	wordFigure = 'p'

	// Of traits, in Profile.Told.
	wordTrait   = 'v'
	wordRemoved = 'x'
)

// maxWords bounds tags and predictions together; what was spoken of longest ago is
// forgotten first.
const maxWords = 200

// maxWord is the longest name of a tag, a tier or a prediction, in bytes.
const maxWord = 100

// stand takes in what an event says about tags, loyalty and predictions.
func (p *Profile) stand(e *event.Event) {
	switch e.Type {
	case Tagged, Untagged:
		var d struct {
			Tag string `json:"tag"`
		}
		if json.Unmarshal(e.Data, &d) == nil && named(d.Tag) {
			p.tag(d.Tag, e.Type == Tagged, e.Time.UnixNano())
		}
	case PointsAwarded:
		var d struct {
			Points json.Number `json:"points"`
		}
		if json.Unmarshal(e.Data, &d) == nil {
			if n, err := d.Points.Int64(); err == nil {
				p.Loyalty.Points += n
			}
		}
	case TierReached, TierLost:
		var d struct {
			Tier string `json:"tier"`
		}
		if json.Unmarshal(e.Data, &d) == nil && (named(d.Tier) || (d.Tier == "" && e.Type == TierLost)) {
			l := &p.Loyalty
			if c := e.Time.Compare(l.TierAt); c > 0 || (c == 0 && d.Tier > l.Tier) {
				l.Tier, l.TierAt = d.Tier, e.Time
			}
		}
	default:
		p.predict(e)
	}
}

func named(name string) bool { return name != "" && len(name) <= maxWord }

// tag puts a tag on or takes it off, unless something newer was said about it. Of two
// words at one time, off is the one that counts.
func (p *Profile) tag(name string, on bool, ns int64) {
	now := byte(wordTag)
	if !on {
		now = wordUntag
	}
	i := slices.IndexFunc(p.Words, func(w Word) bool { return w.Name == name && w.Kind != wordFigure })
	if i >= 0 {
		if old := p.Words[i]; old.At > ns || (old.At == ns && old.Kind == wordUntag) {
			return
		}
		p.Words = slices.Delete(p.Words, i, i+1)
	}
	p.say(Word{Kind: now, Name: name, At: ns})
}

// predict takes in prediction.NAME_changed.
func (p *Profile) predict(e *event.Event) {
	name, ok := strings.CutPrefix(e.Type, predictionBefore)
	name, changed := strings.CutSuffix(name, predictionAfter)
	if !ok || !changed || !named(name) {
		return
	}
	var d struct {
		Value *float64 `json:"value"`
	}
	if json.Unmarshal(e.Data, &d) != nil || d.Value == nil {
		return
	}
	p.figure(name, *d.Value, e.Time.UnixNano())
}

// figure keeps the latest figure of a model, and of two at one time the larger.
func (p *Profile) figure(name string, value float64, ns int64) {
	i := slices.IndexFunc(p.Words, func(w Word) bool { return w.Name == name && w.Kind == wordFigure })
	if i >= 0 {
		if old := p.Words[i]; old.At > ns || (old.At == ns && p.Predictions[name] >= value) {
			return
		}
		p.Words = slices.Delete(p.Words, i, i+1)
	}
	if p.Predictions == nil {
		p.Predictions = map[string]float64{}
	}
	p.Predictions[name] = value
	p.say(Word{Kind: wordFigure, Name: name, At: ns})
}

// say adds a word and forgets the oldest when there are too many.
func (p *Profile) say(w Word) {
	i, _ := slices.BinarySearchFunc(p.Words, w, compareWords)
	p.Words = slices.Insert(p.Words, i, w)
	if len(p.Words) > maxWords {
		if gone := p.Words[0]; gone.Kind == wordFigure {
			delete(p.Predictions, gone.Name)
		}
		p.Words = slices.Delete(p.Words, 0, 1)
	}
	p.Tags = nil
	for _, w := range p.Words {
		if w.Kind == wordTag {
			p.Tags = append(p.Tags, w.Name)
		}
	}
	slices.Sort(p.Tags)
}

// compareWords orders words by time, oldest first.
func compareWords(a, b Word) int {
	return cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(a.Kind, b.Kind), strings.Compare(a.Name, b.Name))
}
