package invoices

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/shopspring/decimal"
)

// The bounds of texts: what is longer is an accident, and events refuse it.
const (
	maxName        = 64
	maxDescription = 1000
)

// isName reports whether a text can be part of an event's id.
func isName(s string) bool {
	return len(s) <= maxName && utf8.ValidString(s) && strings.IndexFunc(s, func(c rune) bool { return !unicode.IsPrint(c) }) < 0
}

func (r *reader) problem(column int, format string, args ...any) {
	line, col := r.csv.FieldPos(column)
	r.file.Problems = append(r.file.Problems, Problem{r.name, r.above + line, col, fmt.Sprintf(format, args...)})
}

func (r *reader) keep(s string) string {
	if kept, ok := r.texts[s]; ok {
		return kept
	}
	s = strings.Clone(s)
	r.texts[s] = s
	return s
}

func (r *reader) row(record []string) {
	for i, c := range r.at {
		if c >= len(record) {
			r.problem(0, "has %d fields, column %s is missing: every line needs as many fields as the header", len(record), columns[i])
			return
		}
	}
	get := func(i int) string { return strings.TrimSpace(record[r.at[i]]) }
	refuse := func(i int, format string, args ...any) {
		r.problem(r.at[i], "%s "+format, append([]any{columns[i]}, args...)...)
	}
	for _, id := range []struct {
		column int
		why    string // it may not be empty; "": it may
	}{{colInvoice, "every line belongs to an invoice"}, {colCode, "every line sells something"}, {colCustomer, ""}} {
		switch text := get(id.column); {
		case text == "" && id.why != "":
			refuse(id.column, "is empty: %s", id.why)
			return
		case !isName(text):
			refuse(id.column, "%.80q is no name: use at most %d printable characters, in UTF-8", text, maxName)
			return
		}
	}
	if len(get(colName)) > maxDescription {
		refuse(colName, "has %d bytes: at most %d are taken", len(get(colName)), maxDescription)
		return
	}
	number, code := get(colInvoice), get(colCode)
	quantity64, err := strconv.ParseInt(get(colQuantity), 10, 32)
	if err != nil {
		refuse(colQuantity, "%.80q is no whole number, such as 6", get(colQuantity))
		return
	}
	quantity := int(quantity64)
	price, err := r.price(get(colPrice))
	if err != nil {
		refuse(colPrice, "%.80q is no number, such as 2.55", get(colPrice))
		return
	}
	date, err := time.Parse(time.DateTime, get(colDate))
	if err != nil || date.Year() < 1970 || date.Year() > 2199 {
		refuse(colDate, "%.80q is no time from 1970 to 2199, such as 2010-12-01 08:26:00", get(colDate))
		return
	}
	if strings.HasPrefix(number, "C") {
		quantity = -quantity
	}
	if quantity <= 0 || price.Sign() <= 0 {
		r.file.Dropped++
		return
	}
	i := r.invoice(number, customer(get(colCustomer)), date)
	i.Lines = append(i.Lines, Line{Code: r.keep(code), Name: r.keep(get(colName)), Quantity: quantity, Price: price})
}

func (r *reader) price(s string) (decimal.Decimal, error) {
	if p, ok := r.prices[s]; ok {
		return p, nil
	}
	p, err := decimal.NewFromString(s)
	if err != nil {
		return p, err
	}
	// A short text can stand for a number of a billion digits: 1e999999999.
	if p.Exponent() < -12 || p.Exponent() > 12 || p.NumDigits() > 24 {
		return p, errors.New("is out of bounds")
	}
	r.prices[strings.Clone(s)] = p
	return p, nil
}

func (r *reader) invoice(number, customer string, at time.Time) *Invoice {
	key := [2]string{number, customer}
	i, ok := r.known[key]
	if !ok {
		i = len(r.file.Invoices)
		key = [2]string{r.keep(number), r.keep(customer)}
		r.known[key] = i
		r.file.Invoices = append(r.file.Invoices, Invoice{Number: key[0], Customer: key[1], At: at, Row: r.line})
	}
	return &r.file.Invoices[i]
}

// customer turns "17850.0", as spreadsheets write whole numbers, into "17850".
func customer(id string) string { return strings.TrimSuffix(id, ".0") }
