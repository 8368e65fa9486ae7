package script

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"rapport/pkg/condition/spelling"
	"rapport/pkg/journey"
	"rapport/pkg/message"
	"rapport/pkg/workspace/source"
)

// kinds are what can be expected, and how each is read.
func kinds() map[Kind]func(*reader, *source.Node, *Expectation) {
	return map[Kind]func(*reader, *source.Node, *Expectation){
		Sent: (*reader).sent, Blocked: (*reader).blocked, Failed: (*reader).blocked, Entered: (*reader).enteredOne, Left: (*reader).reason,
		Finished: (*reader).flag, Moved: (*reader).named, Set: (*reader).traits, Tagged: (*reader).named, Untagged: (*reader).named,
		Emitted: (*reader).emitted, Task: (*reader).named, Awarded: (*reader).points, Joined: (*reader).segment,
		LeftSegment: (*reader).segment, Arm: (*reader).armed, Converted: (*reader).converted,
		NothingAfter: (*reader).nothingAfter, Nothing: (*reader).flag,
	}
}

// expect reads what is to happen.
func (rd *reader) expect(n *source.Node) {
	var names []string
	for k := range kinds() {
		names = append(names, string(k))
	}
	slices.Sort(names)
	for _, item := range rd.list(n, "expect", "expect: [{at: +0s, sent: {email: welcome}}]") {
		known := append(slices.Clone(names), "at", "profile", "journey", "of")
		if !rd.r.Fields(item, "an expectation", source.Keys{Known: known}) {
			continue
		}
		e := Expectation{at: item.Place, in: item.File}
		var value *source.Node
		for _, p := range item.Pairs {
			switch {
			case !slices.Contains(names, p.Key):
			case value != nil:
				rd.r.At(item.File, p.At, fmt.Sprintf("one expectation is of one thing, and this has %s and %s", e.Kind, p.Key), "write them one below the other")
			default:
				e.Kind, value = Kind(p.Key), p.Value
			}
		}
		if value == nil {
			rd.r.At(item.File, item.Place, "nothing is expected here", spelling.OneOf(names))
			continue
		}
		if at := item.Get("at"); at != nil {
			e.At, _ = rd.when.read(at, "at")
		}
		e.Profile = rd.r.Text(item.Get("profile"), "profile")
		e.Journey = rd.r.Text(item.Get("journey"), "journey")
		if of := item.Get("of"); of != nil {
			if e.Kind != Blocked && e.Kind != Failed {
				rd.r.At(of.File, of.Place, "of: goes with blocked: and failed:", "")
			}
			rd.target(of, &e)
		}
		kinds()[e.Kind](rd, value, &e)
		e.Text = e.words()
		rd.t.Expect = append(rd.t.Expect, e)
	}
}

func (rd *reader) named(n *source.Node, e *Expectation) { e.Name = rd.r.Text(n, string(e.Kind)) }

// enteredOne reads a journey's name.
func (rd *reader) enteredOne(n *source.Node, e *Expectation) {
	if n.Kind == source.Bool && n.Value == "true" {
		return
	}
	var names []string
	for _, d := range rd.journeys {
		names = append(names, d.Name)
	}
	if e.Name = rd.r.Text(n, "entered"); e.Name != "" && !slices.Contains(names, e.Name) && len(rd.t.Changes) == 0 {
		rd.r.At(n.File, n.Place, "the journey "+e.Name+" does not run in this test", spelling.DidYouMean(e.Name, names))
	}
}

// reason reads a reason, or true for any.
func (rd *reader) reason(n *source.Node, e *Expectation) {
	if n.Kind != source.Bool {
		e.Name = rd.r.Text(n, string(e.Kind))
	}
}

// flag reads true.
func (rd *reader) flag(n *source.Node, e *Expectation) {
	if n.Kind != source.Bool || n.Value != "true" {
		rd.r.At(n.File, n.Place, fmt.Sprintf("%s can only be true", e.Kind), "leave the line out if it is not")
	}
}

// sent reads {email: TEMPLATE, step:, subject:, contains:, lacks:}.
func (rd *reader) sent(n *source.Node, e *Expectation) { rd.target(n, e) }

// target reads a message: its channel and template, and what it says.
func (rd *reader) target(n *source.Node, e *Expectation) {
	channels := channelNames()
	more := []string{"step"}
	if e.Kind == Sent {
		more = append(more, "subject", "contains", "lacks")
	}
	if !rd.r.Fields(n, string(e.Kind), source.Keys{Known: append(slices.Clone(channels), more...)}) {
		return
	}
	for _, p := range n.Pairs {
		if slices.Contains(channels, p.Key) {
			if e.Channel != "" {
				rd.r.At(n.File, p.At, "a message goes one way, and this has two", "write two expectations")
			}
			e.Channel, e.Template = message.Channel(p.Key), rd.r.Text(p.Value, p.Key)
			rd.template(p.Value, e)
		}
	}
	if s := n.Get("step"); s != nil {
		if e.Step = rd.r.Text(s, "step"); e.Step != "" {
			rd.step(s, e.Step, func(s *journey.Step) bool { return len(s.Sends()) > 0 })
		}
	}
	if e.Channel == "" && e.Step == "" {
		rd.r.At(n.File, n.Place, "it does not say which message", "name its channel and template, such as email: welcome")
	}
	e.Subject = rd.r.Text(n.Get("subject"), "subject")
	e.Contains = rd.texts(n.Get("contains"), "contains")
	e.Lacks = rd.texts(n.Get("lacks"), "lacks")
}

// template checks that a journey of the test sends it, unless a change may.
func (rd *reader) template(n *source.Node, e *Expectation) {
	if len(rd.t.Changes) > 0 || e.Template == "" {
		return
	}
	var there []string
	for _, d := range rd.journeys {
		walk(d.Steps, "", func(s *journey.Step, _ string) {
			for _, m := range s.Sends() {
				if m.Channel == e.Channel {
					there = append(there, m.Template)
				}
			}
		})
	}
	if !slices.Contains(there, e.Template) {
		slices.Sort(there)
		rd.r.At(n.File, n.Place, fmt.Sprintf("no journey of this test sends %s %s", e.Channel, e.Template), spelling.DidYouMean(e.Template, slices.Compact(there)))
	}
}

// blocked reads a reason; which message it is stands under of:.
func (rd *reader) blocked(n *source.Node, e *Expectation) {
	if n.Kind == source.Bool && n.Value == "true" {
		return
	}
	var all []string
	for _, r := range reasons() {
		all = append(all, string(r))
	}
	if e.Name = rd.r.Text(n, string(e.Kind)); e.Name != "" && !slices.Contains(all, e.Name) {
		rd.r.At(n.File, n.Place, "no message is kept back for the reason "+e.Name, spelling.DidYouMean(e.Name, all))
	}
}

// reasons are those for which a message does not go out, or fails.
func reasons() []message.Reason {
	return []message.Reason{
		message.ReasonSuppressed, message.ReasonNoConsent, message.ReasonUnconfirmed, message.ReasonNoAddress, message.ReasonHeldOut,
		message.ReasonLeft, message.ReasonPaused, message.ReasonCapped, message.ReasonQuietHours, message.ReasonThrottled, message.ReasonTooLate,
		message.ReasonInvalidAddress, message.ReasonRejected, message.ReasonRender, message.ReasonUnavailable, message.ReasonInFlight,
	}
}

// traits reads {name: value}; nothing stands for a trait that is taken away.
func (rd *reader) traits(n *source.Node, e *Expectation) {
	v, ok := rd.value(n).(object)
	if !ok {
		rd.r.At(n.File, n.Place, "set must be a mapping, not "+n.Kind.String(), "write set: {interest: lamps}")
	}
	e.Data = v
}

// emitted reads {type:, data:}, or a type alone. Only the properties that are named have to
// be as they are expected.
func (rd *reader) emitted(n *source.Node, e *Expectation) {
	if n.Kind != source.Map {
		e.Name = rd.r.Text(n, "emitted")
		return
	}
	if rd.r.Fields(n, "emitted", source.Keys{Known: []string{"type", "data"}}) {
		e.Name = rd.r.Text(n.Get("type"), "type")
		e.Data, _ = rd.value(n.Get("data")).(object)
	}
}

func (rd *reader) points(n *source.Node, e *Expectation) {
	v, err := strconv.ParseFloat(n.Value, 64)
	if n.Kind != source.Number || err != nil {
		rd.r.At(n.File, n.Place, "awarded must be a number of points", "write awarded: 50")
		return
	}
	e.Value = &v
}

func (rd *reader) segment(n *source.Node, e *Expectation) {
	var names []string
	for _, s := range rd.snap.Segments() {
		names = append(names, s.Name)
	}
	if e.Name = rd.r.Text(n, string(e.Kind)); e.Name != "" && !slices.Contains(names, e.Name) && len(rd.t.Changes) == 0 {
		rd.r.At(n.File, n.Place, "there is no segment "+e.Name, spelling.DidYouMean(e.Name, names))
	}
}

// armed reads {split: STEP, is: ARM}.
func (rd *reader) armed(n *source.Node, e *Expectation) {
	if !rd.r.Fields(n, "arm", source.Keys{Known: []string{"split", "is"}}) {
		return
	}
	e.Step, e.Name = rd.r.Text(n.Get("split"), "split"), rd.r.Text(n.Get("is"), "is")
	if n.Get("split") == nil || n.Get("is") == nil {
		rd.r.At(n.File, n.Place, "arm: names a split and which arm it is", "write arm: {split: version, is: plain}")
		return
	}
	rd.arm(n.File, n.Get("split").Place, n.Get("is"), e.Step, e.Name)
}

// converted reads true, or what it is worth.
func (rd *reader) converted(n *source.Node, e *Expectation) {
	if n.Kind == source.Map && rd.r.Fields(n, "converted", source.Keys{Known: []string{"value"}}) {
		n = n.Get("value")
	}
	if n != nil && n.Kind == source.Number {
		if v, err := strconv.ParseFloat(n.Value, 64); err == nil {
			e.Value = &v
			return
		}
	}
	if n == nil || n.Kind != source.Bool || n.Value != "true" {
		rd.r.At(e.in, e.at, "converted can be true, or {value: 20}", "")
	}
}

func (rd *reader) nothingAfter(n *source.Node, e *Expectation) {
	e.At, _ = rd.when.read(n, "nothing_after")
}

// words is the expectation for people.
func (e *Expectation) words() string {
	s := e.Kind.words()
	switch {
	case e.Channel != "" && e.Kind == Sent:
		s += " " + string(e.Channel) + " " + e.Template
	case e.Kind == Arm:
		s += " " + e.Step + ": " + e.Name
	case e.Name != "":
		s += " " + e.Name
	}
	if e.Kind == Blocked || e.Kind == Failed {
		if e.Channel != "" {
			s += ": " + string(e.Channel) + " " + e.Template
		}
	}
	if e.Step != "" && e.Kind != Arm {
		s += " at step " + e.Step
	}
	if e.Value != nil {
		s += " " + strconv.FormatFloat(*e.Value, 'f', -1, 64)
	}
	if len(e.Data) > 0 {
		s += " " + compact(e.Data)
	}
	if e.Subject != "" {
		s += " with subject " + strconv.Quote(e.Subject)
	}
	for _, c := range e.Contains {
		s += " with " + strconv.Quote(c)
	}
	for _, c := range e.Lacks {
		s += " without " + strconv.Quote(c)
	}
	return s
}

// words names a kind as timelines do.
func (k Kind) words() string { return strings.ReplaceAll(string(k), "_", " ") }
