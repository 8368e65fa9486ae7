package replay

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/shopspring/decimal"

	"rapport/pkg/event"
	"rapport/pkg/message"
	"rapport/pkg/store"
	"rapport/services/catcher"
)

// count completes the report from the store and from what was caught.
func (r *run) count(ctx context.Context) (*Report, error) {
	rep := &r.report
	counts, err := r.stack.Store.Counts(ctx)
	if err != nil {
		return nil, fmt.Errorf("count: %w", err)
	}
	rep.Applied = applied(counts)
	rep.Journeys, rep.Messages = counts.Journeys, counts.Messages
	rep.Lost = rep.Events - rep.Applied + counts.Open
	if err := r.audit(ctx, rep); err != nil {
		return nil, err
	}
	if rep.Phases.Apply > 0 {
		rep.EventsPerSecond = float64(rep.Applied-r.before) / rep.Phases.Apply
	}
	return rep, nil
}

// applied is how many of the file's events the store has; receipts are events too.
func applied(c store.Counts) int {
	return c.Events[event.OrderCompleted] + c.Events[event.OrderRefunded]
}

// input counts what the file holds.
func (r *run) input() {
	rep := &r.report
	customers := map[string]struct{}{}
	var revenue decimal.Decimal
	rep.Events = len(r.file.Invoices)
	for i := range r.file.Invoices {
		in := &r.file.Invoices[i]
		if in.Customer != "" {
			customers[in.Customer] = struct{}{}
		}
		switch {
		case in.Refund():
			rep.Refunds++
			continue
		case in.Customer == "":
			rep.OrdersAnonymous++
		default:
			rep.OrdersKnown++
			revenue = revenue.Add(in.Total())
		}
		rep.Orders++
	}
	rep.Customers = len(customers)
	rep.RevenueKnown = json.Number(revenue.StringFixed(2))
}

// audit holds the messages that are recorded as sent against those that were caught.
func (r *run) audit(ctx context.Context, rep *Report) error {
	caught := map[string]int{}
	for after := int64(-1); ; {
		page, err := r.stack.Catcher.Messages(ctx, catcher.Filter{After: after, Limit: auditPage})
		if err != nil {
			return fmt.Errorf("read what was caught: %w", err)
		}
		for i := range page {
			caught[page[i].MessageID]++
			after = max(after, page[i].ID)
		}
		if len(page) < auditPage {
			break
		}
	}
	for _, n := range caught {
		rep.Duplicates += n - 1
	}
	var f store.MessageFilter
	f.Limit = auditPage
	for {
		page, err := r.stack.Store.Messages(ctx, f)
		if err != nil {
			return fmt.Errorf("read the decided messages: %w", err)
		}
		for i := range page {
			m := &page[i]
			switch {
			case m.Outcome == message.Uncertain:
				rep.Uncertain++
			case m.Outcome == message.Sent && caught[m.ID] == 0:
				rep.Lost++
			}
			if m.Resent {
				rep.Resent++
			}
			f.AfterTime, f.AfterID = m.DecidedAt, m.ID
		}
		if len(page) < auditPage {
			return nil
		}
	}
}

const auditPage = 1000
