package backtest

import (
	"cmp"
	"maps"
	"slices"

	"rapport/pkg/message"
)

// report sums everything up, in an order that does not change.
func (r *run) report() (*Report, error) {
	t := r.tally
	out := &Report{
		Workspace: r.in.Config.Version, Since: r.since, Until: r.stage.Now(), Events: r.events, Before: r.warmups,
		Sent: len(t.sends), Notes: r.in.Notes, Journeys: r.journeys(), Days: t.byDay(), Blocked: t.reasons(), Capped: t.caps(),
		Messages: t.distribution(), Overlap: []Overlap{},
	}
	for range r.stage.Profiles() {
		out.Profiles++
	}
	for k, n := range t.overlap {
		out.Overlap = append(out.Overlap, Overlap{k.a, k.b, n})
	}
	slices.SortFunc(out.Overlap, func(a, b Overlap) int {
		return cmp.Or(cmp.Compare(b.People, a.People), cmp.Compare(a.A, b.A), cmp.Compare(a.B, b.B))
	})
	if r.in.Recorded == nil {
		return out, nil
	}
	var err error
	out.Against, err = t.difference(r.since, r.stage.Now())
	return out, err
}

func (r *run) journeys() []Journey {
	list := make([]Journey, 0, len(r.in.Config.Journeys))
	for _, d := range r.in.Config.Journeys {
		c := r.tally.journey(d.Name)
		j := Journey{
			Journey: d.Name, Title: d.Title, Status: d.Status, Entered: c.entered, People: c.people, HeldOut: c.ghosts,
			Finished: c.finished, Inside: c.inside, Reached: c.reached, Left: []Left{}, Sent: []ChannelCount{},
			HasGoal: d.Goal != nil,
		}
		if d.Goal != nil {
			j.Expected = expect(r.in.Past[d.Name], c.entered-c.ghosts)
		}
		for _, reason := range slices.Sorted(maps.Keys(c.left)) {
			j.Left = append(j.Left, Left{reason, c.left[reason]})
		}
		for _, ch := range message.Channels() {
			if n := c.sent[ch]; n > 0 {
				j.Sent = append(j.Sent, ChannelCount{ch, n})
			}
		}
		list = append(list, j)
	}
	slices.SortFunc(list, func(a, b Journey) int { return cmp.Compare(a.Journey, b.Journey) })
	return list
}

func (t *tally) byDay() []Day {
	days := map[string]*Day{}
	for k, n := range t.days {
		d := days[k.date]
		if d == nil {
			d = &Day{Date: k.date}
			days[k.date] = d
		}
		d.Sends = append(d.Sends, DaySends{k.journey, k.channel, n})
	}
	list := make([]Day, 0, len(days))
	for _, date := range slices.Sorted(maps.Keys(days)) {
		d := *days[date]
		slices.SortFunc(d.Sends, func(a, b DaySends) int {
			return cmp.Or(cmp.Compare(a.Journey, b.Journey), cmp.Compare(a.Channel, b.Channel))
		})
		list = append(list, d)
	}
	return list
}

func (t *tally) reasons() []Blocked {
	list := make([]Blocked, 0, len(t.blocked))
	for k, b := range t.blocked {
		list = append(list, Blocked{k.journey, k.channel, k.reason, b.count, b.people})
	}
	slices.SortFunc(list, func(a, b Blocked) int {
		return cmp.Or(cmp.Compare(a.Journey, b.Journey), cmp.Compare(b.Count, a.Count), cmp.Compare(a.Reason, b.Reason), cmp.Compare(a.Channel, b.Channel))
	})
	return list
}

// most is how many people are named.
const most = 10

func (t *tally) caps() Capped {
	c := Capped{Most: []PersonMany{}}
	for _, p := range t.people {
		if p.capped > 0 {
			c.People++
			c.Messages += p.capped
			c.Most = append(c.Most, PersonMany{p.id, p.capped})
		}
	}
	slices.SortFunc(c.Most, func(a, b PersonMany) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Profile, b.Profile))
	})
	c.Most = c.Most[:min(len(c.Most), most)]
	return c
}

func (t *tally) distribution() Distribution {
	d := Distribution{Histogram: []Bucket{}}
	people := map[int]int{}
	for _, p := range t.people {
		if p.messages > 0 {
			people[p.messages]++
			d.People++
		}
	}
	seen := 0
	for _, n := range slices.Sorted(maps.Keys(people)) {
		d.Histogram = append(d.Histogram, Bucket{n, people[n]})
		seen += people[n]
		// The nearest rank: the first value that so many of a hundred do not exceed.
		if d.P50 == 0 && 100*seen >= 50*d.People {
			d.P50 = n
		}
		if d.P95 == 0 && 100*seen >= 95*d.People {
			d.P95 = n
		}
		d.Max = n
	}
	return d
}
