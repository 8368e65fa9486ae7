package generate

import (
	"bytes"
	"fmt"
	"strings"

	"rapport/pkg/trackingplan"
)

// validate writes a method that checks a struct's fields. Those of structs within it are
// checked by theirs, which are told where they stand.
func (w *writer) validate(name, method, doc string, properties []trackingplan.Property, fields []string) {
	var checks bytes.Buffer
	own := w.body
	w.body = checks
	at := `""`
	if method == "validate" {
		at = "at"
	}
	for i := range properties {
		w.check(&properties[i], "e."+fields[i], place(at, properties[i].Name), 0)
	}
	text := w.body.String()
	w.body = own
	if doc != "" {
		w.comment("", doc)
	}
	param, receiver := "", "e "
	if method == "validate" {
		param = "at string"
	}
	if text == "" {
		if param != "" {
			param = "string"
		}
		w.printf("func (%s) %s(%s) error { return nil }\n\n", name, method, param)
		return
	}
	w.needs["errors"] = true
	w.printf("func (%s%s) %s(%s) error {\n\tvar wrong []error\n%s\treturn errors.Join(wrong...)\n}\n\n", receiver, name, method, param, text)
}

// place is an expression for a property's name within what at says.
func place(at, name string) string {
	switch {
	case at == `""`:
		return fmt.Sprintf("%q", name)
	case strings.HasSuffix(at, `"`):
		return strings.TrimSuffix(at, `"`) + "." + name + `"`
	}
	return fmt.Sprintf(`%s+".%s"`, at, name)
}

// check writes what is to be checked of one value. at is an expression for its place.
func (w *writer) check(p *trackingplan.Property, value, at string, depth int) {
	switch p.Kind {
	case trackingplan.Text, trackingplan.Money, trackingplan.Date:
		w.text(p, value, at)
	case trackingplan.Time:
		if p.Required {
			w.call("there", at, "!"+value+".IsZero()")
		}
	case trackingplan.Object:
		switch {
		case len(p.Properties) > 0 && (p.Required || depth > 0):
			w.printf("wrong = append(wrong, %s.validate(%s))\n", value, at)
		case len(p.Properties) > 0:
			w.printf("if %s != nil {\nwrong = append(wrong, %s.validate(%s))\n}\n", value, value, at)
		case p.Required:
			w.call("there", at, value+" != nil")
		}
	case trackingplan.Array:
		if p.Required {
			w.call("there", at, value+" != nil")
		}
		if p.Of == nil {
			return
		}
		of, own := *p.Of, w.body
		of.Required = false
		w.body = bytes.Buffer{}
		index, item := fmt.Sprint("i", depth), fmt.Sprint("v", depth)
		w.check(&of, item, fmt.Sprintf(`%s+"["+strconv.Itoa(%s)+"]"`, at, index), depth+1)
		inner := w.body.String()
		w.body = own
		if inner == "" {
			return
		}
		w.needs["strconv"] = true
		w.printf("for %s, %s := range %s {\n%s}\n", index, item, value, inner)
	case trackingplan.Any:
		if p.Required {
			w.call("there", at, value+" != nil")
		}
	}
}

func (w *writer) text(p *trackingplan.Property, value, at string) {
	if p.Required {
		w.call("there", at, value+` != ""`)
	}
	switch {
	case p.Kind == trackingplan.Money:
		w.call("decimal", at, "string("+value+")")
	case p.Kind == trackingplan.Date:
		w.needs["time"] = true
		w.call("date", at, "string("+value+")")
	case len(p.Enum) > 0:
		quoted := make([]string, len(p.Enum))
		for i, e := range p.Enum {
			quoted[i] = fmt.Sprintf("%q", e)
		}
		w.call("oneOf", at, value+", "+strings.Join(quoted, ", "))
	}
	if p.Format != "" {
		w.call(string(p.Format), at, value)
	}
}

func (w *writer) call(helper, at, args string) {
	w.needs[helper] = true
	w.printf("wrong = append(wrong, %s(%s, %s))\n", helper, at, args)
}
