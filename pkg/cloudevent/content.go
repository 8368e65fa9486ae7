package cloudevent

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"rapport/pkg/event"
	"rapport/pkg/jsontext"
)

// content is a CloudEvent as it was sent, before our rules.
type content struct {
	text map[string]string          // the attributes that the specification names, without dataschema, and a trace
	more map[string]json.RawMessage // the other attributes, as JSON
	data json.RawMessage            // nil: there is none
	err  error                      // the first thing that could not be read
}

func newContent() *content {
	return &content{text: map[string]string{}, more: map[string]json.RawMessage{}}
}

func (c *content) fail(err error) {
	if c.err == nil {
		c.err = err
	}
}

// isText reports whether an attribute is text by its specification, and does not go into the data.
func isText(name string) bool {
	switch name {
	case "specversion", "id", "source", "type", "subject", "time", "datacontenttype", "traceparent", "tracestate":
		return true
	}
	return false
}

// set notes an attribute. value is JSON: text, true, false or a whole number.
func (c *content) set(name string, value json.RawMessage) {
	switch {
	case !isName(name):
		c.fail(wrong(quoted(name), "is no name of an attribute: these have the letters a to z in lower case and digits only"))
	case len(name) > maxAttribute:
		c.fail(wrong(quoted(name), "is too long for the name of an attribute: use at most %d characters", maxAttribute))
	case string(value) == "null":
	case isText(name):
		var s string
		if err := json.Unmarshal(value, &s); err != nil {
			c.fail(wrong(name, "must be text"))
			return
		}
		if hasControl(s) {
			c.fail(wrong(name, "has control characters: leave them out"))
			return
		}
		c.text[name] = s
	case value[0] == '{' || value[0] == '[':
		c.fail(wrong(name, "is an object or a list: attributes are text, true, false or whole numbers; put the rest into data"))
	case value[0] != '"' && bytes.ContainsAny(value, ".eE") && value[0] != 't' && value[0] != 'f':
		c.fail(wrong(name, "is no whole number: attributes are text, true, false or whole numbers; put the rest into data"))
	default:
		c.more[name] = value
	}
}

// maxAttribute bounds names; the specification recommends 20.
const maxAttribute = 64

func isName(s string) bool {
	for i := range len(s) {
		if c := s[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') {
			return false
		}
	}
	return s != ""
}

// quoted is a name of somebody else's as an error may show it.
func quoted(name string) string {
	if name == "" {
		return `""`
	}
	return strings.ToValidUTF8(name[:min(len(name), 40)], "?")
}

func hasControl(s string) bool {
	i := 0
	for i < len(s) && s[i] >= 0x20 && s[i] < 0x7f {
		i++
	}
	return i < len(s) && strings.ContainsFunc(s[i:], func(r rune) bool { return r < 0x20 || (r >= 0x7f && r <= 0x9f) })
}

// contentType is the content type of a message in binary mode: that of its data.
func (c *content) contentType(values []string) {
	if len(values) > 0 {
		c.text["datacontenttype"] = values[0]
	}
}

func (c *content) item(arrival time.Time) Item {
	e, err := c.event(arrival)
	return Item{Event: e, Err: err, ID: c.text["id"], Trace: c.text["traceparent"], TraceState: c.text["tracestate"]}
}

// event applies our rules.
func (c *content) event(arrival time.Time) (event.Event, error) {
	if c.err != nil {
		return event.Event{}, c.err
	}
	if v := c.text["specversion"]; v != "1.0" {
		return event.Event{}, wrong("specversion", "is %.20q, must be \"1.0\"", v)
	}
	e := event.Event{ID: c.text["id"], Source: c.text["source"], Type: c.text["type"], Subject: c.text["subject"], Time: arrival.UTC()}
	if err := own(&e); err != nil {
		return event.Event{}, err
	}
	if at := c.text["time"]; at != "" {
		t, err := time.Parse(time.RFC3339Nano, at)
		if err != nil {
			return event.Event{}, wrong("time", "%.60q is not RFC 3339, such as 2026-03-02T09:00:00Z", at)
		}
		e.Time = t.UTC()
	}
	if err := c.past(&e); err != nil {
		return event.Event{}, err
	}
	data, err := c.object()
	if err != nil {
		return event.Event{}, err
	}
	e.Data = data
	if err := validate(&e); err != nil {
		return event.Event{}, err
	}
	return e, nil
}

// own refuses what only Rapport itself says.
func own(e *event.Event) error {
	switch {
	case strings.HasPrefix(e.Source, ownSources):
		return wrong("source", "%.60q begins with %q, which is Rapport's own: name the system that publishes", e.Source, ownSources)
	case Reserved(e.Type):
		return wrong("type", "%.60q is a type that only Rapport itself publishes: choose another name", e.Type)
	}
	return nil
}

const ownSources = "rapport/"

// Reserved reports whether only Rapport itself makes events of a type: what became of messages, the
// ticks of the clock, and what the engine's partitions tell each other.
func Reserved(typ string) bool {
	switch typ {
	case event.ClockAdvanced, event.ProfileMerged, event.ProfileSplit, event.ConsentGranted, event.ConsentWithdrawn:
		return true
	}
	return event.Receipt(typ) || strings.HasPrefix(typ, event.Identity)
}

// past reads the extensions that have a meaning here, and takes them from the others.
func (c *content) past(e *event.Event) error {
	if _, given := c.more["rapportof"]; given {
		return wrong("rapportof", "is what the engine says of events that it passes on: leave it out, and name the person in subject")
	}
	switch strings.ToLower(strings.Trim(string(c.more["rapportpast"]), `"`)) {
	case "true":
		e.Past = true
	case "false", "":
	default:
		return wrong("rapportpast", "must be true or false")
	}
	delete(c.more, "rapportpast")
	return nil
}

// object is the data, with the other attributes in it.
func (c *content) object() (json.RawMessage, error) {
	data := bytes.TrimSpace(c.data)
	if len(data) == 0 || string(data) == "null" {
		data = []byte("{}")
	} else if typ := c.text["datacontenttype"]; !isJSON(typ) {
		return nil, wrong("datacontenttype", "is %.60q: send the data as a JSON object, with application/json", typ)
	}
	switch {
	case !utf8.Valid(data):
		return nil, wrong("data", "is no UTF-8: send a JSON object in UTF-8")
	case !json.Valid(data):
		return nil, wrong("data", "is no JSON: send a JSON object")
	case data[0] != '{':
		return nil, wrong("data", "must be a JSON object, such as {\"order_id\": \"A-1\"}: put the value into a property of one")
	case len(c.more) == 0:
		return data, nil
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(data, &members); err != nil {
		return nil, wrong("data", "is no JSON object: %v", err)
	}
	if _, taken := members[ExtensionsProperty]; taken {
		return nil, wrong("data."+ExtensionsProperty, "is where the attributes %s would be kept: rename the property", strings.Join(slices.Sorted(maps.Keys(c.more)), ", "))
	}
	return c.extended(data, len(members) > 0), nil
}

// extended is a JSON object with a member more, in front of those it has.
func (c *content) extended(data []byte, more bool) json.RawMessage {
	out := append(make([]byte, 0, len(data)+64*len(c.more)), `{"`+ExtensionsProperty+`":{`...)
	for i, name := range slices.Sorted(maps.Keys(c.more)) {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(append(jsontext.String(out, name), ':'), c.more[name]...)
	}
	out = append(out, '}')
	if more {
		out = append(out, ',')
	}
	return append(out, bytes.TrimSpace(data[1:])...)
}

// isJSON reports whether a content type is JSON; without one, data is (JSON event format, 3.1).
func isJSON(typ string) bool {
	if typ == "" || typ == "application/json" {
		return true
	}
	typ, err := mediaType(typ)
	if err != nil {
		return false
	}
	_, sub, _ := strings.Cut(typ, "/")
	return sub == "json" || strings.HasSuffix(sub, "+json")
}

// validate is event.Event's own check. Events about products are about no person.
func validate(e *event.Event) error {
	if e.Subject != "" || (e.Type != event.ProductUpdated && e.Type != event.ProductRemoved) {
		return e.Validate()
	}
	e.Subject = "product"
	err := e.Validate()
	e.Subject = ""
	return err
}

// decodeBase64 reads data_base64 (JSON event format, 3.1.1).
func decodeBase64(s string) ([]byte, error) {
	b, err := base64.StdEncoding.DecodeString(s)
	if err != nil {
		return nil, wrong("data_base64", "is no base64 (RFC 4648, section 4): send the data as a JSON object in data instead")
	}
	return b, nil
}
