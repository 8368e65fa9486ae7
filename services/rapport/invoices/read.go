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
	Row      int // line of the file that it begins on
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
	rd := reader{
		file: &File{}, name: name, tape: &tape{src: plain},
		known: map[[2]string]int{}, texts: map[string]string{}, prices: map[string]decimal.Decimal{},
	}
	rd.parse(0)
	if err := rd.header(); err != nil {
		return nil, err
	}
	for {
		record, err := rd.read()
		if errors.Is(err, io.EOF) {
			break
		}
		rd.file.Rows++
		if err == nil {
			rd.row(record)
		} else if !rd.unreadable(err) {
			return nil, fmt.Errorf("%s: cannot be read beyond line %d: %w: the file is cut off or damaged, get it whole", name, rd.line, err)
		}
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
		return withoutMark(buffered), nil
	}
	z, err := gzip.NewReader(buffered)
	if err != nil {
		return nil, fmt.Errorf("begins as gzip files do and is none: %w: the file is cut off or damaged, get it whole", err)
	}
	return withoutMark(bufio.NewReaderSize(z, 64<<10)), nil
}

// withoutMark leaves out the byte order mark that spreadsheets put before the first column.
func withoutMark(r *bufio.Reader) io.Reader {
	const mark = "\ufeff"
	if head, err := r.Peek(len(mark)); err == nil && string(head) == mark {
		_, _ = r.Discard(len(mark)) // It has been peeked at.
	}
	return r
}

// locate finds the columns in the header.
func locate(header []string) ([len(columns)]int, error) {
	var at [len(columns)]int
	for i, want := range columns {
		at[i] = slices.IndexFunc(header, func(have string) bool {
			return strings.EqualFold(strings.TrimSpace(have), want)
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
	tape   *tape
	csv    *csv.Reader
	origin int64 // offset on the tape that csv began at
	above  int   // lines before origin
	line   int   // of the last record read
	at     [len(columns)]int
	known  map[[2]string]int // invoice and customer -> index
	texts  map[string]string
	prices map[string]decimal.Decimal
}

// parse lets a CSV reader begin at an offset of the tape.
func (r *reader) parse(origin int64) {
	r.origin, r.csv = origin, csv.NewReader(r.tape)
	r.csv.ReuseRecord, r.csv.FieldsPerRecord = true, -1
}

func (r *reader) header() error {
	header, err := r.csv.Read()
	var bad *csv.ParseError
	switch {
	case errors.Is(err, io.EOF):
		return fmt.Errorf("%s:1:1: the file is empty: the first line must name the columns %s", r.name, strings.Join(columns[:], ","))
	case errors.As(err, &bad):
		return fmt.Errorf("%s:%d:%d: the header cannot be read: %w: the first line must name the columns %s", r.name, bad.Line, bad.Column, bad.Err, strings.Join(columns[:], ","))
	case err != nil:
		return fmt.Errorf("%s: the header cannot be read: %w: the file is cut off or damaged, get it whole", r.name, err)
	}
	if r.at, err = locate(header); err != nil {
		return fmt.Errorf("%s:1:1: %w", r.name, err)
	}
	return nil
}

// read reads one record. After a quoted field that does not end where it should, it goes
// on with the line after the one that the record began on.
func (r *reader) read() ([]string, error) {
	began := r.origin + r.csv.InputOffset()
	r.tape.forget(began)
	record, err := r.csv.Read()
	var bad *csv.ParseError
	switch {
	case err == nil:
		line, _ := r.csv.FieldPos(0)
		r.line = r.above + line
		return record, nil
	case !errors.As(err, &bad):
		return nil, err
	}
	place := *bad
	place.Line += r.above
	if bad.StartLine != bad.Line {
		place.Line, place.Column = r.above+bad.StartLine, 1
		r.above += bad.StartLine
		r.parse(r.tape.skipLine(began))
	}
	r.line = place.Line
	return nil, &place
}

// unreadable notes a line that is no CSV; false means that reading cannot go on.
func (r *reader) unreadable(err error) bool {
	var bad *csv.ParseError
	if !errors.As(err, &bad) {
		return false
	}
	r.file.Problems = append(r.file.Problems, Problem{r.name, bad.Line, bad.Column, bad.Err.Error() + ": quote fields that hold quotes or line breaks, and double the quotes in them"})
	return true
}
