package script

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"rapport/pkg/condition/spelling"
	"rapport/pkg/event"
	"rapport/pkg/message"
	"rapport/pkg/profile"
	"rapport/pkg/workspace/source"
)

// testSource is the source of events that tests give.
const testSource = "test"

// object is JSON.
type object = map[string]any

// profile reads who the test is about. All of it becomes events from before now, so that
// the person is what a person with that past is.
func (rd *reader) profile(n *source.Node) {
	if n == nil || !rd.r.Fields(n, "profile", source.Keys{Known: []string{
		"id", "since", "traits", "consent", "suppressed", "paused_until", "write_less", "segments", "tags", "loyalty", "predictions", "orders",
	}}) {
		return
	}
	t := rd.t
	if t.Profile = rd.r.Text(n.Get("id"), "id"); n.Get("id") == nil {
		rd.r.At(n.File, n.Place, "profile: has no id", "add id: ada")
	}
	rd.orders(n.Get("orders"))
	since := t.Now.Add(-time.Second)
	if len(t.Before) > 0 && t.Before[0].Time.Before(since) {
		since = t.Before[0].Time.Add(-time.Second)
	}
	if s := n.Get("since"); s != nil {
		if at, ok := rd.when.read(s, "since"); ok {
			since = at
		}
	}
	traits, _ := rd.value(n.Get("traits")).(object)
	if traits == nil {
		traits = object{}
	}
	if _, said := traits["email"]; !said && !strings.HasPrefix(t.Profile, event.AnonymousPrefix) {
		traits["email"] = mailbox(t.Profile)
	}
	update := object{"traits": traits}
	if c := rd.consent(n.Get("consent"), since); len(c) > 0 {
		update["consent"] = c
	}
	rd.past(since, event.ProfileIdentified, object{event.ProfileProperty: update})
	for _, tag := range rd.texts(n.Get("tags"), "a tag") {
		rd.past(since, profile.Tagged, object{"tag": tag})
	}
	rd.standing(n, since)
	rd.segments(n.Get("segments"))
	rd.suppressed(n.Get("suppressed"), since)
	rd.wishes(n, since)
}

// wishes reads what the person asked for: a pause, or fewer messages.
func (rd *reader) wishes(n *source.Node, since time.Time) {
	data := object{}
	if p := n.Get("paused_until"); p != nil {
		if until, ok := rd.when.read(p, "paused_until"); ok {
			data["pause_until"] = until.UTC()
		}
	}
	if p := n.Get("write_less"); p != nil {
		data["write_less"] = rd.r.Choice(p, "write_less", "false", "true") == "true"
	}
	if len(data) > 0 {
		rd.past(since, event.PreferencesChanged, data)
	}
}

// mailbox is where a person who gave no address in the test gets mail: reserved for
// examples by RFC 2606.
func mailbox(id string) string {
	local := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '-' || r == '.' {
			return r
		}
		return '-'
	}, strings.ToLower(id))
	return strings.Trim(local, ".-") + "@example.com"
}

// standing reads loyalty and predictions.
func (rd *reader) standing(n *source.Node, since time.Time) {
	if l := n.Get("loyalty"); l != nil && rd.r.Fields(l, "loyalty", source.Keys{Known: []string{"points", "tier"}}) {
		if p := l.Get("points"); p != nil {
			rd.past(since, profile.PointsAwarded, object{"points": rd.r.Int(p, "points", -1_000_000_000, 1_000_000_000, 0)})
		}
		if tier := rd.r.Text(l.Get("tier"), "tier"); tier != "" {
			rd.past(since, profile.TierReached, object{"tier": tier})
		}
	}
	if p := n.Get("predictions"); p != nil {
		if p.Kind != source.Map {
			rd.r.At(p.File, p.Place, "predictions must be a mapping, not "+p.Kind.String(), "write predictions: {churn_risk: 0.7}")
			return
		}
		for _, f := range p.Pairs {
			if f.Value.Kind != source.Number {
				rd.r.At(f.Value.File, f.Value.Place, f.Key+" must be a number", "")
				continue
			}
			rd.past(since, "prediction."+f.Key+"_changed", object{"value": json.Number(f.Value.Value)})
		}
	}
}

// confirmed is the word for a yes that was confirmed, the second step of a double opt-in.
const confirmed = "confirmed"

// consent reads {email: [marketing]}, or {email: {marketing: true, surveys: false, loyalty:
// confirmed}}.
func (rd *reader) consent(n *source.Node, at time.Time) []object {
	if n == nil {
		return nil
	}
	if !rd.r.Fields(n, "consent", source.Keys{Known: channelNames()}) {
		return nil
	}
	var out []object
	say := func(channel, purpose, word string) {
		c := object{"channel": channel, "purpose": purpose, "granted": word != "false", "source": testSource, "at": at.UTC()}
		if word == confirmed {
			c["confirmed"] = true
		}
		out = append(out, c)
	}
	for _, p := range n.Pairs {
		switch p.Value.Kind {
		case source.Map:
			for _, q := range p.Value.Pairs {
				word := rd.r.Choice(q.Value, q.Key, "false", "true", confirmed)
				if q.Key == event.Everything && word != "false" {
					rd.r.At(n.File, q.At, "nobody can agree to everything", `name what they agree to; "*": false withdraws it all`)
					continue
				}
				say(p.Key, q.Key, word)
			}
		default:
			for _, purpose := range rd.texts(p.Value, "a purpose") {
				say(p.Key, purpose, "true")
			}
		}
	}
	return out
}

// suppressed reads {email: bounced}: the channels that must not be used, and why.
func (rd *reader) suppressed(n *source.Node, at time.Time) {
	if n == nil || !rd.r.Fields(n, "suppressed", source.Keys{Known: channelNames()}) {
		return
	}
	for _, p := range n.Pairs {
		why := rd.r.Choice(p.Value, p.Key, "bounced", "complained", "opted_out", "erased")
		rd.t.Suppressed = append(rd.t.Suppressed, profile.Block{Channel: message.Channel(p.Key), Why: why, At: at.UTC()})
	}
}

func channelNames() []string {
	var names []string
	for _, c := range message.Channels() {
		names = append(names, string(c))
	}
	return names
}

// segments reads what the person is in.
func (rd *reader) segments(n *source.Node) {
	var names []string
	for _, s := range rd.snap.Segments() {
		names = append(names, s.Name)
	}
	for i, name := range rd.texts(n, "a segment") {
		if !slices.Contains(names, name) {
			at := n
			if n.Kind == source.List {
				at = n.Items[i]
			}
			rd.r.At(at.File, at.Place, "there is no segment "+name, spelling.DidYouMean(name, names))
			continue
		}
		rd.t.Segments = append(rd.t.Segments, name)
	}
}

// orders reads past orders: {at: -10d, total: 20, products: [lamp]}.
func (rd *reader) orders(n *source.Node) {
	if n == nil {
		return
	}
	if n.Kind != source.List {
		rd.r.At(n.File, n.Place, "orders must be a list, not "+n.Kind.String(), "write orders: [{at: -10d, total: 20.0}]")
		return
	}
	for _, o := range n.Items {
		if !rd.r.Fields(o, "an order", source.Keys{Known: []string{"at", "order_id", "total", "currency", "products"}}) {
			continue
		}
		at, ok := rd.pastTime(o)
		if !ok {
			continue
		}
		data, _ := rd.value(o).(object)
		delete(data, "at")
		if data["order_id"] == nil {
			data["order_id"] = "past-" + itoa(rd.serial+1)
		}
		if data["total"] == nil {
			data["total"] = 0
		}
		completeProducts(data)
		rd.past(at, event.OrderCompleted, data)
	}
}

// pastTime reads the time of something from before now.
func (rd *reader) pastTime(n *source.Node) (time.Time, bool) {
	if n.Get("at") == nil {
		rd.r.At(n.File, n.Place, "at: is missing", "say when it was: at: -10d")
		return time.Time{}, false
	}
	at, ok := rd.when.read(n.Get("at"), "at")
	if ok && !at.Before(rd.t.Now) {
		rd.r.At(n.File, n.Get("at").Place, "this is not before now", "put what happens in the test under events:")
		return at, false
	}
	return at, ok
}

// past adds an event from before now, in the order of time.
func (rd *reader) past(at time.Time, typ string, data object) {
	rd.insert(rd.event(at, typ, data))
}

// insert puts an event into its place among those from before now.
func (rd *reader) insert(ev *event.Event) {
	i, _ := slices.BinarySearchFunc(rd.t.Before, ev, func(a, b *event.Event) int {
		if c := a.Time.Compare(b.Time); c != 0 {
			return c
		}
		return -1 // after those of the same time
	})
	rd.t.Before = slices.Insert(rd.t.Before, i, ev)
}

// event makes an event of the test's person.
func (rd *reader) event(at time.Time, typ string, data object) *event.Event {
	rd.serial++
	b, err := json.Marshal(data)
	if err != nil {
		b = []byte("{}") // What was read from YAML always encodes.
	}
	return &event.Event{ID: "event-" + itoa(rd.serial), Source: testSource, Type: typ, Subject: rd.t.Profile, Time: at.UTC(), Data: b}
}
