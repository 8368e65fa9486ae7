package recorded

import (
	"context"
	"iter"
	"time"

	"rapport/pkg/backtest"
	"rapport/pkg/message"
	"rapport/pkg/store"
)

// page is how many messages are read at a time.
const page = 5000

// Messages yields the messages that went out in a time: decided, and not kept back.
func (r *Reader) Messages(ctx context.Context, from, to time.Time) iter.Seq2[backtest.Recorded, error] {
	return func(yield func(backtest.Recorded, error) bool) {
		f := store.MessageFilter{From: from, To: to, Limit: page}
		for {
			rows, err := r.store.Messages(ctx, f)
			if err != nil {
				yield(backtest.Recorded{}, err)
				return
			}
			for i := range rows {
				m := &rows[i]
				if m.Outcome == message.Suppressed {
					continue
				}
				if !yield(backtest.Recorded{Profile: m.Profile, Journey: m.Journey, Step: m.Step, Channel: m.Channel, At: m.DecidedAt}, nil) {
					return
				}
			}
			if len(rows) < page {
				return
			}
			f.AfterTime, f.AfterID = rows[len(rows)-1].DecidedAt, rows[len(rows)-1].ID
		}
	}
}

// Past is what was measured of each journey so far, over all its versions.
func (r *Reader) Past(ctx context.Context) (map[string]backtest.Past, error) {
	arms, err := r.store.Arms(ctx)
	if err != nil {
		return nil, err
	}
	past := map[string]backtest.Past{}
	for _, a := range arms {
		if a.Step != "" {
			continue // an arm of a split
		}
		p := past[a.Journey]
		if a.Ghost {
			p.HeldOut, p.HeldOutConverted = p.HeldOut+a.Entered, p.HeldOutConverted+a.Converted
		} else {
			p.Entered, p.Converted = p.Entered+a.Entered, p.Converted+a.Converted
		}
		past[a.Journey] = p
	}
	return past, nil
}
