package link

import (
	"encoding/binary"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"rapport/pkg/message"
)

// The forms that a field's value has. The field's number and form are one number before it:
// number*4 + form.
const (
	asNumber = iota // a varint
	asText          // its length and its bytes
	asHex           // of lower-case hexadecimal digits: the length and the bytes they say
	asWord          // the place in words
)

// words are texts that take one byte. Tokens hold their places: new ones go to the end.
var words = []string{
	string(Click), string(Open), string(Unsubscribe), string(Preferences), string(Confirm),
	string(message.Email), string(message.SMS), string(message.WhatsApp), string(message.Webhook),
	string(message.Transactional), string(message.Marketing), "*",
}

// hexed is from how many digits on hexadecimal is shorter than text.
const hexed = 8

// pack writes a ticket. Fields stand in the order of their numbers, which are fixed for ever.
func (t *Ticket) pack(b []byte) []byte {
	b = packText(b, 1, string(t.Kind))
	b = packText(b, 2, t.Profile)
	b = packText(b, 3, t.Ref.ID)
	b = packNumber(b, 4, uint64(t.Ref.Partition))
	b = packText(b, 5, t.Journey)
	b = packText(b, 6, t.Instance)
	b = packText(b, 7, t.Step)
	b = packText(b, 8, t.Template)
	b = packText(b, 9, string(t.Channel))
	b = packText(b, 10, string(t.Category))
	b = packText(b, 11, t.Purpose)
	b = packText(b, 12, t.URL)
	b = packText(b, 13, t.Link)
	b = packText(b, 14, t.Product)
	b = packText(b, 15, t.LinkCategory)
	b = packTime(b, 16, t.SentAt)
	return packTime(b, 17, t.Expires)
}

// unpack reads what pack wrote, or what a later version did: fields it does not know are left
// out. It reports false for anything else.
func (t *Ticket) unpack(b []byte) bool {
	texts := [...]*string{
		1: (*string)(&t.Kind), 2: &t.Profile, 3: &t.Ref.ID, 5: &t.Journey, 6: &t.Instance, 7: &t.Step, 8: &t.Template,
		9: (*string)(&t.Channel), 10: (*string)(&t.Category), 11: &t.Purpose, 12: &t.URL, 13: &t.Link, 14: &t.Product, 15: &t.LinkCategory,
	}
	for before := uint64(0); len(b) > 0; {
		first, n := binary.Uvarint(b)
		if n <= 0 || first>>2 <= before {
			return false
		}
		before = first >> 2
		text, number, rest, ok := value(b[n:], first&3)
		if b = rest; !ok {
			return false
		}
		switch numeric := first&3 == asNumber; {
		case before < uint64(len(texts)) && texts[before] != nil:
			if numeric {
				return false
			}
			*texts[before] = text
		case before == 4 && numeric:
			t.Ref.Partition = int(number)
		case before == 16 && numeric:
			t.SentAt = time.Unix(int64(number), 0).UTC()
		case before == 17 && numeric:
			t.Expires = time.Unix(int64(number), 0).UTC()
		}
	}
	return true
}

// head stands before a value.
func head(field, form uint64) uint64 { return field<<2 | form }

// value reads one value of a form.
func value(b []byte, form uint64) (text string, number uint64, rest []byte, ok bool) {
	number, n := binary.Uvarint(b)
	if n <= 0 {
		return "", 0, nil, false
	}
	b = b[n:]
	switch {
	case form == asNumber:
		return "", number, b, true
	case form == asWord:
		if number >= uint64(len(words)) {
			return "", 0, nil, false
		}
		return words[number], 0, b, true
	case number > uint64(len(b)):
		return "", 0, nil, false
	case form == asHex:
		return hex.EncodeToString(b[:number]), 0, b[number:], true
	}
	return string(b[:number]), 0, b[number:], true
}

func packNumber(b []byte, field, n uint64) []byte {
	if n == 0 {
		return b
	}
	return binary.AppendUvarint(binary.AppendUvarint(b, head(field, asNumber)), n)
}

func packTime(b []byte, field uint64, t time.Time) []byte {
	if t.IsZero() {
		return b
	}
	return binary.AppendUvarint(binary.AppendUvarint(b, head(field, asNumber)), uint64(t.Unix()))
}

func packText(b []byte, field uint64, s string) []byte {
	if s == "" {
		return b
	}
	if i := slices.Index(words, s); i >= 0 {
		return binary.AppendUvarint(binary.AppendUvarint(b, head(field, asWord)), uint64(i))
	}
	if len(s) >= hexed && len(s)%2 == 0 && strings.Trim(s, "0123456789abcdef") == "" {
		b = binary.AppendUvarint(binary.AppendUvarint(b, head(field, asHex)), uint64(len(s)/2))
		b, _ = hex.AppendDecode(b, []byte(s)) // of digits that were looked at
		return b
	}
	return append(binary.AppendUvarint(binary.AppendUvarint(b, head(field, asText)), uint64(len(s))), s...)
}
