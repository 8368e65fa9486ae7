package shophook

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"rapport/pkg/sms"
)

// function is one that expressions may call with least to most values.
type function struct {
	least, most int
	usage       string
	do          func(*scope, []any) (any, error)
}

// maxArguments bounds the functions that take any number of values.
const maxArguments = 16

// functions are all of them. What is not there (nil) makes most of them answer nothing.
func functions() map[string]function {
	return map[string]function{
		"text":   {1, 1, `text(body.id)`, one((*scope).text)},
		"lower":  {1, 1, `lower(body.name)`, one(textual(strings.ToLower))},
		"upper":  {1, 1, `upper(body.currency)`, one(textual(strings.ToUpper))},
		"trim":   {1, 1, `trim(body.name)`, one(textual(strings.TrimSpace))},
		"plain":  {1, 1, `plain(body.description)`, one(textual(plain))},
		"email":  {1, 1, `email(body.email)`, one((*scope).email)},
		"e164":   {1, 2, `e164(body.phone, body.country)`, (*scope).e164},
		"money":  {1, 1, `money(body.total)`, one(money)},
		"minor":  {2, 2, `minor(body.amount, body.currency)`, minor},
		"time":   {1, 1, `time(body.created)`, one((*scope).time)},
		"hash":   {1, maxArguments, `hash(body.id, body.email)`, (*scope).hash},
		"either": {2, maxArguments, `either(body.email, body.billing.email)`, either},
		"split":  {2, 2, `split(body.tags, ",")`, (*scope).split},
		"join":   {2, 2, `join(body.tags, ", ")`, (*scope).join},
		"len":    {1, 1, `len(body.line_items)`, one(length)},
		"header": {1, 1, `header("X-Shop-Topic")`, one((*scope).head)},
	}
}

// one is a function of one value.
func one(f func(*scope, any) (any, error)) func(*scope, []any) (any, error) {
	return func(s *scope, args []any) (any, error) { return f(s, args[0]) }
}

// textual is a function of a text; of no text there is nothing.
func textual(f func(string) string) func(*scope, any) (any, error) {
	return func(s *scope, v any) (any, error) {
		text, err := plainText(v)
		if err != nil || v == nil {
			return nil, err
		}
		out := f(text)
		return out, s.keep(len(text) + len(out))
	}
}

// text is a text or a number's digits, trimmed; an empty one is nothing.
func (s *scope) text(v any) (any, error) {
	text, err := plainText(v)
	if text = strings.TrimSpace(text); text == "" || err != nil {
		return nil, err
	}
	return text, s.keep(len(text))
}

// email is an address in small letters; what is no address is nothing.
func (s *scope) email(v any) (any, error) {
	text, ok := v.(string)
	text = strings.ToLower(strings.TrimSpace(text))
	local, domain, found := strings.Cut(text, "@")
	if !ok || !found || local == "" || !strings.Contains(domain, ".") || len(text) > 250 || strings.ContainsAny(text, " \t\r\n<>,;") || strings.Contains(domain, "@") {
		return nil, nil
	}
	return text, s.keep(len(text))
}

// e164 is a telephone number that can be dialled from anywhere, such as +447911123456; what is
// none is nothing.
func (s *scope) e164(args []any) (any, error) {
	given, err := plainText(args[0])
	if err != nil || given == "" || len(given) > maxDigits {
		return nil, err
	}
	region := ""
	if len(args) > 1 {
		region, _ = args[1].(string)
	}
	if err := s.spend(50); err != nil {
		return nil, err
	}
	n, err := sms.ParseNumber(given, region)
	if err != nil || !n.Valid {
		return nil, nil
	}
	return n.E164, nil
}

// money is an amount with all of its digits, from a text or a number.
func money(_ *scope, v any) (any, error) {
	d, ok, err := number(v)
	if !ok {
		return nil, err
	}
	return digits(d), nil
}

// minor is an amount in a currency's smallest unit, in the currency; or, with a whole number
// instead of a currency, by that many places.
func minor(_ *scope, args []any) (any, error) {
	d, ok, err := number(args[0])
	if !ok {
		return nil, err
	}
	switch of := args[1].(type) {
	case string:
		if len(of) == 3 {
			return digits(d.Shift(-places(of))), nil
		}
	case json.Number:
		if n, err := strconv.Atoi(string(of)); err == nil && n >= 0 && n <= 9 {
			return digits(d.Shift(int32(n) * -1)), nil
		}
	}
	return nil, errors.New("an amount in minor units needs its currency, or a number of places")
}

// time is a time as RFC 3339 in UTC, from the same, from one without a zone (which counts as
// UTC), and from seconds since 1970.
func (s *scope) time(v any) (any, error) {
	at, ok, err := timeOf(v)
	if !ok {
		return nil, err
	}
	return at.Format(time.RFC3339Nano), s.keep(len(time.RFC3339Nano))
}

func timeOf(v any) (at time.Time, ok bool, err error) {
	switch v := v.(type) {
	case nil:
		return at, false, nil
	case json.Number:
		// Seconds; a fraction is cut, which no shop sends.
		whole, _, _ := strings.Cut(string(v), ".")
		n, err := strconv.ParseInt(whole, 10, 64)
		if err == nil && n >= -1<<33 && n <= 1<<33 {
			return time.Unix(n, 0).UTC(), true, nil
		}
	case string:
		if v = strings.TrimSpace(v); v == "" {
			return at, false, nil
		}
		for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05", "2006-01-02 15:04:05", time.DateOnly} {
			if at, err := time.Parse(layout, v); err == nil {
				return at.UTC(), true, nil
			}
		}
	}
	return at, false, errors.New("is no time: it has to be as 2026-03-02T09:00:00Z, or seconds since 1970")
}

// hash is 32 hexadecimal digits that stand for values together.
func (s *scope) hash(args []any) (any, error) {
	h := sha256.New()
	for _, v := range args {
		text, err := plainText(v)
		if err != nil {
			return nil, err
		}
		if err := s.spend(len(text) / 64); err != nil {
			return nil, err
		}
		_, _ = fmt.Fprintf(h, "%d:%s", len(text), text) // a hash takes everything
	}
	return hex.EncodeToString(h.Sum(nil)[:16]), nil
}

// either is the first value that is there and no empty text.
func either(_ *scope, args []any) (any, error) {
	for _, v := range args {
		if v != nil && v != "" {
			return v, nil
		}
	}
	return nil, nil
}

// split cuts a text, and trims the parts; empty ones are left out.
func (s *scope) split(args []any) (any, error) {
	text, err := plainText(args[0])
	separator, ok := args[1].(string)
	if err != nil || !ok || separator == "" {
		return nil, err
	}
	var out []any
	for part := range strings.SplitSeq(text, separator) {
		if part = strings.TrimSpace(part); part != "" {
			if err := s.spend(1); err != nil {
				return nil, err
			}
			out = append(out, part)
		}
	}
	return out, s.keep(len(text))
}

// join is the reverse of split.
func (s *scope) join(args []any) (any, error) {
	list, _ := args[0].([]any)
	separator, _ := args[1].(string)
	var parts []string
	for _, v := range list {
		text, err := plainText(v)
		if err != nil {
			return nil, err
		}
		if err := s.keep(len(text) + len(separator)); err != nil {
			return nil, err
		}
		if text != "" {
			parts = append(parts, text)
		}
	}
	return strings.Join(parts, separator), nil
}

func length(_ *scope, v any) (any, error) {
	switch v := v.(type) {
	case string:
		return whole(utf8.RuneCountInString(v)), nil
	case []any:
		return whole(len(v)), nil
	case map[string]any:
		return whole(len(v)), nil
	}
	return whole(0), nil
}

func whole(n int) json.Number { return json.Number(strconv.Itoa(n)) }

// head is a header of the delivery, empty ones being nothing. Most schemes sign none of them.
func (s *scope) head(v any) (any, error) {
	name, _ := v.(string)
	if text := s.header(name); text != "" {
		return text, s.keep(len(text))
	}
	return nil, nil
}

// plain is what is read of a piece of HTML: without tags, with its characters as they are.
func plain(text string) string {
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(text, "<")
		b.WriteString(before)
		if !found {
			break
		}
		_, after, closed := strings.Cut(rest, ">")
		if !closed {
			b.WriteString("<" + rest)
			break
		}
		b.WriteByte(' ')
		text = after
	}
	return strings.Join(strings.Fields(html.UnescapeString(b.String())), " ")
}
