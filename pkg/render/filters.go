package render

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/shopspring/decimal"

	"rapport/pkg/liquid"
)

// widest is the widest column that fit makes.
const widest = 200

// filters are what templates of messages have beyond Liquid's own.
//
//	{{ trigger.total | money: trigger.currency }}    £1,234.50; the shop's currency without an argument
//	{{ "cart.title" | t }}, {{ "cart.items" | t: count: 3 }}   a text of the catalogues, in the audience's language
//	{{ n | pluralize: "item", "items" }}             the word that goes with the number
//	{{ product.name | fit: 30 }}                     cut or filled with spaces to 30 characters, for tables in plain text
//	{{ price | fit: 10, align: "right" }}            the same, filled on the left
//	{{ product.name | calm }}                        what a catalogue shouts in capitals, as a sentence; other texts as they are
func filters(shop Shop) []liquid.Option {
	return []liquid.Option{
		liquid.WithFilter("money", liquid.Filter{Max: 1, Func: func(c *liquid.Call, in any, args []any) (any, error) {
			currency := shop.Currency
			if len(args) == 1 && c.Text(args[0]) != "" {
				currency = strings.ToUpper(c.Text(args[0]))
			}
			audience, _ := c.Attached().(*audience)
			if audience == nil {
				return nil, fmt.Errorf("nobody is known to read the amount")
			}
			if c.HTML() {
				return money(c, in, currency, audience.amounts.html, noBreakSpace)
			}
			return money(c, in, currency, audience.amounts.plain, " ")
		}}),
		liquid.WithFilter("t", liquid.Filter{Open: true, Func: translate}),
		liquid.WithFilter("pluralize", liquid.Filter{Min: 2, Max: 2, Func: func(c *liquid.Call, in any, args []any) (any, error) {
			if n, err := decimal.NewFromString(c.Text(in)); err == nil && n.Equal(decimal.NewFromInt(1)) {
				return args[0], nil
			}
			return args[1], nil
		}}),
		liquid.WithFilter("fit", liquid.Filter{Min: 1, Max: 1, Named: []string{"align"}, Func: func(c *liquid.Call, in any, args []any) (any, error) {
			width, ok := args[0].(int64)
			if !ok || width < 1 || width > widest {
				return nil, fmt.Errorf("fit needs a width from 1 to %d characters", widest)
			}
			align, named := c.Named("align")
			if named && c.Text(align) != "left" && c.Text(align) != "right" {
				return nil, fmt.Errorf(`fit aligns "left" or "right"`)
			}
			if err := c.Charge(4 * int(width)); err != nil {
				return nil, err
			}
			return fit(c.Text(in), int(width), named && c.Text(align) == "right"), nil
		}}),
		liquid.WithFilter("calm", liquid.Filter{Func: func(c *liquid.Call, in any, _ []any) (any, error) {
			return calm(c.Text(in)), nil
		}}),
	}
}

// money writes an amount: a number, or a text that spells one. Nothing is written for
// nothing, so that a template can leave out what an order leaves out.
func money(c *liquid.Call, in any, currency string, format *locale, space string) (any, error) {
	var amount decimal.Decimal
	switch v := in.(type) {
	case nil:
		return "", nil
	case int64:
		amount = decimal.NewFromInt(v)
	case float64:
		var digits [usualAmount]byte
		if text, ok := format.writePlain(string(strconv.AppendFloat(digits[:0], v, 'f', -1, 64)), currency, space); ok {
			return text, nil
		}
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return nil, errAmount
		}
		amount = decimal.NewFromFloat(v)
	default:
		spelt := c.Text(in)
		if text, ok := format.writePlain(spelt, currency, space); ok {
			return text, nil
		}
		d, err := decimal.NewFromString(strings.TrimSpace(spelt))
		if err != nil || len(spelt) > maxAmount {
			return nil, errAmount
		}
		amount = d
	}
	if amount.Exponent() > 20 || amount.Exponent() < -40 {
		return nil, errAmount
	}
	return format.write(amount, currency, space), nil
}

var errAmount = errors.New("money needs an amount such as 12.50")

// maxAmount is how many characters of an amount are read.
const maxAmount = 40

// fit cuts or fills a text to a width in characters, of widest at most.
func fit(s string, width int, right bool) string {
	s = oneLine(s)
	n := utf8.RuneCountInString(s)
	end := ""
	if n > width {
		at, left := 0, width-1
		for at = range s {
			if left == 0 {
				break
			}
			left--
		}
		s, end, right = strings.TrimRight(s[:at], " "), "…", false
		n = utf8.RuneCountInString(s) + 1
	}
	space := strings.Repeat(" ", width-n)
	if right {
		return space + s
	}
	return s + end + space
}

// calm writes a text that is all capitals as a sentence.
func calm(s string) string {
	s = oneLine(s)
	if strings.IndexByte(s, ' ') < 0 || strings.ContainsFunc(s, isSmallASCII) {
		return s // single words may be names or codes
	}
	low := strings.ToLower(s)
	if s == low || s != strings.ToUpper(s) {
		return s
	}
	first, size := utf8.DecodeRuneInString(low)
	return string(unicode.ToUpper(first)) + low[size:]
}

func isSmallASCII(r rune) bool { return 'a' <= r && r <= 'z' }
