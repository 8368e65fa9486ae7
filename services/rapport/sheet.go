package main

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
)

// sheet is a CSV file (RFC 4180) whose first line names its columns, in any order. Rows that
// cannot be used are told with their lines, and the others are.
type sheet struct {
	name    string
	in      *csv.Reader
	file    io.Closer
	columns []string
	told    io.Writer // of rows that are refused
	refused int
}

// record is one row.
type record struct {
	line   int
	values map[string]string
}

// openSheet opens a file that must have the needed columns and may have the others.
func openSheet(path string, told io.Writer, needed, others []string) (*sheet, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("the file to import cannot be read: %w", err)
	}
	s := &sheet{name: path, in: csv.NewReader(f), file: f, told: told}
	s.in.FieldsPerRecord = -1
	if err := s.header(needed, others); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return s, nil
}

func (s *sheet) header(needed, others []string) error {
	names, err := s.in.Read()
	if errors.Is(err, io.EOF) {
		names, err = nil, nil
	}
	if err != nil {
		return fmt.Errorf("%s: %w", s.name, err)
	}
	for i, name := range names {
		name = strings.ToLower(strings.TrimSpace(strings.TrimPrefix(name, "\ufeff")))
		if !slices.Contains(needed, name) && !slices.Contains(others, name) {
			return fmt.Errorf("%s:1: there is no column %q: use %s", s.name, name, strings.Join(append(slices.Clone(needed), others...), ", "))
		}
		if slices.Contains(s.columns, name) {
			return fmt.Errorf("%s:1: the column %s is there twice", s.name, name)
		}
		names[i] = name
		s.columns = append(s.columns, name)
	}
	for _, name := range needed {
		if !slices.Contains(s.columns, name) {
			return fmt.Errorf("%s:1: the column %s is missing: the first line must name %s", s.name, name, strings.Join(needed, ","))
		}
	}
	return nil
}

// next returns the next row that can be read; io.EOF after the last.
func (s *sheet) next() (record, error) {
	for {
		fields, err := s.in.Read()
		var bad *csv.ParseError
		switch {
		case errors.As(err, &bad):
			s.refuse(bad.StartLine, bad.Err)
			continue
		case err != nil:
			return record{}, err
		}
		line, _ := s.in.FieldPos(0)
		if len(fields) != len(s.columns) {
			s.refuse(line, fmt.Errorf("has %d values, and there are %d columns", len(fields), len(s.columns)))
			continue
		}
		r := record{line: line, values: make(map[string]string, len(fields))}
		for i, name := range s.columns {
			r.values[name] = strings.TrimSpace(fields[i])
		}
		return r, nil
	}
}

// refuse tells of a row that cannot be used.
func (s *sheet) refuse(line int, why error) {
	s.refused++
	fmt.Fprintf(s.told, "%s:%d: %v\n", s.name, line, why) //nolint:errcheck // Nobody is left to tell.
}

// end closes the file and says how many rows were taken; that some were refused is an error.
func (s *sheet) end(out io.Writer, taken int, what string) error {
	if err := s.file.Close(); err != nil {
		return fmt.Errorf("%s: %w", s.name, err)
	}
	if _, err := fmt.Fprintf(out, "%s from %s.\n", counted(taken, what), s.name); err != nil {
		return err
	}
	if s.refused > 0 {
		return fmt.Errorf("%s of %s cannot be imported: mend and import the file again, which changes nothing about the others",
			counted(s.refused, "row"), s.name)
	}
	return nil
}
