package script

import (
	"encoding/json"

	"rapport/pkg/workspace/source"
)

// value is a node as JSON: texts, numbers by their digits, truths, lists, objects, nil.
func (rd *reader) value(n *source.Node) any {
	if n == nil {
		return nil
	}
	switch n.Kind {
	case source.Text:
		return n.Value
	case source.Number:
		return rd.number(n)
	case source.Bool:
		return n.Value == "true"
	case source.List:
		out := make([]any, 0, len(n.Items))
		for _, item := range n.Items {
			out = append(out, rd.value(item))
		}
		return out
	case source.Map:
		out := object{}
		for _, p := range n.Pairs {
			out[p.Key] = rd.value(p.Value)
		}
		return out
	}
	return nil
}

// number keeps the digits where JSON has such a number; YAML has others, such as 0x10.
func (rd *reader) number(n *source.Node) any {
	if json.Valid([]byte(n.Value)) {
		return json.Number(n.Value)
	}
	rd.r.At(n.File, n.Place, n.Value+" is no number that an event can hold", "write it in decimal digits, or in quotes if it is a text")
	return nil
}

// texts reads a list of texts, or one alone.
func (rd *reader) texts(n *source.Node, what string) []string {
	switch {
	case n == nil:
		return nil
	case n.Kind != source.List:
		if s := rd.r.Text(n, what); s != "" {
			return []string{s}
		}
		return nil
	}
	var out []string
	for _, item := range n.Items {
		if s := rd.r.Text(item, what); s != "" {
			out = append(out, s)
		}
	}
	return out
}

// completeProducts lets a product be its id alone: products: [lamp, bulb].
func completeProducts(data object) {
	list, _ := data["products"].([]any)
	for i, p := range list {
		if id, ok := p.(string); ok {
			list[i] = object{"product_id": id}
		}
	}
}
