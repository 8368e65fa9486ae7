package policy

import "rapport/pkg/profile/stored"

// Form lists the fields of a log as they are stored, an array.
func (l *Log) Form(f *stored.Form) {
	stored.Tuples(f, stored.Next, stored.Always, &l.Kinds, (*Kind).form)
	stored.Tuples(f, stored.Next, stored.Always, &l.Sent, (*Entry).form)
	f.Int64(stored.Next, stored.Always, &l.Lost)
	f.Int64(stored.Next, stored.Always, &l.LostTransactional)
}

func (k *Kind) form(f *stored.Form) {
	f.Text(stored.Next, stored.Always, (*string)(&k.Channel))
	f.Text(stored.Next, stored.Always, (*string)(&k.Category))
	f.Text(stored.Next, stored.Always, &k.Purpose)
	f.Text(stored.Next, stored.Always, &k.Journey)
}

func (e *Entry) form(f *stored.Form) {
	f.Int64(stored.Next, stored.Always, &e.At)
	f.Int(stored.Next, stored.Always, &e.Kind)
	f.Uint64(stored.Next, stored.Always, &e.ID)
}
