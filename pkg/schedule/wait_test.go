package schedule

import (
	"slices"
	"strings"
	"testing"
	"time"
)

func TestWaitDue(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		zone, now string
		pause     time.Duration
		at, days  string
		want      string
	}{
		"nothing to wait for":       {berlin, "2026-01-05T09:00:30+01:00", 0, "", "", "2026-01-05T09:00:30+01:00"},
		"a duration":                {berlin, "2026-01-05T09:00:30+01:00", 3 * day, "", "", "2026-01-08T09:00:30+01:00"},
		"less than none":            {berlin, "2026-01-05T09:00:00+01:00", -day, "", "", "2026-01-05T09:00:00+01:00"},
		"a day over spring":         {berlin, "2026-03-28T12:00:00+01:00", day, "", "", "2026-03-29T13:00:00+02:00"},
		"a day over autumn":         {berlin, "2026-10-24T12:00:00+02:00", day, "", "", "2026-10-25T11:00:00+01:00"},
		"clock later today":         {berlin, "2026-01-05T09:00:00+01:00", 0, "10:00", "", "2026-01-05T10:00:00+01:00"},
		"clock right now":           {berlin, "2026-01-05T10:00:00+01:00", 0, "10:00", "", "2026-01-05T10:00:00+01:00"},
		"clock a moment ago":        {berlin, "2026-01-05T10:00:01+01:00", 0, "10:00", "", "2026-01-06T10:00:00+01:00"},
		"clock over a year's end":   {berlin, "2026-12-31T23:59:00+01:00", 0, "00:00", "", "2027-01-01T00:00:00+01:00"},
		"duration, clock and day":   {berlin, "2026-01-06T16:00:00+01:00", 3 * day, "10:00", "mon tue wed thu fri", "2026-01-12T10:00:00+01:00"},
		"day of today, clock past":  {berlin, "2026-01-05T11:00:00+01:00", 0, "10:00", "mon", "2026-01-12T10:00:00+01:00"},
		"only a day":                {berlin, "2026-01-05T11:00:00+01:00", 0, "", "wed", "2026-01-07T00:00:00+01:00"},
		"only a day, and it is":     {berlin, "2026-01-07T11:00:00+01:00", 0, "", "wed sun", "2026-01-07T11:00:00+01:00"},
		"a day in a zone ahead":     {kiritimati, "2026-01-06T12:00:00Z", 0, "", "wed", "2026-01-07T02:00:00+14:00"},
		"a day in a zone behind":    {pagoPago, "2026-01-07T05:00:00Z", 0, "09:00", "wed", "2026-01-07T09:00:00-11:00"},
		"Niue":                      {niue, "2026-01-07T20:30:00Z", 0, "09:00", "wed", "2026-01-14T09:00:00-11:00"},
		"quarter of an hour":        {kathmandu, "2026-01-07T03:00:00Z", 0, "08:45", "", "2026-01-07T08:45:00+05:45"},
		"Berlin, in the gap":        {berlin, "2026-03-28T12:00:00+01:00", 0, "02:30", "sun", "2026-03-29T03:00:00+02:00"},
		"Berlin, end of the gap":    {berlin, "2026-03-28T12:00:00+01:00", 0, "03:00", "sun", "2026-03-29T03:00:00+02:00"},
		"Berlin, first of two":      {berlin, "2026-10-25T00:00:00+02:00", 0, "02:30", "", "2026-10-25T02:30:00+02:00"},
		"Berlin, between the two":   {berlin, "2026-10-25T02:45:00+02:00", 0, "02:30", "", "2026-10-26T02:30:00+01:00"},
		"Berlin, second of two":     {berlin, "2026-10-25T02:30:00+01:00", 0, "02:30", "", "2026-10-26T02:30:00+01:00"},
		"New York, in the gap":      {newYork, "2026-03-08T00:00:00-05:00", 0, "02:30", "", "2026-03-08T03:00:00-04:00"},
		"New York, first of two":    {newYork, "2026-11-01T00:00:00-04:00", 0, "01:30", "", "2026-11-01T01:30:00-04:00"},
		"Lord Howe, in the gap":     {lordHowe, "2026-10-04T00:00:00+10:30", 0, "02:10", "", "2026-10-04T02:30:00+11:00"},
		"Lord Howe, after the gap":  {lordHowe, "2026-10-04T00:00:00+10:30", 0, "02:40", "", "2026-10-04T02:40:00+11:00"},
		"Lord Howe, first of two":   {lordHowe, "2026-04-05T00:00:00+11:00", 0, "01:45", "", "2026-04-05T01:45:00+11:00"},
		"midnight that is not":      {saoPaulo, "2018-11-03T12:00:00-03:00", 0, "00:00", "sun", "2018-11-04T01:00:00-02:00"},
		"day without its midnight":  {saoPaulo, "2018-11-03T12:00:00-03:00", 0, "", "sun", "2018-11-04T01:00:00-02:00"},
		"midnight that is twice":    {saoPaulo, "2018-02-17T23:30:00-03:00", 0, "", "sun", "2018-02-18T00:00:00-03:00"},
		"gap at the end of a day":   {nuuk, "2026-03-28T12:00:00-02:00", 0, "23:30", "sat", "2026-03-29T00:00:00-01:00"},
		"gap that was yesterday's":  {nuuk, "2026-03-29T00:00:01-01:00", 0, "23:30", "", "2026-03-29T23:30:00-01:00"},
		"Apia, a day left out":      {apia, "2011-12-29T11:00:00-10:00", 0, "10:00", "", "2011-12-31T10:00:00+14:00"},
		"Apia, no such Friday":      {apia, "2011-12-29T11:00:00-10:00", 0, "10:00", "fri", "2012-01-06T10:00:00+14:00"},
		"Apia, a Friday, any time":  {apia, "2011-12-29T11:00:00-10:00", 0, "", "fri", "2012-01-06T00:00:00+14:00"},
		"last day of a leap year":   {newYork, "2040-12-31T12:00:00-05:00", 0, "10:00", "", "2041-01-01T10:00:00-05:00"},
		"a leap day":                {berlin, "2028-02-28T12:00:00+01:00", 0, "10:00", "", "2028-02-29T10:00:00+01:00"},
		"weekend, asked on Sunday":  {berlin, "2026-01-11T23:59:59+01:00", 0, "", "weekend", "2026-01-11T23:59:59+01:00"},
		"weekdays, asked on Sunday": {berlin, "2026-01-11T23:59:59+01:00", 0, "", "weekdays", "2026-01-12T00:00:00+01:00"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			days, err := ParseDays(strings.Fields(c.days))
			if err != nil {
				t.Fatal(err)
			}
			loc := zone(t, c.zone)
			w := Wait{For: c.pause, At: clock(t, c.at), Days: days}
			same(t, w.Due(instant(t, c.now), loc), c.want, loc)
		})
	}
}

// TestWaitWithoutSense: values that no file can give do not keep anybody for ever.
func TestWaitWithoutSense(t *testing.T) {
	t.Parallel()
	now := instant(t, "2026-01-05T09:00:00Z")
	for name, w := range map[string]Wait{
		"no such weekday":           {Days: []time.Weekday{9, -1}},
		"no such weekday, at a day": {Days: []time.Weekday{9}, At: &Clock{Hour: 9}},
	} {
		if due := w.Due(now, nil); !due.Equal(now) {
			t.Errorf("%s: due at %s", name, due)
		}
	}
}

func TestParseDays(t *testing.T) {
	t.Parallel()
	for in, want := range map[string][]time.Weekday{
		"":                     nil,
		"sun mon":              {time.Monday, time.Sunday},
		"Fri friday fri":       {time.Friday},
		"weekend tue":          {time.Tuesday, time.Saturday, time.Sunday},
		"weekdays":             {time.Monday, time.Tuesday, time.Wednesday, time.Thursday, time.Friday},
		"weekdays weekend wed": {time.Monday, time.Tuesday, time.Wednesday, time.Thursday, time.Friday, time.Saturday, time.Sunday},
	} {
		if got, err := ParseDays(strings.Fields(in)); err != nil || !slices.Equal(got, want) {
			t.Errorf("%q is %v (%v), want %v", in, got, err, want)
		}
	}
	for _, word := range []string{"", "m", "mo", "mond", "weekday", "mon,tue", "día"} {
		_, err := ParseDays([]string{"mon", word})
		if err == nil || !strings.Contains(err.Error(), "weekdays or weekend") {
			t.Errorf("%q: %v", word, err)
		}
	}
}

func TestSpread(t *testing.T) {
	t.Parallel()
	nan := 0.0
	nan /= nan
	for _, c := range []struct {
		over     time.Duration
		fraction float64
		want     time.Duration
	}{
		{4 * time.Hour, 0, 0},
		{4 * time.Hour, 0.25, time.Hour},
		{4 * time.Hour, 1, 4*time.Hour - 1},
		{4 * time.Hour, 2, 4*time.Hour - 1},
		{4 * time.Hour, -1, 0},
		{4 * time.Hour, nan, 0},
		{-time.Hour, 0.5, 0},
		{0, 0.5, 0},
		{1<<63 - 1, 1 - 1e-16, 1<<63 - 1024},
	} {
		if got := Spread(c.over, c.fraction); got != c.want {
			t.Errorf("%v of %v is %v, want %v", c.fraction, c.over, got, c.want)
		}
	}
}
