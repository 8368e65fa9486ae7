package storetest

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"rapport/pkg/message"
	"rapport/pkg/store"
)

// model is the simplest thing that keeps the port's promises: maps. The property test
// gives the same calls to it and to the store under test, and compares the answers.
type model struct {
	partitions map[int]*modelPartition
	claims     map[string]store.Prior // as the next claim will find it
	listed     map[store.Address]map[store.Grounds]bool
}

type modelPartition struct {
	epoch    uint64
	at       store.Position
	profiles map[string]store.ProfileRow
	timeline []store.TimelineRow
	messages []store.MessageRow
	outbox   [][]store.Outgoing
	resting  map[store.Resting]int // Count is zero
	gone     []store.TimelineRow   // of who was erased
	tombs    map[string]time.Time
	phones   map[string]map[string]bool // numbers by profile
	ids      map[string][]byte
}

func newModel() *model {
	return &model{
		partitions: map[int]*modelPartition{}, claims: map[string]store.Prior{}, listed: map[store.Address]map[store.Grounds]bool{},
	}
}

func (m *model) acquire(partition int, epoch uint64) (store.Position, error) {
	p := m.partitions[partition]
	if p == nil {
		p = &modelPartition{
			profiles: map[string]store.ProfileRow{}, resting: map[store.Resting]int{}, tombs: map[string]time.Time{},
			phones: map[string]map[string]bool{}, ids: map[string][]byte{},
		}
		m.partitions[partition] = p
	}
	if p.epoch > epoch {
		return store.Position{}, store.ErrFenced
	}
	p.epoch = epoch
	return p.at, nil
}

func (m *model) commit(b *store.Batch) error {
	p := m.partitions[b.Partition]
	switch {
	case p == nil || p.epoch != b.Epoch:
		return store.ErrFenced
	case p.at != b.From:
		return store.ErrPosition
	}
	before := *p
	before.phones = maps.Clone(p.phones)
	for i := range b.Erasures {
		before.erase(&b.Erasures[i])
	}
	timeline, messages := slices.Clone(before.timeline), slices.Clone(before.messages)
	for _, row := range b.Timeline {
		if slices.ContainsFunc(timeline, func(t store.TimelineRow) bool { return t.Profile == row.Profile && t.ID == row.ID }) {
			return store.ErrExists
		}
		timeline = append(timeline, row)
	}
	for _, row := range b.Messages {
		if slices.ContainsFunc(messages, func(m store.MessageRow) bool { return m.ID == row.ID }) {
			return store.ErrExists
		}
		messages = append(messages, row)
	}
	p.gone, p.outbox, p.phones = before.gone, before.outbox, before.phones
	p.timeline, p.messages, p.at = timeline, messages, b.To
	for _, e := range b.Erasures {
		delete(p.profiles, e.Profile)
		if e.At.After(p.tombs[e.Profile]) {
			p.tombs[e.Profile] = e.At
		}
	}
	for _, row := range b.Phones {
		p.call(row)
	}
	m.list(b.Releases, b.Suppressions)
	for _, row := range b.Profiles {
		p.profiles[row.ID] = row
	}
	for _, o := range b.Outcomes {
		p.settle(o)
	}
	for _, d := range b.Resting {
		p.resting[store.Resting{Journey: d.Journey, Version: d.Version, Step: d.Step}] += d.Delta
	}
	for _, row := range b.Identities {
		if p.ids[row.ID] = row.State; row.State == nil {
			delete(p.ids, row.ID)
		}
	}
	if len(b.Outbox) > 0 {
		p.outbox = append(p.outbox, b.Outbox)
	}
	return nil
}

func (p *modelPartition) settle(o store.OutcomeRow) {
	for i := range p.messages {
		m := &p.messages[i]
		better := (m.Outcome == message.Uncertain || (m.Outcome == message.Suppressed && m.Profile == "")) &&
			(o.Outcome == message.Sent || o.Outcome == message.Failed)
		if m.ID == o.MessageID && (m.Outcome == "" || better) {
			m.Outcome, m.Reason, m.Detail, m.Provider = o.Outcome, o.Reason, o.Detail, o.Provider
			m.ProviderID, m.Resent, m.OutcomeAt = o.ProviderID, o.Resent, o.At
			if m.Profile == "" {
				m.Detail, m.ProviderID = "", ""
			}
		}
	}
}

func (m *model) load(partition int, w store.Want) (l store.Loaded) {
	p := m.partitions[partition]
	if p == nil {
		return l
	}
	l.State, l.Erased = p.profiles[w.Profile].State, p.tombs[w.Profile]
	for _, id := range w.Events {
		if slices.ContainsFunc(p.timeline, func(t store.TimelineRow) bool { return t.Profile == w.Profile && t.ID == id }) {
			l.Seen = append(l.Seen, id)
		}
	}
	return l
}

// due returns all wakes of a partition, in order.
func (m *model) due(partition int) (wakes []store.Wake) {
	if p := m.partitions[partition]; p != nil {
		for id, row := range p.profiles {
			if !row.Wake.IsZero() {
				wakes = append(wakes, store.Wake{Profile: id, Due: row.Wake})
			}
		}
	}
	slices.SortFunc(wakes, func(a, b store.Wake) int {
		return cmp.Or(a.Due.Compare(b.Due), cmp.Compare(a.Profile, b.Profile))
	})
	return wakes
}

func (m *model) claim(c store.Claim) store.Prior {
	prior, ok := m.claims[c.MessageID]
	if !ok {
		prior = store.Prior{State: store.Fresh}
	}
	if prior.State != store.Done {
		m.claims[c.MessageID] = store.Prior{State: store.Open, Worker: c.Worker}
	}
	return prior
}

func (m *model) record(r store.Result) error {
	prior, ok := m.claims[r.MessageID]
	if !ok {
		return store.ErrNotFound
	}
	if prior.State != store.Done {
		m.claims[r.MessageID] = store.Prior{State: store.Done, Worker: r.Worker, Receipt: r.Receipt}
	}
	return nil
}

// counts recounts everything from the rows.
func (m *model) counts() store.Counts {
	c := store.Counts{Events: map[string]int{}, Journeys: map[string]store.JourneyCounts{}}
	messages := map[store.MessageCount]int{}
	for _, p := range m.partitions {
		for _, row := range slices.Concat(p.timeline, p.gone) {
			j := c.Journeys[row.Name]
			switch row.Kind {
			case store.KindEvent:
				c.Events[row.Name]++
			case store.KindEntered:
				j.Entered++
			case store.KindLeft:
				j.Left++
			case store.KindFinished:
				j.Finished++
			}
			if slices.Contains([]store.Kind{store.KindEntered, store.KindLeft, store.KindFinished}, row.Kind) {
				c.Journeys[row.Name] = j
			}
		}
		for _, row := range p.messages {
			if row.Outcome == "" {
				c.Open++
			}
			messages[store.MessageCount{
				Journey: row.Journey, Channel: row.Channel, Template: row.Template, Outcome: row.Outcome, Reason: row.Reason,
			}]++
		}
		for _, out := range p.outbox {
			c.Pending += len(out)
		}
	}
	for count, n := range messages {
		count.Count = n
		c.Messages = append(c.Messages, count)
	}
	slices.SortFunc(c.Messages, compareCounts)
	return c
}

// resting adds the places up over all partitions.
func (m *model) resting() (places []store.Resting) {
	sums := map[store.Resting]int{}
	for _, p := range m.partitions {
		for place, n := range p.resting {
			sums[place] += n
		}
	}
	for place, n := range sums {
		if place.Count = n; n != 0 {
			places = append(places, place)
		}
	}
	slices.SortFunc(places, func(a, b store.Resting) int {
		return cmp.Or(cmp.Compare(a.Journey, b.Journey), cmp.Compare(a.Version, b.Version), cmp.Compare(a.Step, b.Step))
	})
	return places
}

// after returns the profiles of a partition after an id, in order.
func (m *model) after(partition int, id string) (rows []store.ProfileRow) {
	if p := m.partitions[partition]; p != nil {
		for _, row := range p.profiles {
			if row.ID > id {
				rows = append(rows, row)
			}
		}
	}
	slices.SortFunc(rows, func(a, b store.ProfileRow) int { return cmp.Compare(a.ID, b.ID) })
	return rows
}

func compareCounts(a, b store.MessageCount) int {
	return cmp.Or(cmp.Compare(a.Journey, b.Journey), cmp.Compare(a.Channel, b.Channel), cmp.Compare(a.Template, b.Template),
		cmp.Compare(a.Outcome, b.Outcome), cmp.Compare(a.Reason, b.Reason))
}
