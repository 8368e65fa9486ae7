package script

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"time"
)

// Ran is a result and how long it took.
type Ran struct {
	*Result
	Took time.Duration
}

// junit is the form of JUnit's reports that CI systems read
// (https://github.com/testmoapp/junitxml).
type junit struct {
	XMLName  xml.Name     `xml:"testsuites"`
	Name     string       `xml:"name,attr"`
	Tests    int          `xml:"tests,attr"`
	Failures int          `xml:"failures,attr"`
	Errors   int          `xml:"errors,attr"`
	Time     string       `xml:"time,attr"`
	Suites   []junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name     string      `xml:"name,attr"`
	Tests    int         `xml:"tests,attr"`
	Failures int         `xml:"failures,attr"`
	Errors   int         `xml:"errors,attr"`
	Time     string      `xml:"time,attr"`
	Cases    []junitCase `xml:"testcase"`
}

type junitCase struct {
	Name    string        `xml:"name,attr"`
	Class   string        `xml:"classname,attr"`
	File    string        `xml:"file,attr"`
	Line    int           `xml:"line,attr"`
	Time    string        `xml:"time,attr"`
	Failure *junitFailure `xml:"failure"`
	Error   *junitFailure `xml:"error"`
}

type junitFailure struct {
	Message string `xml:"message,attr"`
	Text    string `xml:",chardata"`
}

// WriteJUnit writes results as JUnit XML: a suite for each file.
func WriteJUnit(w io.Writer, results []Ran) error {
	out := junit{Name: "rapport test", Tests: len(results)}
	at := map[string]int{}
	took := map[string]time.Duration{}
	var all time.Duration
	for _, r := range results {
		t := r.Test
		i, ok := at[t.File]
		if !ok {
			i = len(out.Suites)
			at[t.File] = i
			out.Suites = append(out.Suites, junitSuite{Name: t.File})
		}
		s := &out.Suites[i]
		c := junitCase{Name: t.Name, Class: t.Journey, File: t.File, Line: t.Line, Time: seconds(r.Took)}
		switch {
		case r.Err != nil:
			c.Error = &junitFailure{Message: r.Err.Error(), Text: r.Timeline()}
			s.Errors++
			out.Errors++
		case !r.Passed():
			c.Failure = &junitFailure{Message: r.Differences[0].Text, Text: r.Timeline()}
			s.Failures++
			out.Failures++
		}
		s.Tests++
		s.Cases = append(s.Cases, c)
		took[t.File] += r.Took
		all += r.Took
		s.Time = seconds(took[t.File])
	}
	out.Time = seconds(all)
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	enc := xml.NewEncoder(w)
	enc.Indent("", "  ")
	if err := enc.Encode(out); err != nil {
		return fmt.Errorf("write JUnit XML: %w", err)
	}
	_, err := io.WriteString(w, "\n")
	return err
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.3f", d.Seconds()) }

// told is a result as JSON.
type told struct {
	Test        string           `json:"test"`
	File        string           `json:"file"`
	Line        int              `json:"line"`
	Journey     string           `json:"journey"`
	Passed      bool             `json:"passed"`
	Seconds     float64          `json:"seconds"`
	Error       string           `json:"error,omitempty"`
	Differences []toldDifference `json:"differences,omitempty"`
	Lines       []Line           `json:"happened"`
}

type toldDifference struct {
	At       *time.Time `json:"at,omitempty"`
	Line     int        `json:"line,omitempty"` // of the expectation in the file
	Expected string     `json:"expected,omitempty"`
	Text     string     `json:"text"`
	Hint     string     `json:"hint,omitempty"`
}

// WriteJSON writes results as one JSON object. cover may be nil.
func WriteJSON(w io.Writer, results []Ran, cover *Cover) error {
	out := struct {
		Passed   int       `json:"passed"`
		Failed   int       `json:"failed"`
		Tests    []told    `json:"tests"`
		Coverage []Covered `json:"coverage,omitempty"`
		Covered  *float64  `json:"covered,omitempty"`
	}{Tests: []told{}}
	for _, r := range results {
		t := told{
			Test: r.Test.Name, File: r.Test.File, Line: r.Test.Line, Journey: r.Test.Journey, Passed: r.Passed(), Seconds: r.Took.Seconds(), Lines: r.Lines,
		}
		if t.Passed {
			out.Passed++
		} else {
			out.Failed++
		}
		if r.Err != nil {
			t.Error = r.Err.Error()
		}
		for i := range r.Differences {
			d := &r.Differences[i]
			x := toldDifference{Text: d.Text, Hint: d.Hint}
			if !d.At.IsZero() {
				x.At = &d.At
			}
			if d.Expected != nil {
				x.Line, x.Expected = d.Expected.at.Line, d.Expected.Text
			}
			t.Differences = append(t.Differences, x)
		}
		out.Tests = append(out.Tests, t)
	}
	if cover != nil {
		share := cover.Share()
		out.Coverage, out.Covered = cover.Journeys(), &share
	}
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	if err := enc.Encode(out); err != nil {
		return fmt.Errorf("write JSON: %w", err)
	}
	return nil
}
