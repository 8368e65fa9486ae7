package profile

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"strings"

	"rapport/pkg/event"
)

// Bounds of what is kept of one event.
const (
	maxProperties = 8
	maxText       = 64 // bytes; longer texts are not kept, since half a text equals nothing
	maxName       = 32
	maxLines      = 8 // of an order
)

// wellKnown are names of properties by rank: of an event with many properties those of
// the lowest rank are kept, then others by the alphabet. The ranks are in stored entries:
// new names go to the end.
var wellKnown = [...]string{
	"total", "value", "revenue", "product_id", "category", "products", "order_id", "message_id", "channel", "journey",
	"template", "reason", "survey", "score", "link", "link_category", "link_product", "tier", "points", "tag", "segment",
	"price", "quantity", "coupon", "brand", "query", "currency",
}

// Key is the name of a property, looked up once for all entries that are asked for it.
type Key struct {
	rank int
	name string
}

// KeyOf looks a name up.
func KeyOf(name string) Key { return Key{rankOf(name), name} }

// rankOf is the rank of a name, len(wellKnown) for all others.
func rankOf(name string) int {
	for i, known := range wellKnown {
		if known == name {
			return i
		}
	}
	return len(wellKnown)
}

// Keeps reports whether a property of a type of event is kept in histories at all, if it is
// a number, a truth or a short text.
func Keeps(typ, name string) bool { return keeps(typ, []byte(name)) }

// keeps reports whether a property is kept at all. Addresses belong to the traits alone,
// where an erasure finds them; links are long; and receipts, of which there are many, are
// kept small.
func keeps(typ string, name []byte) bool {
	if event.Receipt(typ) {
		switch string(name) {
		case "channel", "journey", "template", "reason":
			return true
		}
		return false
	}
	switch string(name) {
	case "email", "phone", "address", "first_name", "last_name", "url", "image_url", "ip", "user_agent", "checkout_id", "products", "proof":
		return false
	case "subject", "text", "detail", "instance", "provider": // What people write is theirs; the rest is looked up by message.
		return !strings.HasPrefix(typ, "email.")
	}
	return len(name) <= maxName
}

// property is one property of an event on its way into an entry.
type property struct {
	rank int
	name []byte
	raw  []byte // JSON
}

func (p property) before(q property) bool {
	if p.rank != q.rank {
		return p.rank < q.rank
	}
	return bytes.Compare(p.name, q.name) < 0
}

// writeEntry writes what is kept of an event.
func writeEntry(e *event.Event) []byte {
	var chosen [maxProperties]property
	n := 0
	scalars(e.Data, func(name, raw []byte) {
		if !keeps(e.Type, name) || !fits(raw) {
			return
		}
		p := property{rankOf(string(name)), name, raw}
		i := n
		for i > 0 && p.before(chosen[i-1]) {
			i--
		}
		if i < maxProperties {
			n = min(n+1, maxProperties)
			copy(chosen[i+1:n], chosen[i:])
			chosen[i] = p
		}
	})
	b := make([]byte, entryHead, 128)
	ms := millis(e.Time)
	b[2], b[3], b[4], b[5], b[6], b[7] = byte(ms>>40), byte(ms>>32), byte(ms>>24), byte(ms>>16), byte(ms>>8), byte(ms)
	lines := linesOf(e)
	for _, p := range chosen[:n] {
		if lines != nil && p.rank > linesRank {
			b = appendLines(b, lines)
			lines = nil
		}
		b = appendProperty(b, p)
	}
	if lines != nil {
		b = appendLines(b, lines)
	}
	binary.BigEndian.PutUint16(b, uint16(len(b)-2)) //nolint:gosec // bounded by what is kept
	return b
}

// linesRank is where the lines of an order stand among the properties.
const linesRank = 5

func linesOf(e *event.Event) []event.Product {
	if e.Type != event.OrderCompleted && e.Type != event.OrderRefunded {
		return nil
	}
	o, err := e.Order()
	if err != nil {
		return nil
	}
	return o.Products[:min(len(o.Products), maxLines)]
}

func appendLines(b []byte, lines []event.Product) []byte {
	b = append(b, linesRank+1, isLines, byte(len(lines)))
	text := func(s string) {
		if len(s) > maxText {
			s = ""
		}
		b = append(append(b, byte(len(s))), s...)
	}
	for i := range lines {
		text(lines[i].Key())
		text(lines[i].Category)
	}
	return b
}

// fits reports whether a JSON value is short enough to be kept.
func fits(raw []byte) bool {
	if raw[0] == '"' {
		return len(raw) >= 2 && len(raw) <= maxText+2 && raw[len(raw)-1] == '"'
	}
	return raw[0] != 'n'
}

func appendProperty(b []byte, p property) []byte {
	var text []byte
	switch {
	case p.raw[0] == 't' || p.raw[0] == 'f':
		return append(appendName(b, p), map[bool]byte{false: isFalse, true: isTrue}[p.raw[0] == 't'])
	case p.raw[0] != '"':
		if v, err := strconv.ParseFloat(string(p.raw), 64); err == nil {
			return appendNumber(appendName(b, p), v)
		}
		return b
	default:
		text = p.raw[1 : len(p.raw)-1]
		if bytes.IndexByte(text, '\\') >= 0 {
			var s string
			if json.Unmarshal(p.raw, &s) != nil || len(s) > maxText {
				return b
			}
			text = []byte(s)
		}
	}
	if p.rank < amounts { // Shops send amounts as texts, too.
		if v, err := strconv.ParseFloat(string(bytes.TrimSpace(text)), 64); err == nil && !math.IsNaN(v) && !math.IsInf(v, 0) {
			return appendNumber(appendName(b, p), v)
		}
	}
	b = append(appendName(b, p), isText, byte(len(text)))
	return append(b, text...)
}

func appendName(b []byte, p property) []byte {
	if p.rank < len(wellKnown) {
		return append(b, byte(p.rank+1))
	}
	return append(append(b, 0, byte(len(p.name))), p.name...)
}

func appendNumber(b []byte, v float64) []byte {
	const exact = 1 << 53
	switch {
	case v == math.Trunc(v) && math.Abs(v) < exact:
		return binary.AppendVarint(append(b, isWhole), int64(v))
	case math.Abs(v*unit) < exact && math.Round(v*unit)/unit == v:
		return binary.AppendVarint(append(b, isMoney), int64(math.Round(v*unit)))
	}
	return binary.BigEndian.AppendUint64(append(b, isFloat), math.Float64bits(v))
}

// scalars reads the properties of a JSON object that are no objects or lists themselves.
// The JSON is valid; where it is not, the rest is left out. It is several times faster
// than the general decoder, which an event has been through already.
func scalars(data []byte, yield func(name, raw []byte)) {
	i := space(data, 0)
	if i >= len(data) || data[i] != '{' {
		return
	}
	for i++; ; i++ {
		start := space(data, i)
		if start >= len(data) || data[start] != '"' {
			return
		}
		end := value(data, start)
		colon := space(data, end)
		if end-start < 2 || colon >= len(data) || data[colon] != ':' {
			return
		}
		name := data[start+1 : end-1]
		start = space(data, colon+1)
		end = value(data, start)
		if end <= start {
			return
		}
		if c := data[start]; c != '{' && c != '[' && len(name) > 0 && !slices.Contains(name, '\\') {
			yield(name, data[start:end])
		}
		if i = space(data, end); i >= len(data) || data[i] != ',' {
			return
		}
	}
}

func space(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\n' || b[i] == '\t' || b[i] == '\r') {
		i++
	}
	return i
}

// value is where the JSON value at i ends.
func value(b []byte, i int) int {
	depth := 0
	for i < len(b) {
		switch b[i] {
		case '"':
			for i++; i < len(b) && b[i] != '"'; i++ {
				if b[i] == '\\' {
					i++
				}
			}
			if i++; depth == 0 {
				return min(i, len(b))
			}
			continue
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth < 0 {
				return i
			}
			if depth == 0 {
				return i + 1
			}
		case ',', ':', ' ', '\n', '\t', '\r':
			if depth == 0 {
				return i
			}
		}
		i++
	}
	return min(i, len(b))
}
