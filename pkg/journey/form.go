package journey

import (
	"rapport/pkg/policy"
	"rapport/pkg/profile"
	"rapport/pkg/profile/stored"
)

// The fields of what is stored, as their tags say, in order of their keys.

func (s *State) form(f *stored.Form) {
	stored.Map(f, 1, &s.Profile, (*profile.Profile).Form)
	stored.Maps(f, 2, stored.Filled, &s.Instances, (*Instance).form)
	stored.Maps(f, 3, stored.Filled, &s.Entries, (*Entries).form)
	f.Text(4, stored.Filled, &s.Snapshot)
	stored.Tuple(f, 5, &s.Log, (*policy.Log).Form)
	stored.Maps(f, 6, stored.Filled, &s.Triggers, (*Trigger).form)
	stored.Maps(f, 7, stored.Filled, &s.Goals, (*Pursuit).form)
	stored.Maps(f, 8, stored.Filled, &s.Sorted, (*Sorting).form)
	stored.Maps(f, 9, stored.Filled, &s.Starts, (*Start).form)
	stored.Maps(f, 10, stored.Filled, &s.Gone, (*Departed).form)
	stored.Maps(f, 11, stored.Filled, &s.Held, (*Held).form)
	f.Other(12, s.Identity == nil, func(b []byte) ([]byte, error) {
		node, err := library().enc.Marshal(s.Identity)
		return append(b, node...), err
	}, func(b []byte) ([]byte, error) {
		return library().dec.UnmarshalFirst(b, &s.Identity)
	})
}

func (in *Instance) form(f *stored.Form) {
	f.Text(1, stored.Always, &in.ID)
	f.Text(2, stored.Always, &in.Journey)
	f.Text(3, stored.Always, &in.Version)
	f.Text(4, stored.Filled, &in.Key)
	f.Time(5, stored.Always, &in.At)
	f.Text(6, stored.Always, &in.Trigger)
	f.Text(7, stored.Always, &in.Step)
	f.Time(8, stored.Always, &in.Due)
	stored.Maps(f, 9, stored.Filled, &in.Sent, (*SentRef).form)
	stored.Maps(f, 10, stored.Filled, &in.Suggestions, (*Suggestion).form)
	stored.Maps(f, 11, stored.Filled, &in.Arms, (*ArmRef).form)
	f.Bool(12, &in.Ghost)
	f.Time(13, stored.Filled, &in.Since)
	f.Time(14, stored.Filled, &in.Check)
	f.Time(15, stored.Filled, &in.FellDue)
	f.Int(16, stored.Filled, &in.Heard)
	f.Time(17, stored.Filled, &in.Look)
	f.Time(18, stored.Filled, &in.Owed)
}

func (t *Trigger) form(f *stored.Form) {
	f.Text(1, stored.Always, &t.UID)
	f.Text(2, stored.Always, &t.Type)
	f.Time(3, stored.Always, &t.At)
	f.Bytes(4, &t.Data)
	f.Texts(5, stored.Filled, (*[]string)(&t.Products))
	f.Text(6, stored.Filled, &t.Trace)
}

func (r *SentRef) form(f *stored.Form) {
	f.Text(1, stored.Always, &r.Step)
	f.Text(2, stored.Always, &r.ID)
	f.Time(3, stored.Always, &r.At)
}

func (s *Suggestion) form(f *stored.Form) {
	f.Text(1, stored.Always, &s.ID)
	f.Text(2, stored.Filled, &s.Name)
	f.Text(3, stored.Filled, &s.Category)
	f.Text(4, stored.Filled, &s.URL)
	f.Text(5, stored.Filled, &s.ImageURL)
}

func (a *ArmRef) form(f *stored.Form) {
	f.Text(1, stored.Always, &a.Step)
	f.Text(2, stored.Always, &a.Arm)
}

func (g *Pursuit) form(f *stored.Form) {
	f.Text(1, stored.Always, &g.Instance)
	f.Text(2, stored.Always, &g.Journey)
	f.Text(3, stored.Always, &g.Version)
	f.Time(4, stored.Always, &g.Until)
	f.Bool(5, &g.Ghost)
	stored.Maps(f, 6, stored.Filled, &g.Arms, (*ArmRef).form)
	f.Text(7, stored.Filled, &g.Trigger)
	stored.Maps(f, 8, stored.Filled, &g.Sent, (*SentRef).form)
}

func (s *Sorting) form(f *stored.Form) {
	f.Text(1, stored.Always, &s.Segment)
	f.Text(2, stored.Always, &s.Version)
	f.Time(3, stored.Filled, &s.Next)
	f.Int64(4, stored.Filled, &s.Flipped)
	f.Int(5, stored.Filled, &s.Flips)
}

func (s *Start) form(f *stored.Form) {
	f.Text(1, stored.Always, &s.Journey)
	f.Time(2, stored.Filled, &s.At)
	f.Time(3, stored.Always, &s.After)
	f.Int64(4, stored.Filled, &s.Reading)
	f.Int64(5, stored.Filled, &s.Passed)
}

func (d *Departed) form(f *stored.Form) {
	f.Text(1, stored.Always, &d.Instance)
	f.Time(2, stored.Always, &d.At)
}

func (h *Held) form(f *stored.Form) {
	f.Text(1, stored.Always, &h.Journey)
	f.Text(2, stored.Always, &h.Source)
	f.Text(3, stored.Always, &h.ID)
	f.Text(4, stored.Always, &h.Type)
	f.Time(5, stored.Always, &h.At)
	f.Bytes(6, &h.Data)
	f.Text(7, stored.Filled, &h.Trace)
	f.Time(8, stored.Always, &h.Until)
}

func (e *Entries) form(f *stored.Form) {
	f.Text(1, stored.Always, &e.Journey)
	f.Uint64s(2, stored.Always, &e.Keys)
	f.Int64s(3, stored.Always, &e.At)
}
