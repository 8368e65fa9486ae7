package profile

import "rapport/pkg/profile/stored"

// The fields of what is stored, as their tags say, in order of their keys.

// Form lists the fields of a profile.
func (p *Profile) Form(f *stored.Form) {
	f.Text(1, stored.Always, &p.ID)
	f.Bool(2, &p.Known)
	f.Time(3, stored.Always, &p.Since)
	f.Values(4, &p.Traits)
	stored.Maps(f, 5, stored.Filled, &p.Consent, (*Consent).form)
	stored.Maps(f, 6, stored.Filled, &p.Blocked, (*Block).form)
	stored.Map(f, 7, &p.Orders, (*Orders).form)
	stored.Maps(f, 8, stored.Filled, (*[]Record)(&p.History), (*Record).form)
	f.Texts(9, stored.Filled, &p.Tags)
	stored.FilledMap(f, 10, &p.Loyalty, (*Loyalty).form)
	f.Floats(11, &p.Predictions)
	stored.Maps(f, 12, stored.Filled, &p.Segments, (*Membership).form)
	stored.Tuples(f, 13, stored.Filled, &p.Words, (*Word).form)
	f.Time(14, stored.Filled, &p.PausedUntil)
	f.Time(15, stored.Filled, &p.PausedAt)
	f.Bool(16, &p.WriteLess)
	f.Time(17, stored.Filled, &p.WriteLessAt)
	stored.Maps(f, 18, stored.Filled, &p.Ledger, (*Statement).form)
	stored.Tuples(f, 19, stored.Filled, &p.Troubles, (*Trouble).form)
	f.Int64(20, stored.Filled, &p.TraitsAt)
	stored.Tuples(f, 21, stored.Filled, &p.Told, (*Word).form)
	stored.Tuples(f, 22, stored.Filled, &p.Voices, (*Voice).form)
}

func (l *Loyalty) form(f *stored.Form) {
	f.Int64(1, stored.Filled, &l.Points)
	f.Text(2, stored.Filled, &l.Tier)
	f.Time(3, stored.Filled, &l.TierAt)
}

func (m *Membership) form(f *stored.Form) {
	f.Text(1, stored.Always, &m.Name)
	f.Time(2, stored.Always, &m.Since)
}

func (k *Consent) form(f *stored.Form) {
	f.Text(1, stored.Always, (*string)(&k.Channel))
	f.Text(2, stored.Always, &k.Purpose)
	f.Bool(3, &k.Granted)
	f.Text(4, stored.Filled, &k.Source)
	f.Time(5, stored.Always, &k.At)
	f.Text(6, stored.Filled, &k.Proof)
	f.Time(7, stored.Filled, &k.Confirmed)
	f.Time(8, stored.Filled, &k.Refused)
}

func (s *Statement) form(f *stored.Form) {
	f.Text(1, stored.Always, &s.Channel)
	f.Text(2, stored.Always, &s.Purpose)
	f.Bool(3, &s.Granted)
	f.Bool(4, &s.Confirmed)
	f.Text(5, stored.Filled, &s.Source)
	f.Text(6, stored.Filled, &s.Proof)
	f.Time(7, stored.Always, &s.At)
	f.Text(8, stored.Always, &s.Event)
}

func (t *Trouble) form(f *stored.Form) {
	f.Byte(stored.Next, stored.Always, &t.Kind)
	f.Text(stored.Next, stored.Always, &t.Address)
	f.Int64s(stored.Next, stored.Always, &t.At)
}

func (b *Block) form(f *stored.Form) {
	f.Text(1, stored.Always, (*string)(&b.Channel))
	f.Text(2, stored.Always, &b.Why)
	f.Time(3, stored.Always, &b.At)
	f.Text(4, stored.Filled, &b.Address)
	f.Time(5, stored.Filled, &b.Lifted)
}

func (o *Orders) form(f *stored.Form) {
	f.Int(1, stored.Filled, &o.Count)
	f.Int(2, stored.Filled, &o.Refunds)
	f.Decimal(3, &o.Total)
	f.Decimal(4, &o.Refunded)
	f.Time(5, stored.Filled, &o.FirstAt)
	f.Time(6, stored.Filled, &o.LastAt)
	f.Text(7, stored.Filled, &o.LastID)
	f.Texts(8, stored.Filled, (*[]string)(&o.Bought))
}

func (r *Record) form(f *stored.Form) {
	f.Text(1, stored.Always, &r.Type)
	f.Int64(2, stored.Always, &r.Count)
	f.Int64(3, stored.Always, &r.First)
	f.Int64(4, stored.Always, &r.Last)
	stored.Tuples(f, 5, stored.Filled, &r.Sums, (*Sum).form)
	f.Int64(6, stored.Filled, &r.Floor)
	f.Bytes(7, &r.Exact)
	f.Bytes(8, &r.Folded)
}

func (s *Sum) form(f *stored.Form) {
	f.Int(stored.Next, stored.Always, &s.Name)
	f.Int64(stored.Next, stored.Always, &s.Count)
	f.Int64(stored.Next, stored.Always, &s.Units)
}

func (w *Word) form(f *stored.Form) {
	f.Byte(stored.Next, stored.Always, &w.Kind)
	f.Text(stored.Next, stored.Always, &w.Name)
	f.Int64(stored.Next, stored.Always, &w.At)
}

func (v *Voice) form(f *stored.Form) {
	f.Text(stored.Next, stored.Always, (*string)(&v.Channel))
	f.Text(stored.Next, stored.Always, &v.Address)
	stored.Maps(f, stored.Next, stored.Always, &v.Words, (*Consent).form)
}
