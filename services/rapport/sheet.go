package main

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"rapport/services/rapport/importing"
)

// sheet is a file whose columns have fixed names, in any order. Rows that cannot be used are told with their
// lines, and the others are.
type sheet struct {
	name    string
	in      *importing.Sheet
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
	in, err := importing.OpenSheet(path, importing.Format{})
	if err != nil {
		return nil, err
	}
	s := &sheet{name: path, in: in, told: told}
	if err := s.header(needed, others); err != nil {
		return nil, errors.Join(err, in.Close())
	}
	return s, nil
}

func (s *sheet) header(needed, others []string) error {
	var have []string
	for _, name := range s.in.Columns() {
		name = strings.ToLower(name)
		if !slices.Contains(needed, name) && !slices.Contains(others, name) {
			return fmt.Errorf("%s:1: there is no column %q: use %s", s.name, name, strings.Join(append(slices.Clone(needed), others...), ", "))
		}
		have = append(have, name)
	}
	for _, name := range needed {
		if !slices.Contains(have, name) {
			return fmt.Errorf("%s:1: the column %s is missing: the first line must name %s", s.name, name, strings.Join(needed, ","))
		}
	}
	return nil
}

// next returns the next row that can be read; io.EOF after the last.
func (s *sheet) next() (record, error) {
	for {
		row, err := s.in.Next()
		if err != nil {
			return record{}, err
		}
		if err := row.Err(); err != nil {
			s.refuse(row.Line, err)
			continue
		}
		r := record{line: row.Line, values: map[string]string{}}
		for name, value := range s.in.Values(row) {
			r.values[strings.ToLower(name)] = value
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
	if err := s.in.Close(); err != nil {
		return err
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
