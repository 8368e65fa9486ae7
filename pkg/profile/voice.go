package profile

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"rapport/pkg/event"
	"rapport/pkg/message"
)

// Voice is what was said about consent on a channel under one address of a person.
type Voice struct {
	_       struct{} `cbor:",toarray"`
	Channel message.Channel
	Address string    // as addressKey writes it; empty: none was known
	Words   []Consent // the latest for each purpose, sorted
}

// addressKey is the profile's address on a channel in a form in which the same are equal.
func (p *Profile) addressKey(c message.Channel) string {
	a := p.Address(c)
	if c == message.Email {
		return strings.ToLower(strings.TrimSpace(a))
	}
	return digits(a)
}

// voices are what was said under each of the profile's addresses. The words are shared.
func (p *Profile) voices() []Voice {
	if p.Voices != nil {
		return p.Voices
	}
	var list []Voice
	for _, k := range p.Consent {
		i := slices.IndexFunc(list, func(v Voice) bool { return v.Channel == k.Channel })
		if i < 0 {
			list = append(list, Voice{Channel: k.Channel, Address: p.addressKey(k.Channel)})
			i = len(list) - 1
		}
		list[i].Words = append(list[i].Words, k)
	}
	return list
}

// speak takes in a word of a person who has spoken under several addresses: it is about the one
// that the profile has now.
func (p *Profile) speak(c message.Channel, s *Statement) {
	i, ok := findVoice(p.Voices, c, p.addressKey(c))
	if !ok {
		p.Voices = slices.Insert(p.Voices, i, Voice{Channel: c, Address: p.addressKey(c)})
	}
	v := &p.Voices[i]
	v.Words = hear(v.Words, c, s)
	p.Consent = strictest(p.Voices)
}

func findVoice(list []Voice, c message.Channel, address string) (int, bool) {
	return slices.BinarySearchFunc(list, c, func(v Voice, c message.Channel) int {
		return cmp.Or(cmp.Compare(v.Channel, c), strings.Compare(v.Address, address))
	})
}

// joinVoices makes consent of what was said in all parts. Where nothing was said under another
// address than the one that the whole has, there are no voices to be told apart.
func (p *Profile) joinVoices(parts []*Profile) {
	var all []Voice
	for _, part := range parts {
		for _, v := range part.voices() {
			i, ok := findVoice(all, v.Channel, v.Address)
			if !ok {
				all = slices.Insert(all, i, Voice{Channel: v.Channel, Address: v.Address})
			}
			all[i].Words = unite(all[i].Words, v.Words)
		}
	}
	p.Consent = strictest(all)
	if slices.ContainsFunc(all, func(v Voice) bool { return v.Address != p.addressKey(v.Channel) }) {
		p.Voices = all
	}
}

// unite is what was said in two lists of words about one address: it is as if all of it had
// been said in one. Neither is changed.
func unite(a, b []Consent) []Consent {
	var list []Consent
	for _, half := range [2][2][]Consent{{a, b}, {b, a}} {
		for _, k := range half[0] {
			if consentTo(list, k.Channel, k.Purpose) != nil {
				continue
			}
			if other := wordOn(half[1], k.Channel, k.Purpose); other != nil {
				k = k.with(other)
			}
			list = append(list, k)
		}
	}
	slices.SortFunc(list, compareConsents)
	return list
}

// wordOn is the word of a list on a purpose: its own, or that on everything; nil: none.
func wordOn(list []Consent, c message.Channel, purpose string) *Consent {
	if k := consentTo(list, c, purpose); k != nil {
		return k
	}
	if all := consentTo(list, c, event.Everything); all != nil {
		k := all.about(purpose)
		return &k
	}
	return nil
}

// with is the word that follows of two on one purpose of one channel.
func (k Consent) with(o *Consent) Consent {
	no := k.lastNo()
	if o.lastNo().After(no) {
		no = o.lastNo()
	}
	won := k
	if compareWordsOn(o, &k) > 0 {
		won = *o
	}
	won.Confirmed = k.Confirmed
	if o.Confirmed.After(won.Confirmed) {
		won.Confirmed = o.Confirmed
	}
	if !won.Confirmed.After(no) {
		won.Confirmed = time.Time{}
	}
	if won.Refused = no; !won.Granted {
		won.Refused = time.Time{}
	}
	return won
}

// lastNo is when they last refused; zero: they never did.
func (k *Consent) lastNo() time.Time {
	if k.Granted {
		return k.Refused
	}
	return k.At
}

// compareWordsOn says which of two words counts: the later, and of two at one time a refusal.
func compareWordsOn(a, b *Consent) int {
	return cmp.Or(a.At.Compare(b.At), truths(b.Granted, a.Granted), strings.Compare(a.Source, b.Source), strings.Compare(a.Proof, b.Proof))
}

// strictest is what holds of all that was said under several addresses. What was said when no
// address was known is about each of them.
func strictest(voices []Voice) []Consent {
	var all []Consent
	for from := 0; from < len(voices); {
		to := from + 1
		for to < len(voices) && voices[to].Channel == voices[from].Channel {
			to++
		}
		group := voices[from:to]
		lists := make([][]Consent, 0, len(group))
		if group[0].Address == "" && len(group) > 1 {
			for _, v := range group[1:] {
				lists = append(lists, unite(v.Words, group[0].Words))
			}
		} else {
			for _, v := range group {
				lists = append(lists, v.Words)
			}
		}
		all = append(all, strictestOf(voices[from].Channel, lists)...)
		from = to
	}
	return all
}

func strictestOf(c message.Channel, lists [][]Consent) []Consent {
	var all []Consent
	for _, list := range lists {
		for _, k := range list {
			if consentTo(all, c, k.Purpose) != nil {
				continue
			}
			var words []*Consent
			for _, other := range lists {
				if w := wordOn(other, c, k.Purpose); w != nil {
					words = append(words, w)
				}
			}
			all = append(all, rule(words))
		}
	}
	slices.SortFunc(all, compareConsents)
	return all
}

// rule is the rule of the package comment about one purpose: who refused under one address has
// refused, unless they agreed later under another and confirmed it.
func rule(words []*Consent) Consent {
	var no, yes, sure *Consent
	var lastNo time.Time
	allSure := true
	for _, k := range words {
		if at := k.lastNo(); at.After(lastNo) {
			lastNo = at
		}
		switch {
		case !k.Granted:
			if no == nil || compareWordsOn(k, no) > 0 {
				no = k
			}
			continue
		case yes == nil || compareWordsOn(k, yes) > 0:
			yes = k
		}
		if sure == nil || cmp.Or(k.Confirmed.Compare(sure.Confirmed), compareWordsOn(k, sure)) > 0 {
			sure = k
		}
		allSure = allSure && !k.Confirmed.IsZero()
	}
	var held Consent
	switch {
	case no == nil:
		held = *yes
		held.Confirmed = sure.Confirmed
		if !allSure {
			held.Confirmed = time.Time{}
		}
	case sure != nil && sure.Confirmed.After(no.At):
		held = *sure
	default:
		return *no
	}
	if held.Refused = lastNo; !held.Confirmed.After(lastNo) {
		held.Confirmed = time.Time{}
	}
	return held
}
