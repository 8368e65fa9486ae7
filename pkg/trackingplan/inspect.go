package trackingplan

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"rapport/pkg/event"
)

// inspect tells what is wrong with data of this shape, the first in its order; nil if nothing
// is. It is what decides, and reads with encoding/json; passes is faster and knows less.
func (s *shape) inspect(data []byte) *event.FieldError {
	if len(bytes.TrimSpace(data)) == 0 {
		return s.missing(0, "data")
	}
	v, err := read(data)
	switch {
	case err != nil:
		return &event.FieldError{Field: "data", Reason: "is not JSON: " + err.Error()}
	case v.first != '{':
		return &event.FieldError{Field: "data", Reason: "is " + v.words() + ", must be an object"}
	}
	return s.judge(v, "data")
}

// inspectExample is inspect for an example of the property, as JSON.
func (f *field) inspectExample(text string) *event.FieldError {
	v, err := read([]byte(text))
	if err != nil {
		return &event.FieldError{Field: f.name, Reason: "is not JSON: " + err.Error()}
	}
	_, wrong := f.judge(v, f.name)
	return wrong
}

// value is JSON as it stands: names may come twice, and each of them is judged.
type value struct {
	first   byte   // '{', '[', '"', 't', 'n', or '0' for numbers
	text    string // of a text what it means, of a number how it is written
	names   []string
	members []value // of an object, by names; of an array
}

// read reads a value and the end of the text. encoding/json bounds how deeply it is nested.
func read(data []byte) (value, error) {
	var whole json.RawMessage
	if err := json.Unmarshal(data, &whole); err != nil {
		return value{}, err
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	return next(d)
}

func next(d *json.Decoder) (v value, err error) {
	token, err := d.Token()
	if err != nil {
		return v, err
	}
	switch t := token.(type) {
	case nil:
		v.first = 'n'
	case bool:
		v.first = 't'
	case json.Number:
		v.first, v.text = '0', string(t)
	case string:
		v.first, v.text = '"', t
	case json.Delim:
		v.first = byte(t)
		for d.More() {
			if v.first == '{' {
				name, err := d.Token()
				if err != nil {
					return v, err
				}
				v.names = append(v.names, fmt.Sprint(name))
			}
			member, err := next(d)
			if err != nil {
				return v, err
			}
			v.members = append(v.members, member)
		}
		_, err = d.Token() // its end
	}
	return v, err
}

// judge tells the first that is wrong with an object.
func (s *shape) judge(v value, path string) *event.FieldError {
	var found uint64
	for i, name := range v.names {
		f := s.field(name)
		if f == nil {
			continue
		}
		there, wrong := f.judge(v.members[i], path+"."+name)
		if wrong != nil {
			return wrong
		}
		if there {
			found |= f.bit
		}
	}
	return s.missing(found, path)
}

// missing is the first property that has to be there and is not.
func (s *shape) missing(found uint64, path string) *event.FieldError {
	for i := range s.fields {
		if f := &s.fields[i]; f.bit&^found != 0 {
			return &event.FieldError{Field: path + "." + f.name, Reason: "is missing: must be " + f.must()}
		}
	}
	return nil
}

// judge tells what is wrong with a value; there says that it is more than nothing.
func (f *field) judge(v value, path string) (there bool, wrong *event.FieldError) {
	ok := f.kind == Any
	switch v.first {
	case 'n':
		return false, nil
	case '{':
		if ok = ok || f.kind == Object; ok && f.object != nil {
			return true, f.object.judge(v, path)
		}
	case '[':
		if ok = ok || f.kind == Array; ok && f.elem != nil {
			for i, m := range v.members {
				if _, wrong := f.elem.judge(m, path+"["+strconv.Itoa(i)+"]"); wrong != nil {
					return true, wrong
				}
			}
		}
	case 't':
		ok = ok || f.kind == Boolean
	case '0':
		ok = f.takesNumber(v.text)
	case '"':
		if v.text == "" && f.kind != Object && f.kind != Array && f.kind != Any {
			return false, nil
		}
		ok = f.takesText(v.text)
	}
	if ok {
		return true, nil
	}
	return true, &event.FieldError{Field: path, Reason: "is " + v.words() + ", must be " + f.must()}
}

// words say what a value is.
func (v value) words() string {
	switch v.first {
	case '{':
		return "an object"
	case '[':
		return "an array"
	case 't':
		return "a boolean"
	case 'n':
		return "null"
	case '0':
		return fmt.Sprintf("the number %.40s", v.text)
	}
	return "a string " + quoted(v.text)
}

// quoted is a text in quotes, of bounded length: it is a stranger's.
func quoted(s string) string {
	const most = 60
	if runes := []rune(s); len(runes) > most {
		return strconv.Quote(string(runes[:most])) + " and so on"
	}
	return strconv.Quote(s)
}

// must says what the value has to be.
func (f *field) must() string {
	switch {
	case len(f.enum) > 0:
		return "one of " + oneOf(f.enum)
	case f.format == Email:
		return "an address such as ada@example.com"
	case f.format == URL:
		return "an address such as https://shop.example/lamp"
	case f.format == Currency:
		return "a currency by its code in ISO 4217, such as EUR"
	case f.kind == Array && f.elem != nil:
		return "an array of which each is " + f.elem.must()
	}
	return f.kind.words()
}

// words name a kind to people.
func (k Kind) words() string {
	switch k {
	case Text:
		return "a string"
	case Number:
		return "a number"
	case Integer:
		return "a whole number"
	case Boolean:
		return "true or false"
	case Money:
		return "a number or a decimal string"
	case Date:
		return "a date such as 2026-03-02"
	case Time:
		return "a time in RFC 3339, such as 2026-03-02T09:00:00Z, or a date"
	case Object:
		return "an object"
	case Array:
		return "an array"
	}
	return "anything"
}

// oneOf lists words.
func oneOf[T ~string](words []T) string {
	all := make([]string, len(words))
	for i, w := range words {
		all[i] = string(w)
	}
	return strings.Join(all, ", ")
}
