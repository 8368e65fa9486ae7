package importing

import (
	"encoding/json"
	"strings"
	"time"

	"rapport/pkg/client"
	"rapport/pkg/event"
	"rapport/pkg/jsontext"
	"rapport/pkg/message"
)

// reading is a thing being made of its rows, usually one.
type reading struct {
	c      *columns
	rows   []*Row
	row    *Row // the one that is read
	unsaid time.Time
	bad    *Refusal // the first mistake
}

// calls makes the calls of a thing. What it says nothing about the time of happened at the time of the
// file. No calls and no refusal is a thing that is passed over.
func (c *columns) calls(rows []*Row, unsaid time.Time) ([]client.Call, *Refusal) {
	r := &reading{c: c, rows: rows, row: rows[0], unsaid: unsaid}
	for _, row := range rows {
		if row.err != nil {
			return nil, row.err
		}
	}
	for _, name := range c.m.Skip {
		if r.text(name) == "" {
			return nil, nil
		}
	}
	calls, refusal := c.kind.read(r)
	if r.bad != nil {
		return nil, r.bad
	}
	if refusal != nil {
		return nil, refusal
	}
	for i := range calls {
		calls[i].Past = calls[i].Type != event.ProductUpdated
	}
	return calls, nil
}

// check does for a dry run what the client does to each call.
func (c *columns) check(rows []*Row, calls []client.Call) *Refusal {
	for _, call := range calls {
		if err := call.Check(); err != nil {
			return c.rejected(rows, err)
		}
	}
	return nil
}

// text is what a field says, trimmed.
func (r *reading) text(name string) string {
	t, ok := r.c.at[name]
	if ok {
		if s := r.row.text(t.column); s != "" {
			return s
		}
	}
	return r.c.m.Values[name]
}

// wrong notes the first mistake, under the name of the column that it is in.
func (r *reading) wrong(name, reason string, args ...any) {
	if r.bad == nil {
		r.bad = refuse(r.called(name), reason, args...)
	}
}

// called is what the file calls a field.
func (r *reading) called(name string) string {
	if t, ok := r.c.at[name]; ok {
		return t.name
	}
	return name
}

// rejected says of a call that is not taken which column is to blame, as far as that is known.
func (r *reading) rejected(err error) *Refusal {
	field, reason, ok := strings.Cut(err.Error(), ": ")
	if !ok {
		return refuse("", "%s", err.Error())
	}
	name := strings.TrimPrefix(field, "data.")
	switch {
	case field == "subject":
		name = "customer"
	case field == "time":
		name = "at"
	case strings.HasPrefix(name, "products"):
		name = "lines"
	}
	if _, known := r.c.at[name]; !known {
		return refuse(field, "%s", reason)
	}
	return refuse(r.called(name), "%s", reason)
}

// needed is text that has to be there.
func (r *reading) needed(name, remedy string) string {
	s := r.text(name)
	if s == "" {
		r.wrong(name, "is empty%s", remedy)
	}
	return s
}

func (r *reading) time(name string) time.Time {
	s := r.text(name)
	if s == "" {
		return r.unsaid
	}
	t, bad := moment(s, r.c.m.TimeFormat, r.c.zone)
	if bad != "" {
		r.wrong(name, "%s", bad)
	}
	return t
}

// number is an amount with its digits, "" when nothing is said.
func (r *reading) number(name string) string {
	s := r.text(name)
	if s == "" {
		return ""
	}
	n, bad := number(s, r.c.m.Decimal)
	if bad != "" {
		r.wrong(name, "%s", bad)
	}
	return n
}

func (r *reading) flag(name string) (said, granted bool) {
	s := r.text(name)
	if s == "" {
		return false, false
	}
	granted, ok := yes(s)
	if !ok {
		r.wrong(name, "is %q: use true or false", s)
	}
	return true, granted
}

// person is whom a row is about, and what it says of them.
type person struct{ id, email, phone string }

func (r *reading) person() person {
	p := person{id: strings.TrimPrefix(r.text("customer"), "'"), email: r.text("email")}
	if p.id != "" && !strings.HasPrefix(p.id, r.c.m.IDPrefix) {
		p.id = r.c.m.IDPrefix + p.id
	}
	if p.email != "" {
		if _, ok := mail(p.email); !ok {
			r.wrong("email", "is %q, which is no e-mail address such as ada@example.com", p.email)
		}
	}
	if n := r.text("phone"); n != "" {
		country := r.text("country")
		if len(country) != 2 {
			country = r.c.m.Country
		}
		var bad string
		if p.phone, bad = phone(n, country); bad != "" {
			r.wrong("phone", "%s", bad)
		}
	}
	return p
}

// Whom nobody gave an id is known by their address, as a guest of the shop.
const guestMail, guestPhone = "email:", "phone:"

// handles are the ids that a person has as a guest.
func (p person) handles() (byMail, byPhone string) {
	if address, ok := mail(p.email); ok {
		byMail = guestMail + address
	}
	if p.phone != "" {
		byPhone = guestPhone + p.phone
	}
	return byMail, byPhone
}

// subject is the person's id.
func (r *reading) subject(p person) string {
	byMail, byPhone := p.handles()
	switch {
	case p.id != "":
		return p.id
	case byMail != "":
		return byMail
	case byPhone != "":
		return byPhone
	}
	r.wrong("customer", "is empty, and so are email and phone: nobody is named")
	return ""
}

// describe appends what the rows say about the person as the reserved property, "" for nothing.
func (r *reading) describe(p person) string {
	var b []byte
	say := func(name, value string) {
		if value != "" {
			b = append(jsontext.String(jsontext.Name(b, name), value), ',')
		}
	}
	say("email", p.email)
	say("phone", p.phone)
	for _, name := range []string{"first_name", "last_name", "name", "country", "locale", "timezone"} {
		value := r.text(name)
		if name == "country" && len(value) == 2 {
			value = strings.ToUpper(value)
		}
		say(name, value)
	}
	for _, x := range r.c.extra {
		if r.c.kind.others == "traits." {
			if value := r.typed(x.target); value != "" {
				b = append(append(jsontext.Name(b, x.key), value...), ',')
			}
		}
	}
	if more := r.object("traits"); len(more) > 2 {
		b = append(append(b, more[1:len(more)-1]...), ',')
	}
	return r.update(b, p)
}

// update is the reserved property: traits, which end in a comma, and the other ids.
func (r *reading) update(traits []byte, p person) string {
	out := []byte{'{'}
	if len(traits) > 0 {
		out = append(append(append(out, `"traits":{`...), traits[:len(traits)-1]...), `},`...)
	}
	if p.id != "" && len(r.c.m.Join) > 0 {
		byMail, byPhone := p.handles()
		var also []byte
		for _, by := range r.c.m.Join {
			if handle := map[string]string{"email": byMail, "phone": byPhone}[by]; handle != "" {
				also = append(jsontext.String(also, handle), ',')
			}
		}
		if len(also) > 0 {
			out = append(append(append(out, `"also":[`...), also[:len(also)-1]...), `],`...)
		}
	}
	if len(out) == 1 {
		return ""
	}
	return string(append(out[:len(out)-1], '}'))
}

// object is a cell that holds a JSON object; "" when there is none.
func (r *reading) object(name string) string {
	t, ok := r.c.at[name]
	if !ok {
		return ""
	}
	return r.nested(t, name, '{', "an object")
}

// nested is a cell that holds JSON in brackets, in CSV as a text.
func (r *reading) nested(t target, name string, opening byte, want string) string {
	s := r.row.text(t.column)
	if s == "" {
		return ""
	}
	if s[0] != opening || !json.Valid([]byte(s)) {
		r.wrong(name, "is %.40q, which is not %s in JSON", s, want)
		return ""
	}
	return s
}

// typed is a cell as the JSON that its type says; "" when it is empty.
func (r *reading) typed(t target) string {
	s := r.row.text(t.column)
	if s == "" {
		return ""
	}
	switch t.typ {
	case "number":
		n, bad := number(s, r.c.m.Decimal)
		if bad != "" && r.bad == nil {
			r.bad = refuse(t.name, "%s", bad)
		}
		return n
	case "bool":
		granted, ok := yes(s)
		if !ok && r.bad == nil {
			r.bad = refuse(t.name, "is %q: use true or false", s)
		}
		return map[bool]string{true: "true", false: "false"}[granted]
	case "json":
		if !json.Valid([]byte(s)) && r.bad == nil {
			r.bad = refuse(t.name, "is %.40q, which is no JSON", s)
		}
		return s
	case "text":
		return string(jsontext.String(nil, s))
	}
	return r.row.value(t.column)
}

// all is everything that the rows say, by which a corrected row is told from the one before.
func (r *reading) all() string {
	var b strings.Builder
	for _, row := range r.rows {
		for i, cell := range row.cells {
			if i < len(r.c.names) && ours(r.c.names[i]) || cell == "" {
				continue
			}
			if i < len(r.c.names) {
				b.WriteString(r.c.names[i])
			}
			b.WriteByte(0)
			b.WriteString(cell)
			b.WriteByte(0)
		}
	}
	return b.String()
}

// idOf is a deterministic id.
func idOf(parts ...string) string { return message.Hash(append([]string{"import"}, parts...)...) }
