package deadletters

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"
	"unicode/utf8"
)

// maxShown keeps a line of the list on a screen.
const maxShown = 90

// WriteList writes letters as a table, in their order.
func WriteList(w io.Writer, letters []Letter) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "NUMBER\tBURIED\tSERVICE\tSOURCE\tCLASS\tREASON") //nolint:errcheck // Flush tells.
	for i := range letters {
		l := &letters[i]
		reason := printable(l.Reason)
		if r := []rune(reason); len(r) > maxShown {
			reason = string(r[:maxShown]) + "..."
		}
		fmt.Fprintf(table, "%d\t%s\t%s\t%s\t%s\t%s\n", l.Number, l.Buried.Format(time.DateTime), printable(l.Service), dash(printable(l.Sender)), dash(string(l.Class)), reason) //nolint:errcheck // Flush tells.
	}
	return table.Flush()
}

func dash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

// printable is a text of somebody else's for a terminal: without what would move the cursor or colour the screen.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '\n' || r == '\t' || unicode.IsPrint(r) {
			return r
		}
		return '\uFFFD'
	}, s)
}

// WriteText writes all there is to a letter.
func (l *Letter) WriteText(w io.Writer) error {
	var out bytes.Buffer
	row := func(name, value string) {
		if value != "" {
			fmt.Fprintf(&out, "%-9s %s\n", name, printable(value))
		}
	}
	row("number", fmt.Sprint(l.Number))
	row("reason", l.Reason)
	row("class", string(l.Class))
	row("service", l.Service)
	row("source", l.Sender)
	row("from", l.from())
	row("id", l.ID)
	row("attempts", fmt.Sprint(l.Attempts))
	row("buried", l.Buried.Format(time.RFC3339))
	headers := l.Own(l.Header)
	for _, name := range slices.Sorted(maps.Keys(headers)) {
		row("header", name+": "+strings.Join(headers[name], ", "))
	}
	switch {
	case l.BodyOmitted:
		row("body", "not kept, it was too large")
	case len(l.Data) == 0:
		row("body", "empty")
	default:
		fmt.Fprintf(&out, "\n%s\n", l.pretty())
	}
	_, err := w.Write(out.Bytes())
	return err
}

// from says where the original lies, or came in.
func (l *Letter) from() string {
	switch {
	case l.Stream != "":
		return fmt.Sprintf("%s %d on %s, %s", l.Stream, l.Seq, l.Subject, l.Time.UTC().Format(time.RFC3339))
	case l.Source != "":
		return "HTTP, " + l.Time.UTC().Format(time.RFC3339)
	}
	return ""
}

// pretty is the data as somebody can read it: JSON indented, other text as it is, anything else in hexadecimal.
func (l *Letter) pretty() string {
	var indented bytes.Buffer
	switch {
	case json.Indent(&indented, l.Data, "", "  ") == nil:
		return printable(indented.String())
	case utf8.Valid(l.Data):
		return printable(string(l.Data))
	}
	return fmt.Sprintf("% x", l.Data)
}

// shown is a letter as JSON: the data as text too, where it is text.
type shown struct {
	Number   uint64              `json:"number"`
	Buried   time.Time           `json:"buried"`
	Service  string              `json:"service"`
	Source   string              `json:"source,omitempty"`
	Class    string              `json:"class,omitempty"`
	Reason   string              `json:"reason"`
	Stream   string              `json:"stream,omitempty"`
	Subject  string              `json:"subject,omitempty"`
	Sequence uint64              `json:"sequence,omitempty"`
	Time     time.Time           `json:"time,omitzero"`
	Attempts int                 `json:"attempts"`
	ID       string              `json:"id,omitempty"`
	Omitted  bool                `json:"body_omitted,omitempty"`
	Headers  map[string][]string `json:"headers,omitempty"`
	Text     string              `json:"text,omitempty"`
	Raw      []byte              `json:"raw"` // base64
}

// MarshalJSON writes all there is to a letter.
func (l *Letter) MarshalJSON() ([]byte, error) {
	s := shown{
		Number: l.Number, Buried: l.Buried, Service: l.Service, Source: l.Sender, Class: string(l.Class), Reason: l.Reason, Stream: l.Stream, Subject: l.Subject,
		Sequence: l.Seq, Time: l.Time, Attempts: l.Attempts, ID: l.ID, Omitted: l.BodyOmitted, Headers: l.Own(l.Header), Raw: l.Data,
	}
	if utf8.Valid(l.Data) {
		s.Text = string(l.Data)
	}
	return json.Marshal(s)
}
