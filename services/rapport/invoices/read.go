package invoices

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/shopspring/decimal"
)

// File is a file that was read: its invoices in the order of their times.
type File struct {
	Invoices []Invoice
	Rows     int // lines of data, with those dropped and refused
	Dropped  int // lines with nothing bought
	Problems []Problem
}

// Invoice is the lines of one invoice of one customer.
type Invoice struct {
	Number   string
	Customer string // empty: anonymous
	At       time.Time
	Lines    []Line
}

// Refund reports whether the invoice takes goods back.
func (i *Invoice) Refund() bool { return strings.HasPrefix(i.Number, "C") }

// Total is the exact sum of quantity times price.
func (i *Invoice) Total() decimal.Decimal {
	var sum decimal.Decimal
	for _, l := range i.Lines {
		sum = sum.Add(l.Price.Mul(decimal.NewFromInt(int64(l.Quantity))))
	}
	return sum
}

// Line is one product on an invoice. Quantity and price are above zero.
type Line struct {
	Code, Name string
	Quantity   int
	Price      decimal.Decimal
}

// Problem is a line that could not be read.
type Problem struct {
	File      string
	Line, Col int
	Message   string
}

func (p Problem) Error() string { return fmt.Sprintf("%s:%d:%d: %s", p.File, p.Line, p.Col, p.Message) }

// columns in the order of the data set.
var columns = [...]string{"InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID"}

const (
	colInvoice = iota
	colCode
	colName
	colQuantity
	colDate
	colPrice
	colCustomer
)

// Read reads a whole file, plain or gzip, told apart by its first bytes. name is used in
// messages. It fails when the file as a whole is unreadable; single lines are Problems.
func Read(r io.Reader, name string) (*File, error) {
	plain, err := unzipped(r)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	in := csv.NewReader(plain)
	in.ReuseRecord, in.FieldsPerRecord = true, -1
	header, err := in.Read()
	if err != nil {
		return nil, fmt.Errorf("%s:1:1: no header line: the first line must name the columns %s", name, strings.Join(columns[:], ","))
	}
	at, err := locate(header)
	if err != nil {
		return nil, fmt.Errorf("%s:1:1: %w", name, err)
	}
	rd := reader{file: &File{}, name: name, csv: in, at: at, known: map[[2]string]int{}, texts: map[string]string{}, prices: map[string]decimal.Decimal{}}
	for {
		record, err := in.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		rd.file.Rows++
		if err != nil {
			if !rd.unreadable(err) {
				return nil, fmt.Errorf("%s: after line %d: %w", name, rd.file.Rows, err)
			}
			continue
		}
		rd.row(record)
	}
	kept := rd.file.Invoices[:0]
	for _, i := range rd.file.Invoices {
		if len(i.Lines) > 0 {
			kept = append(kept, i)
		}
	}
	rd.file.Invoices = kept
	slices.SortStableFunc(rd.file.Invoices, func(a, b Invoice) int { return a.At.Compare(b.At) })
	return rd.file, nil
}

func unzipped(r io.Reader) (io.Reader, error) {
	buffered := bufio.NewReaderSize(r, 64<<10)
	head, err := buffered.Peek(2)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("read: %w", err)
	}
	if !bytes.Equal(head, []byte{0x1f, 0x8b}) {
		return buffered, nil
	}
	z, err := gzip.NewReader(buffered)
	if err != nil {
		return nil, fmt.Errorf("not a gzip file after all: %w", err)
	}
	return z, nil
}

// locate finds the columns in the header.
func locate(header []string) ([len(columns)]int, error) {
	var at [len(columns)]int
	for i, want := range columns {
		at[i] = slices.IndexFunc(header, func(have string) bool {
			return strings.EqualFold(strings.TrimSpace(strings.TrimPrefix(have, "\ufeff")), want)
		})
		if at[i] < 0 {
			return at, fmt.Errorf("column %s is missing: the header must name %s", want, strings.Join(columns[:], ","))
		}
	}
	return at, nil
}

// reader keeps each text and price once: a few thousand products fill hundreds of
// thousands of lines.
type reader struct {
	file   *File
	name   string
	csv    *csv.Reader
	at     [len(columns)]int
	known  map[[2]string]int // invoice and customer -> index
	texts  map[string]string
	prices map[string]decimal.Decimal
}

// unreadable notes a line that is no CSV; false means that reading cannot go on.
func (r *reader) unreadable(err error) bool {
	var bad *csv.ParseError
	if !errors.As(err, &bad) {
		return false
	}
	r.file.Problems = append(r.file.Problems, Problem{r.name, bad.Line, bad.Column, bad.Err.Error() + ": quote fields that hold quotes or line breaks, and double quotes in them"})
	return true
}

func (r *reader) problem(column int, format string, args ...any) {
	line, col := r.csv.FieldPos(column)
	r.file.Problems = append(r.file.Problems, Problem{r.name, line, col, fmt.Sprintf(format, args...)})
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
	number := get(colInvoice)
	if number == "" {
		r.problem(r.at[colInvoice], "InvoiceNo is empty: every line belongs to an invoice")
		return
	}
	quantity, err := strconv.Atoi(get(colQuantity))
	if err != nil {
		r.problem(r.at[colQuantity], "Quantity %q is no whole number", get(colQuantity))
		return
	}
	price, err := r.price(get(colPrice))
	if err != nil {
		r.problem(r.at[colPrice], "UnitPrice %q is no number, such as 2.55", get(colPrice))
		return
	}
	date, err := time.Parse(time.DateTime, get(colDate))
	if err != nil {
		r.problem(r.at[colDate], "InvoiceDate %q is no time, such as 2010-12-01 08:26:00", get(colDate))
		return
	}
	code := get(colCode)
	if code == "" {
		r.problem(r.at[colCode], "StockCode is empty: every line sells something")
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
	if err == nil {
		r.prices[strings.Clone(s)] = p
	}
	return p, err
}

func (r *reader) invoice(number, customer string, at time.Time) *Invoice {
	key := [2]string{number, customer}
	i, ok := r.known[key]
	if !ok {
		i = len(r.file.Invoices)
		key = [2]string{r.keep(number), r.keep(customer)}
		r.known[key] = i
		r.file.Invoices = append(r.file.Invoices, Invoice{Number: key[0], Customer: key[1], At: at})
	}
	return &r.file.Invoices[i]
}

// customer turns "17850.0", as spreadsheets write whole numbers, into "17850".
func customer(id string) string { return strings.TrimSuffix(id, ".0") }
