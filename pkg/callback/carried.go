package callback

import (
	"encoding/json"
	"maps"
	"strings"
)

// nameValues are headers as Amazon SES and Resend give them back.
type nameValues []struct{ Name, Value text }

// get returns the values of a header.
func (h nameValues) get(name string) []string {
	var values []string
	for _, one := range h {
		if strings.EqualFold(string(one.Name), name) {
			values = append(values, string(one.Value))
		}
	}
	return values
}

// carried takes what a message carried for us out of its headers and the provider's tags: X-Rapport-Ref or X-Rapport-Message,
// X-Metadata (a JSON object), and X-Tag or X-Tags (one tag each, or a JSON array).
func (e *Event) carried(headers nameValues, tags map[string]string) {
	if ids := append(headers.get(refHeader), headers.get(messageHeader)...); len(ids) > 0 {
		e.MessageID = ids[0]
	}
	if ids := headers.get("Message-ID"); len(ids) > 0 && e.MailID == "" {
		e.MailID = ids[0]
	}
	e.Metadata = map[string]string{}
	maps.Copy(e.Metadata, tags)
	for _, one := range headers.get("X-Metadata") {
		maps.Copy(e.Metadata, object([]byte(one)))
	}
	e.Tags = append(e.Tags, headers.get("X-Tag")...)
	for _, one := range headers.get("X-Tags") {
		var several texts
		if strings.HasPrefix(one, "[") && json.Unmarshal([]byte(one), &several) == nil {
			e.Tags = append(e.Tags, several...)
			continue
		}
		e.Tags = append(e.Tags, one)
	}
}
