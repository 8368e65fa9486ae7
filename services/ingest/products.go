package ingest

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"slices"

	"rapport/pkg/event"
)

// renameOrder gives an order and its products today's names for their ids. Version 1 of
// Segment's e-commerce specification called them orderId and id, and analytics-go still
// sends id, and sky for sku. It is only tried on orders that would otherwise be refused.
func renameOrder(data json.RawMessage) (json.RawMessage, bool) {
	order := membersOf(data)
	changed := rename(order, "orderId", "order_id")
	var products []map[string]json.RawMessage
	if json.Unmarshal(order["products"], &products) == nil {
		for _, p := range products {
			changed = rename(p, "id", "product_id") || changed
			changed = rename(p, "sky", "sku") || changed
		}
		var err error
		if order["products"], err = json.Marshal(products); err != nil {
			return nil, false
		}
	}
	if !changed {
		return nil, false
	}
	out, err := json.Marshal(order)
	return out, err == nil
}

// rename moves a member to another name, unless that is taken.
func rename(members map[string]json.RawMessage, old, now string) bool {
	if first(members[now]) != nil || first(members[old]) == nil {
		return false
	}
	members[now] = members[old]
	delete(members, old)
	return true
}

// locate finds the property of an order that has the wrong type: each is decoded by
// itself, as the event's decoder would. It says which element of a list, what
// encoding/json does not.
func locate(data json.RawMessage) *fieldError {
	order := membersOf(data)
	for _, name := range slices.Sorted(maps.Keys(order)) {
		value := order[name]
		if name == "products" && kind(value) == "array" {
			if found := locateProduct(value); found != nil {
				return found
			}
			continue
		}
		if err := json.Unmarshal(single(name, value), new(event.Order)); err != nil {
			return mistyped("properties."+name, value, err)
		}
	}
	return nil
}

func locateProduct(raw json.RawMessage) *fieldError {
	var products []json.RawMessage
	if err := json.Unmarshal(raw, &products); err != nil {
		return wrong("properties.products", "cannot be read: %v", err)
	}
	for i, product := range products {
		field := itemField("properties.products", i)
		if kind(product) != "object" {
			return wrong(field, "is %s, must be an object", describe(product))
		}
		members := membersOf(product)
		for _, name := range slices.Sorted(maps.Keys(members)) {
			if err := json.Unmarshal(single(name, members[name]), new(event.Product)); err != nil {
				return mistyped(field+"."+name, members[name], err)
			}
		}
	}
	return nil
}

// membersOf is an object by its names; nil when it is none.
func membersOf(obj json.RawMessage) map[string]json.RawMessage {
	var members map[string]json.RawMessage
	if json.Unmarshal(obj, &members) != nil {
		return nil
	}
	return members
}

// single is an object with one member.
func single(name string, value json.RawMessage) []byte {
	key, _ := json.Marshal(name) // text always marshals
	return slices.Concat([]byte("{"), key, []byte(":"), value, []byte("}"))
}

// mistyped says what a value is and what it must be. Only amounts have a decoder
// of their own, whose error is not an UnmarshalTypeError.
func mistyped(field string, value json.RawMessage, err error) *fieldError {
	var mismatch *json.UnmarshalTypeError
	if !errors.As(err, &mismatch) {
		return wrong(field, "is %s, must be a number such as 19.99", shown(value))
	}
	want := "a number"
	switch mismatch.Type.String() {
	case "string":
		want = "a string"
	case "int":
		want = "a whole number"
	case "[]event.Product":
		want = "an array of objects"
	}
	return wrong(field, "is %s, must be %s", shown(value), want)
}

// shown is a short value itself, else its kind.
func shown(value json.RawMessage) string {
	if v := bytes.TrimSpace(value); len(v) <= 40 && kind(v) != "object" && kind(v) != "array" {
		return describe(v) + ", " + string(v)
	}
	return describe(value)
}
