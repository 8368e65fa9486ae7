package postgres

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"rapport/pkg/store"
	"rapport/pkg/store/form"
)

// place and measure are what a batch's counts are added up under: one statement may touch
// a row once.
type place struct{ journey, version, step string }

func comparePlaces(a, b place) int {
	return cmp.Or(cmp.Compare(a.journey, b.journey), cmp.Compare(a.version, b.version), cmp.Compare(a.step, b.step))
}

type measure struct {
	place
	arm   string
	ghost bool
}

type measured struct {
	measure
	entered, converted, value int64
}

// addTallies adds up what a batch counts.
func (c *columns) addTallies(b *store.Batch) {
	resting := map[place]int64{}
	for _, d := range b.Resting {
		if d.Delta != 0 {
			resting[place{d.Journey, d.Version, d.Step}] += int64(d.Delta)
		}
	}
	if len(resting) > 0 {
		places := make([]place, 0, len(resting))
		for p := range resting {
			places = append(places, p)
		}
		slices.SortFunc(places, comparePlaces)
		c.resting = []any{
			column(places, func(p *place) string { return p.journey }),
			column(places, func(p *place) string { return p.version }),
			column(places, func(p *place) string { return p.step }),
			column(places, func(p *place) int64 { return resting[*p] }),
		}
	}
	c.addArms(b.Arms)
}

func (c *columns) addArms(deltas []store.ArmDelta) {
	sums := map[measure]measured{}
	for _, d := range deltas {
		m := measure{place{d.Journey, d.Version, d.Step}, d.Arm, d.Ghost}
		sum := sums[m]
		sums[m] = measured{
			m, sum.entered + int64(d.Entered), sum.converted + int64(d.Converted), form.AddMillionths(sum.value, form.Millionths(d.Value)),
		}
	}
	if len(sums) == 0 {
		return
	}
	rows := make([]measured, 0, len(sums))
	for _, m := range sums {
		rows = append(rows, m)
	}
	slices.SortFunc(rows, func(a, b measured) int {
		ghost := func(m measured) int {
			if m.ghost {
				return 1
			}
			return 0
		}
		return cmp.Or(comparePlaces(a.place, b.place), cmp.Compare(a.arm, b.arm), cmp.Compare(ghost(a), ghost(b)))
	})
	c.arms = []any{
		column(rows, func(m *measured) string { return m.journey }),
		column(rows, func(m *measured) string { return m.version }),
		column(rows, func(m *measured) string { return m.step }),
		column(rows, func(m *measured) string { return m.arm }),
		column(rows, func(m *measured) bool { return m.ghost }),
		column(rows, func(m *measured) int64 { return m.entered }),
		column(rows, func(m *measured) int64 { return m.converted }),
		column(rows, func(m *measured) int64 { return m.value }),
	}
}

// Resting implements store.Tallying.
func (s *Store) Resting(ctx context.Context) ([]store.Resting, error) {
	var places []store.Resting
	err := s.query(ctx, func(rows pgx.Rows) error {
		var r store.Resting
		err := rows.Scan(&r.Journey, &r.Version, &r.Step, &r.Count)
		places = append(places, r)
		return err
	}, `SELECT journey, version, step, sum(n)::bigint FROM resting
		GROUP BY journey, version, step HAVING sum(n) <> 0 ORDER BY journey, version, step`)
	if err != nil {
		return nil, fmt.Errorf("read who rests where: %w", err)
	}
	return places, nil
}

// Arms implements store.Tallying. It adds partitions up itself, within the bounds.
func (s *Store) Arms(ctx context.Context) ([]store.Arm, error) {
	var arms form.Arms
	err := s.query(ctx, func(rows pgx.Rows) error {
		var a store.Arm
		var value int64
		err := rows.Scan(&a.Journey, &a.Version, &a.Step, &a.Arm, &a.Ghost, &a.Entered, &a.Converted, &value)
		arms.Add(a, value)
		return err
	}, `SELECT journey, version, step, arm, ghost, entered, converted, value FROM arm
		WHERE entered <> 0 OR converted <> 0 OR value <> 0 ORDER BY journey, version, step, arm, ghost`)
	if err != nil {
		return nil, fmt.Errorf("read what was measured: %w", err)
	}
	return arms.All(), nil
}

const winnerColumns = `journey, version, step, arm, at, detail`

func scanWinner(rows pgx.Rows) (w store.Winner, err error) {
	var at int64
	err = rows.Scan(&w.Journey, &w.Version, &w.Step, &w.Arm, &at, &w.Detail)
	w.At = momentOf(at)
	return w, err
}

// Decide implements store.Tallying.
func (s *Store) Decide(ctx context.Context, w store.Winner) (store.Winner, error) {
	at, err := form.Time("At", w.At)
	if err == nil {
		err = s.transact(ctx, work{write: func(b *pgx.Batch) error {
			b.Queue(`INSERT INTO winner (journey, version, step, arm, at, detail) VALUES ($1, $2, $3, $4, $5, $6)
				ON CONFLICT (journey, version, step) DO NOTHING`, w.Journey, w.Version, w.Step, w.Arm, at, w.Detail)
			b.Queue(`SELECT `+winnerColumns+` FROM winner WHERE journey = $1 AND version = $2 AND step = $3`, w.Journey, w.Version, w.Step).
				Query(every(func(rows pgx.Rows) (err error) {
					w, err = scanWinner(rows)
					return err
				}))
			return nil
		}})
	}
	if err != nil {
		return store.Winner{}, fmt.Errorf("decide step %q of %s: %w", w.Step, w.Journey, err)
	}
	return w, nil
}

// Winners implements store.Tallying.
func (s *Store) Winners(ctx context.Context) ([]store.Winner, error) {
	var winners []store.Winner
	err := s.query(ctx, func(rows pgx.Rows) error {
		w, err := scanWinner(rows)
		winners = append(winners, w)
		return err
	}, `SELECT `+winnerColumns+` FROM winner ORDER BY n`)
	if err != nil {
		return nil, fmt.Errorf("read winners: %w", err)
	}
	return winners, nil
}
