package feed

import (
	"bufio"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"

	"golang.org/x/text/encoding/htmlindex"
)

// readXML reads RSS and Atom.
func (r *Reader) readXML(text *bufio.Reader) error {
	g := &guard{in: text}
	d := xml.NewDecoder(g)
	d.CharsetReader = func(charset string, in io.Reader) (io.Reader, error) {
		enc, err := htmlindex.Get(charset)
		if err != nil {
			return nil, fmt.Errorf("the feed is in %q, which nobody here reads: write it in UTF-8", charset)
		}
		return enc.NewDecoder().Reader(in), nil
	}
	items, root := 0, ""
	for {
		g.next()
		token, err := d.Token()
		switch {
		case errors.Is(err, io.EOF) && root != "":
			return nil
		case errors.Is(err, io.EOF):
			return errors.New("the feed has no element")
		case err != nil:
			return fmt.Errorf("item %d of the feed: %w", items+1, err)
		}
		start, ok := token.(xml.StartElement)
		switch {
		case !ok:
		case root == "":
			if root = start.Name.Local; root != "rss" && root != "feed" && root != "RDF" && root != "products" {
				return fmt.Errorf("the feed is %.40q, must be RSS or Atom with Google's product data", "<"+root+">")
			}
		case start.Name.Local == "item" || start.Name.Local == "entry" || root == "products" && start.Name.Local == "product":
			items++
			attributes, err := readItem(d)
			if err != nil {
				return fmt.Errorf("item %d of the feed: %w", items, err)
			}
			if err := r.take(fmt.Sprintf("item %d", items), attributes); err != nil {
				return err
			}
		}
	}
}

// google is the namespace of Google's attributes, which count before those of RSS and Atom.
const google = "http://base.google.com/ns/1.0"

// readItem reads the attributes of one item up to its end. What is nested deeper is left out.
func readItem(d *xml.Decoder) (map[string]string, error) {
	attributes, own := map[string]string{}, map[string]bool{}
	var name string
	var text strings.Builder
	for depth := 1; depth > 0; {
		token, err := d.Token()
		if err != nil {
			return nil, fmt.Errorf("read it: %w", err)
		}
		switch t := token.(type) {
		case xml.StartElement:
			if depth++; depth == 2 {
				name = field(t.Name.Local)
				text.Reset()
				if href := attribute(t, "href"); href != "" && (attribute(t, "rel") == "" || attribute(t, "rel") == "alternate") {
					text.WriteString(href)
				}
				if t.Name.Space == google || t.Name.Space == "g" {
					own[name] = true
				} else if own[name] {
					name = ""
				}
			}
		case xml.CharData:
			if depth == 2 {
				text.Write(t)
			}
		case xml.EndElement:
			if v := strings.TrimSpace(text.String()); depth == 2 && name != "" && v != "" {
				attributes[name] = v
			}
			depth--
		}
	}
	return attributes, nil
}

func attribute(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name {
			return strings.TrimSpace(a.Value)
		}
	}
	return ""
}
