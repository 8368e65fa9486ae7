package schedule

import (
	"strings"
	"testing"
	"time"
)

func TestCronNext(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		zone, line, after string
		want              string // The next ones, one after the other.
	}{
		"daily":                  {berlin, "0 9 * * *", "2026-01-05T09:00:00+01:00", "2026-01-06T09:00:00+01:00 2026-01-07T09:00:00+01:00"},
		"a moment before":        {berlin, "0 9 * * *", "2026-01-05T08:59:59.9+01:00", "2026-01-05T09:00:00+01:00"},
		"mondays":                {berlin, "30 9 * * mon", "2026-01-06T09:00:00+01:00", "2026-01-12T09:30:00+01:00 2026-01-19T09:30:00+01:00"},
		"working hours":          {berlin, "*/30 9-10 * * mon-fri", "2026-01-09T09:40:00+01:00", "2026-01-09T10:00:00+01:00 2026-01-09T10:30:00+01:00 2026-01-12T09:00:00+01:00"},
		"either day":             {berlin, "0 9 13 * fri", "2026-01-05T00:00:00+01:00", "2026-01-09T09:00:00+01:00 2026-01-13T09:00:00+01:00 2026-01-16T09:00:00+01:00"},
		"both days":              {berlin, "0 9 */2 * fri", "2026-01-05T00:00:00+01:00", "2026-01-09T09:00:00+01:00 2026-01-23T09:00:00+01:00 2026-02-13T09:00:00+01:00"},
		"31st":                   {berlin, "0 9 31 * *", "2026-01-31T09:00:00+01:00", "2026-03-31T09:00:00+02:00 2026-05-31T09:00:00+02:00"},
		"year's end":             {berlin, "@yearly", "2026-12-31T23:59:59+01:00", "2027-01-01T00:00:00+01:00 2028-01-01T00:00:00+01:00"},
		"leap day":               {berlin, "0 9 29 2 *", "2026-01-01T00:00:00+01:00", "2028-02-29T09:00:00+01:00 2032-02-29T09:00:00+01:00"},
		"leap day, not 2100":     {berlin, "0 9 29 2 *", "2096-03-01T00:00:00+01:00", "2104-02-29T09:00:00+01:00"},
		"a Sunday leap day":      {"UTC", "0 9 29 2 */7", "2060-03-01T00:00:00Z", "2088-02-29T09:00:00Z 2128-02-29T09:00:00Z"},
		"Sunday leap, each hour": {berlin, "0 * 29 2 */7", "2088-02-29T22:30:00+01:00", "2088-02-29T23:00:00+01:00 2128-02-29T00:00:00+01:00"},
		"each hour next June":    {newYork, "15 * 1 6 *", "2040-12-31T12:00:00-05:00", "2041-06-01T00:15:00-04:00"},
		"in the gap":             {berlin, "30 2 * * *", "2026-03-28T02:30:00+01:00", "2026-03-29T03:00:00+02:00 2026-03-30T02:30:00+02:00"},
		"gap, all one":           {berlin, "*/15 2-3 * * *", "2026-03-28T03:45:00+01:00", "2026-03-29T03:00:00+02:00 2026-03-29T03:15:00+02:00"},
		"first of two":           {berlin, "30 2 * * *", "2026-10-24T12:00:00+02:00", "2026-10-25T02:30:00+02:00 2026-10-26T02:30:00+01:00"},
		"asked in the second":    {berlin, "*/20 2,3 * * *", "2026-10-25T02:10:00+01:00", "2026-10-25T03:00:00+01:00 2026-10-25T03:20:00+01:00"},
		"each hour in spring":    {berlin, "@hourly", "2026-03-29T00:30:00+01:00", "2026-03-29T01:00:00+01:00 2026-03-29T03:00:00+02:00 2026-03-29T04:00:00+02:00"},
		"each half in spring":    {berlin, "30 * * * *", "2026-03-29T00:30:00+01:00", "2026-03-29T01:30:00+01:00 2026-03-29T03:30:00+02:00"},
		"each hour in autumn":    {berlin, "@hourly", "2026-10-25T01:30:00+02:00", "2026-10-25T02:00:00+02:00 2026-10-25T02:00:00+01:00 2026-10-25T03:00:00+01:00"},
		"set back into a day":    {"Asia/Beirut", "0 * 1,15 * *", "1990-10-15T23:30:00+03:00", "1990-10-15T23:00:00+02:00 1990-11-01T00:00:00+02:00"},
		"New York in the gap":    {newYork, "0 2 * * *", "2026-03-08T00:00:00-05:00", "2026-03-08T03:00:00-04:00 2026-03-09T02:00:00-04:00"},
		"New York, first of two": {newYork, "0 1 * * *", "2026-11-01T00:00:00-04:00", "2026-11-01T01:00:00-04:00 2026-11-02T01:00:00-05:00"},
		"Lord Howe, spring":      {lordHowe, "*/20 2 * * *", "2026-10-04T00:00:00+10:30", "2026-10-04T02:30:00+11:00 2026-10-04T02:40:00+11:00"},
		"Lord Howe, autumn":      {lordHowe, "*/20 * * * *", "2026-04-05T01:20:00+11:00", "2026-04-05T01:40:00+11:00 2026-04-05T01:40:00+10:30 2026-04-05T02:00:00+10:30"},
		"midnight that is not":   {saoPaulo, "@daily", "2018-11-03T12:00:00-03:00", "2018-11-04T01:00:00-02:00 2018-11-05T00:00:00-02:00"},
		"midnight's hour twice":  {saoPaulo, "30 23 * * sat", "2018-02-17T23:30:00-02:00", "2018-02-24T23:30:00-03:00"},
		"gap ends the day":       {nuuk, "30 23 * * sat", "2026-03-28T12:00:00-02:00", "2026-03-29T00:00:00-01:00 2026-04-04T23:30:00-01:00"},
		"Apia, no such day":      {apia, "0 10 * * *", "2011-12-29T09:00:00-10:00", "2011-12-29T10:00:00-10:00 2011-12-31T10:00:00+14:00"},
		"Apia, no such Friday":   {apia, "0 10 * * fri", "2011-12-29T09:00:00-10:00", "2012-01-06T10:00:00+14:00"},
		"Apia, each hour":        {apia, "@hourly", "2011-12-29T22:30:00-10:00", "2011-12-29T23:00:00-10:00 2011-12-31T00:00:00+14:00"},
		"Kiritimati":             {kiritimati, "@weekly", "2026-01-10T09:59:00Z", "2026-01-11T00:00:00+14:00"},
		"Niue":                   {niue, "0 0 1 * *", "2026-02-01T10:59:00Z", "2026-02-01T00:00:00-11:00"},
		"Kathmandu":              {kathmandu, "@hourly", "2026-01-05T00:00:00Z", "2026-01-05T00:15:00Z 2026-01-05T01:15:00Z"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			line, err := ParseCron(c.line)
			if err != nil {
				t.Fatal(err)
			}
			loc, at := zone(t, c.zone), instant(t, c.after)
			for want := range strings.FieldsSeq(c.want) {
				next, ok := line.Next(at, loc)
				if !ok {
					t.Fatalf("never comes after %s", at)
				}
				same(t, next, want, loc)
				at = next
			}
		})
	}
}

// TestCronMeans holds spellings against plain lists.
func TestCronMeans(t *testing.T) {
	t.Parallel()
	for line, plain := range map[string]string{
		"@hourly":                 "0 * * * *",
		"@midnight":               "0 0 * * *",
		"@annually":               "0 0 1 1 *",
		"@monthly":                "0 0 1 * *",
		"  0   9 \t* * *  ":       "0 9 * * *",
		"0 9 ? * MON":             "0 9 * * 1",
		"0 9 * jan-mar sun":       "0 9 * 1,2,3 0",
		"0 9 * * 7":               "0 9 * * 0",
		"0 9 * * fri-sun":         "0 9 * * 0,5,6",
		"0 9 * * 5-7":             "0 9 * * 0,5,6",
		"0 9 * * sun-tue":         "0 9 * * 0,1,2",
		"*/25 9-17/4 * * *":       "0,25,50 9,13,17 * * *",
		"5/20 9 * * *":            "5,25,45 9 * * *",
		"0 9 1-7/3,20 */5 *":      "0 9 1,4,7,20 1,6,11 *",
		"0 9 1 * mon,wed-fri,3-4": "0 9 1 * 1,3,4,5",
	} {
		got, err := ParseCron(line)
		if err != nil {
			t.Errorf("%q: %v", line, err)
			continue
		}
		want, err := ParseCron(plain)
		if err != nil {
			t.Fatal(err)
		}
		if got.String() != strings.TrimSpace(line) {
			t.Errorf("%q is written %q", line, got)
		}
		if got.text = want.text; got != want {
			t.Errorf("%q is %+v, want %q: %+v", line, got, plain, want)
		}
	}
}

func TestCronMistakes(t *testing.T) {
	t.Parallel()
	for line, says := range map[string]string{
		"":                 "has 0 fields, not five",
		"0 9 * *":          "has 4 fields, not five: write minute, hour",
		"0 0 9 * * mon":    "has 6 fields",
		"60 9 * * *":       "minute cannot be 60: use *, numbers from 0 to 59, ranges",
		"0 24 * * *":       "hour cannot be 24",
		"0 9 0 * *":        "day of the month cannot be 0: use *, numbers from 1 to 31",
		"0 9 * 13 *":       "month cannot be 13: use *, numbers from 1 to 12 or names from jan to dec",
		"0 9 * * 8":        "day of the week cannot be 8: use *, numbers from 0 to 7 or names from sun to sat",
		"0 9 * * monday":   "day of the week cannot be monday",
		"0 9 L * *":        "cannot be L",
		"0 9 * * mon#2":    "cannot be mon#2",
		"0 17-9 * * *":     "hour cannot be 17-9",
		"*/0 * * * *":      "minute cannot be */0",
		"*/ * * * *":       "minute cannot be */",
		"1,,2 * * * *":     "minute cannot be 1,,2",
		", * * * *":        "minute cannot be ,",
		"-1 * * * *":       "minute cannot be -1",
		"1-2-3 * * * *":    "minute cannot be 1-2-3",
		"*-5 * * * *":      "minute cannot be *-5",
		"1/2/3 * * * *":    "minute cannot be 1/2/3",
		"** * * * *":       "minute cannot be **",
		"0 9 30 2 *":       "never comes",
		"0 9 31 feb,jun *": "never comes",
		"@reboot":          "use @yearly, @monthly, @weekly, @daily, @hourly",
		"@every 1h":        "use @yearly",
		"TZ=UTC 0 9 * * *": "has 6 fields",
	} {
		if c, err := ParseCron(line); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q is %+v (%v), want an error that says %q", line, c, err, says)
		}
	}
	// A day of the week is enough when both are named, so that this one comes.
	if _, err := ParseCron("0 9 30 2 mon"); err != nil {
		t.Error(err)
	}
}

func TestZeroCron(t *testing.T) {
	t.Parallel()
	if next, ok := (Cron{}).Next(time.Unix(0, 0), nil); ok || !next.IsZero() {
		t.Errorf("the zero line comes at %s", next)
	}
}
