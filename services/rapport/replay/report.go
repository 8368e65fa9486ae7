package replay

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"text/tabwriter"

	"rapport/pkg/store"
)

// Report is what a replay ends with. Its JSON names are fixed: scripts read them.
type Report struct {
	Rows            int         `json:"rows"`
	RowsDropped     int         `json:"rows_dropped"` // nothing bought
	RowsRefused     int         `json:"rows_refused"` // unreadable, named on standard error
	Events          int         `json:"events"`
	Orders          int         `json:"orders"`
	OrdersKnown     int         `json:"orders_known"`
	OrdersAnonymous int         `json:"orders_anonymous"`
	Refunds         int         `json:"refunds"`
	Customers       int         `json:"customers"`
	RevenueKnown    json.Number `json:"revenue_known"` // of completed orders of known customers

	Applied    int `json:"applied"`
	Duplicates int `json:"duplicates"` // messages caught more than once
	Lost       int `json:"lost"`       // events not applied, messages without outcome or not caught
	Uncertain  int `json:"uncertain"`  // messages in a worker's hands when it was killed
	Resent     int `json:"resent"`     // of those, sent again

	Seconds         float64 `json:"seconds"`
	Phases          Phases  `json:"phases"`
	EventsPerSecond float64 `json:"events_per_second"` // applied, per second of the phase of applying
	PeakRSSBytes    int64   `json:"peak_rss_bytes"`

	Journeys map[string]store.JourneyCounts `json:"journeys"`
	Messages []store.MessageCount           `json:"messages"`
}

// Phases are the seconds that each part of a replay took.
type Phases struct {
	Accept float64 `json:"accept"` // the file through the HTTP door, onto disk
	Apply  float64 `json:"apply"`  // events and timers to states, timeline, decisions and outbox, committed
	Send   float64 `json:"send"`   // outbox to the workers, messages to the catcher, receipts back and applied
}

// WriteJSON writes the report as one object.
func (r *Report) WriteJSON(w io.Writer) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	if err := enc.Encode(r); err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	return nil
}

// WriteTable writes the report for people.
func (r *Report) WriteTable(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	row := func(format string, args ...any) { fmt.Fprintf(t, format+"\t\n", args...) } //nolint:errcheck // Flush reports it.
	row("FILE\trows\tdropped\trefused\tcustomers\trevenue")
	row("\t%d\t%d\t%d\t%d\t%s", r.Rows, r.RowsDropped, r.RowsRefused, r.Customers, r.RevenueKnown)
	row("")
	row("EVENTS\taccepted\tapplied\torders\tanonymous\trefunds")
	row("\t%d\t%d\t%d\t%d\t%d", r.Events, r.Applied, r.Orders, r.OrdersAnonymous, r.Refunds)
	row("")
	row("JOURNEY\tentered\tleft\tfinished")
	for _, name := range slices.Sorted(maps.Keys(r.Journeys)) {
		j := r.Journeys[name]
		row("%s\t%d\t%d\t%d", name, j.Entered, j.Left, j.Finished)
	}
	row("")
	row("MESSAGES OF\tchannel\ttemplate\toutcome\treason\tcount")
	for _, m := range r.Messages {
		row("%s\t%s\t%s\t%s\t%s\t%d", m.Journey, m.Channel, m.Template, cmp.Or(string(m.Outcome), "open"), cmp.Or(string(m.Reason), "-"), m.Count)
	}
	row("")
	row("AUDIT\tduplicates\tlost\tuncertain\tresent")
	row("\t%d\t%d\t%d\t%d", r.Duplicates, r.Lost, r.Uncertain, r.Resent)
	row("")
	row("COST\tseconds\taccepting\tapplying\tsending\tevents/s applied\tpeak memory")
	row("\t%.1f\t%.1f\t%.1f\t%.1f\t%.0f\t%.0f MiB", r.Seconds, r.Phases.Accept, r.Phases.Apply, r.Phases.Send,
		r.EventsPerSecond, float64(r.PeakRSSBytes)/(1<<20))
	if err := t.Flush(); err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	return nil
}
