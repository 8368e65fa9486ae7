package feed

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// readTable reads values with separators, below a line with the attributes' names.
func (r *Reader) readTable(text *bufio.Reader) error {
	head, err := text.Peek(8 << 10)
	if err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("read the feed: %w", err)
	}
	line, _, _ := bytes.Cut(head, []byte("\n"))
	g := &guard{in: text}
	g.next()
	table := csv.NewReader(g)
	table.Comma, table.LazyQuotes, table.FieldsPerRecord, table.ReuseRecord = separator(line), true, -1, true
	names, err := table.Read()
	if err != nil {
		return fmt.Errorf("read the names of the feed's columns: %w", err)
	}
	fields, has := make([]string, len(names)), false
	for i, name := range names {
		fields[i] = field(western(name))
		has = has || fields[i] == "product_id"
	}
	if !has {
		return fmt.Errorf("the feed's first line names no column id or product_id: %.80q", line)
	}
	for {
		g.next()
		cells, err := table.Read()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return fmt.Errorf("read the feed: %w", err)
		}
		number, _ := table.FieldPos(0)
		place := fmt.Sprintf("line %d", number)
		if len(cells) != len(fields) {
			r.refuse(place, "", "has %d values, and there are %d columns", len(cells), len(fields))
			continue
		}
		attributes := map[string]string{}
		for i, cell := range cells {
			if v := strings.TrimSpace(western(cell)); v != "" && fields[i] != "" && attributes[fields[i]] == "" {
				attributes[fields[i]] = v
			}
		}
		if err := r.take(place, attributes); err != nil {
			return err
		}
	}
}

// separator is the one of the four that is in a line most often.
func separator(line []byte) rune {
	best, most := ',', 0
	for _, c := range ",\t;|" {
		if n := bytes.Count(line, []byte(string(c))); n > most {
			best, most = c, n
		}
	}
	return best
}

// readJSON reads an array of objects, or objects one after the other.
func (r *Reader) readJSON(text *bufio.Reader, first byte) error {
	g := &guard{in: text}
	g.next()
	d := json.NewDecoder(g)
	d.UseNumber()
	if first == '[' {
		if _, err := d.Token(); err != nil {
			return fmt.Errorf("read the feed: %w", err)
		}
	}
	for n := 1; ; n++ {
		if first == '[' && !d.More() {
			if _, err := d.Token(); err != nil {
				return fmt.Errorf("read the end of the feed: %w", err)
			}
			return nil
		}
		g.next()
		var values map[string]any
		err := d.Decode(&values)
		if errors.Is(err, io.EOF) && first == '{' {
			return nil
		}
		if err != nil {
			return fmt.Errorf("product %d of the feed: %w", n, err)
		}
		if err := r.take(fmt.Sprintf("product %d", n), texts(values)); err != nil {
			return err
		}
	}
}

// texts are the attributes of an object. Values of Google's API have amounts as {"value", "currency"}.
func texts(values map[string]any) map[string]string {
	attributes := map[string]string{}
	for name, value := range values {
		f := field(name)
		switch v := value.(type) {
		case string:
			value = strings.TrimSpace(v)
		case json.Number:
			value = v.String()
		case bool:
			value = fmt.Sprint(v)
		case map[string]any:
			value = strings.TrimSpace(fmt.Sprint(v["value"], " ", v["currency"]))
		default:
			continue
		}
		if text, _ := value.(string); f != "" && text != "" && (attributes[f] == "" || plain(name) == f) {
			attributes[f] = text
		}
	}
	return attributes
}
