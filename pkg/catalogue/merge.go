package catalogue

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	"rapport/pkg/event"
)

// Merge is the record that holds once told was said of a product of which former was known; nil:
// nothing was. changed is false when told is older than what is known, or says nothing new. Both
// have to come from Parse or Told; then there is no error.
func Merge(former *Product, told Product) (p Product, changed bool, err error) {
	if former == nil {
		former = &Product{Record: json.RawMessage("{}")}
	}
	if !told.UpdatedAt.IsZero() && told.UpdatedAt.Before(former.UpdatedAt) {
		return *former, false, nil
	}
	var fields, over map[string]json.RawMessage
	if err := json.Unmarshal(former.Record, &fields); err != nil {
		return p, false, fmt.Errorf("read the record of product %q: %w", former.ID, err)
	}
	if err := json.Unmarshal(told.Record, &over); err != nil {
		return p, false, fmt.Errorf("read what is said of product %q: %w", told.ID, err)
	}
	if former.Removed {
		delete(fields, "removed") // It is sold again, unless told says that it is not.
	}
	put(fields, over)
	if p, err = read(fields); err != nil { // Both are well, and together too long.
		if p, err = read(over); err != nil {
			return p, false, fmt.Errorf("product %q: %w", told.ID, err)
		}
	}
	return p, !bytes.Equal(former.Record, p.Record), nil
}

// put puts fields over others; null takes one out.
func put(fields, over map[string]json.RawMessage) {
	for name, value := range over {
		if bytes.Equal(value, []byte("null")) {
			delete(fields, name)
		} else {
			fields[name] = value
		}
	}
}

// ahead is how far a shop's clock may run ahead of the one by which its events are taken.
const ahead = 5 * time.Minute

// Told is what an event says of a product: event.ProductUpdated or event.ProductRemoved. The
// event's time stands in for a missing updated_at, and for one that lies after it.
func Told(e *event.Event) (Product, error) {
	p, err := Parse(e.Data)
	if err != nil {
		return p, err
	}
	removed := e.Type == event.ProductRemoved && !p.Removed
	dated := !p.UpdatedAt.IsZero() && !p.UpdatedAt.After(e.Time.Add(ahead))
	if dated && !removed {
		return p, nil
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(p.Record, &fields); err != nil {
		return p, wrong("data", "%v", err)
	}
	if removed {
		fields["removed"] = json.RawMessage("true")
	}
	if !dated {
		if fields["updated_at"], err = json.Marshal(e.Time.UTC()); err != nil {
			return p, wrong("time", "%v", err)
		}
	}
	return read(fields)
}

// Adds reports whether told says anything of a product that is not known of it, apart from
// when. What repeats a whole list, as feeds do, leaves out what does not: each product is stored for
// all services.
func Adds(former *Product, told Product) bool {
	told.UpdatedAt = former.UpdatedAt
	var over map[string]json.RawMessage
	if json.Unmarshal(told.Record, &over) != nil {
		return true
	}
	delete(over, "updated_at")
	record, err := write(over)
	if err != nil {
		return true
	}
	told.Record = record
	_, changed, err := Merge(former, told)
	return changed || err != nil
}
