package main

import (
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
)

// every is the share that is kept: one customer, and one anonymous invoice, of so many.
const every = 12

// The columns that the choice depends on, in the file's order: InvoiceNo, StockCode, Description, Quantity, InvoiceDate,
// UnitPrice, CustomerID, Country.
const (
	invoiceColumn  = 0
	customerColumn = 6
	columns        = 8
)

// kept counts what an extract holds.
type kept struct {
	rows, customers, anonymous int
}

// extractFile reads the full file (gzip) and writes the extract (gzip).
func extractFile(from, to string) (kept, error) {
	compressed, err := os.ReadFile(from)
	if err != nil {
		return kept{}, fmt.Errorf("read the full file: %w", err)
	}
	full, err := unzip(compressed)
	if err != nil {
		return kept{}, fmt.Errorf("unpack %s: %w", from, err)
	}
	rows, n, err := extract(full)
	if err != nil {
		return kept{}, fmt.Errorf("%s: %w", from, err)
	}
	packed, err := zip(rows)
	if err != nil {
		return kept{}, fmt.Errorf("pack the extract: %w", err)
	}
	if err := os.WriteFile(to, packed, 0o644); err != nil {
		return kept{}, fmt.Errorf("write the extract: %w", err)
	}
	return n, nil
}

// extract returns the header and the chosen rows of a CSV file, each byte for byte as it stands there.
func extract(full []byte) ([]byte, kept, error) {
	var (
		out       bytes.Buffer
		n         kept
		customers = map[string]bool{}
		anonymous = map[string]bool{}
		reader    = csv.NewReader(bytes.NewReader(full))
	)
	reader.FieldsPerRecord = columns
	reader.ReuseRecord = true
	for header := true; ; header = false {
		start := reader.InputOffset()
		row, err := reader.Read()
		if errors.Is(err, io.EOF) {
			n.customers, n.anonymous = len(customers), len(anonymous)
			return out.Bytes(), n, nil
		} else if err != nil {
			return nil, n, err // a csv.ParseError names line and column
		}
		invoice, customer := row[invoiceColumn], row[customerColumn]
		if !header {
			chosen, err := choose(invoice, customer)
			if err != nil {
				line, _ := reader.FieldPos(invoiceColumn)
				return nil, n, fmt.Errorf("line %d: %w", line, err)
			}
			if !chosen {
				continue
			}
			n.rows++
			if customer == "" {
				anonymous[strings.Clone(invoice)] = true
			} else {
				customers[strings.Clone(customer)] = true
			}
		}
		out.Write(full[start:reader.InputOffset()])
	}
}

// choose reports whether a row is kept: by the number of its customer ("17850.0" in the file), or, without a customer,
// by the number of its invoice (behind the letter of a cancellation: "C536379").
func choose(invoice, customer string) (bool, error) {
	text, what := strings.TrimSuffix(customer, ".0"), "CustomerID"
	if customer == "" {
		text, what = strings.TrimLeft(invoice, "AC"), "InvoiceNo"
	}
	number, err := strconv.Atoi(text)
	if err != nil {
		return false, fmt.Errorf("%s %q is not a number: %w", what, text, err)
	}
	return number%every == 0, nil
}

func unzip(compressed []byte) ([]byte, error) {
	r, err := gzip.NewReader(bytes.NewReader(compressed))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}

func zip(data []byte) ([]byte, error) {
	var out bytes.Buffer
	w, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(data); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}
