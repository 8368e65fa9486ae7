package schedule

import (
	"encoding/json"
	"testing"
	"time"
)

func TestAnnual(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		zone   string
		month  time.Month
		day    int
		at     string
		offset time.Duration
		after  string
		want   string
	}{
		"this year":                  {berlin, time.April, 12, "09:00", 0, "2026-01-05T09:00:00+01:00", "2026-04-12T09:00:00+02:00"},
		"next year":                  {berlin, time.April, 12, "09:00", 0, "2026-05-05T09:00:00+01:00", "2027-04-12T09:00:00+02:00"},
		"a moment before":            {berlin, time.April, 12, "09:00", 0, "2026-04-12T08:59:59.9+02:00", "2026-04-12T09:00:00+02:00"},
		"strictly after":             {berlin, time.April, 12, "09:00", 0, "2026-04-12T09:00:00+02:00", "2027-04-12T09:00:00+02:00"},
		"three days before":          {berlin, time.April, 12, "09:00", -3 * day, "2026-01-05T09:00:00+01:00", "2026-04-09T09:00:00+02:00"},
		"before, over a year's end":  {berlin, time.January, 2, "09:00", -3 * day, "2026-12-01T09:00:00+01:00", "2026-12-30T09:00:00+01:00"},
		"after, over a year's end":   {berlin, time.December, 30, "09:00", 3 * day, "2026-01-01T09:00:00+01:00", "2026-01-02T09:00:00+01:00"},
		"after a whole year":         {berlin, time.December, 30, "09:00", 400 * day, "2026-01-01T09:00:00+01:00", "2026-02-03T09:00:00+01:00"},
		"calendar days over spring":  {berlin, time.March, 30, "09:00", -3 * day, "2026-01-05T09:00:00+01:00", "2026-03-27T09:00:00+01:00"},
		"hours that are left over":   {berlin, time.March, 30, "09:00", -day - 12*time.Hour, "2026-01-05T09:00:00+01:00", "2026-03-28T20:00:00+01:00"},
		"leap day, leap year":        {berlin, time.February, 29, "09:00", 0, "2028-01-01T00:00:00+01:00", "2028-02-29T09:00:00+01:00"},
		"leap day, common year":      {berlin, time.February, 29, "09:00", 0, "2026-01-01T00:00:00+01:00", "2026-02-28T09:00:00+01:00"},
		"leap day, no leap in 2100":  {berlin, time.February, 29, "09:00", 0, "2100-01-01T00:00:00+01:00", "2100-02-28T09:00:00+01:00"},
		"leap day, moved":            {berlin, time.February, 29, "09:00", day, "2026-01-01T00:00:00+01:00", "2026-03-01T09:00:00+01:00"},
		"leap day, moved, leap year": {berlin, time.February, 29, "09:00", -day, "2028-01-01T00:00:00+01:00", "2028-02-28T09:00:00+01:00"},
		"28th in a leap year":        {berlin, time.February, 28, "09:00", day, "2028-01-01T00:00:00+01:00", "2028-02-29T09:00:00+01:00"},
		"in the gap":                 {berlin, time.March, 29, "02:30", 0, "2026-01-01T00:00:00+01:00", "2026-03-29T03:00:00+02:00"},
		"first of two":               {newYork, time.November, 1, "01:30", 0, "2026-01-01T00:00:00-05:00", "2026-11-01T01:30:00-04:00"},
		"between the two":            {newYork, time.November, 1, "01:30", 0, "2026-11-01T01:10:00-05:00", "2027-11-01T01:30:00-04:00"},
		"New Year in Kiritimati":     {kiritimati, time.January, 1, "00:00", 0, "2026-12-31T09:59:00Z", "2027-01-01T00:00:00+14:00"},
		"a year too early by UTC":    {kiritimati, time.January, 1, "00:00", 0, "2026-12-31T10:00:00Z", "2028-01-01T00:00:00+14:00"},
		"New Year in Niue":           {niue, time.January, 1, "00:00", 0, "2027-01-01T10:59:00Z", "2027-01-01T00:00:00-11:00"},
		"Apia, no such day":          {apia, time.December, 30, "10:00", 0, "2011-12-01T00:00:00-10:00", "2011-12-31T00:00:00+14:00"},
		"Kathmandu":                  {kathmandu, time.April, 12, "09:00", 0, "2026-04-12T03:14:59Z", "2026-04-12T09:00:00+05:45"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			loc := zone(t, c.zone)
			same(t, Annual(c.month, c.day, *clock(t, c.at), c.offset, instant(t, c.after), loc), c.want, loc)
		})
	}
}

func TestOn(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		zone   string
		year   int
		month  time.Month
		day    int
		at     string
		offset time.Duration
		want   string
	}{
		"the day":           {berlin, 2026, time.April, 12, "09:00", 0, "2026-04-12T09:00:00+02:00"},
		"moved over spring": {berlin, 2026, time.March, 30, "09:00", -2 * day, "2026-03-28T09:00:00+01:00"},
		"moved and more":    {berlin, 2026, time.March, 28, "09:00", 2*day + time.Hour, "2026-03-30T10:00:00+02:00"},
		"moved to a leap":   {berlin, 2028, time.March, 1, "09:00", -day, "2028-02-29T09:00:00+01:00"},
		"in the gap":        {lordHowe, 2026, time.October, 4, "02:10", 0, "2026-10-04T02:30:00+11:00"},
		"first of two":      {lordHowe, 2026, time.April, 5, "01:45", 0, "2026-04-05T01:45:00+11:00"},
		"before 1970":       {"UTC", 1899, time.December, 31, "23:59", 0, "1899-12-31T23:59:00Z"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			loc := zone(t, c.zone)
			same(t, On(c.year, c.month, c.day, *clock(t, c.at), c.offset, loc), c.want, loc)
		})
	}
	if got := On(2026, time.January, 1, Clock{}, 0, nil); !got.Equal(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("no zone is not UTC but %s", got)
	}
}

func TestDatesThatAreNone(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, d := range []struct {
		month time.Month
		day   int
	}{{0, 1}, {13, 1}, {time.January, 0}, {time.January, 32}, {time.April, 31}, {time.February, 30}, {time.January, -1}} {
		if got := Annual(d.month, d.day, Clock{}, 0, now, time.UTC); !got.IsZero() {
			t.Errorf("%d-%d comes at %s", d.month, d.day, got)
		}
		if got := On(2026, d.month, d.day, Clock{}, 0, time.UTC); !got.IsZero() {
			t.Errorf("2026-%d-%d is at %s", d.month, d.day, got)
		}
	}
	if got := On(2026, time.February, 29, Clock{}, 0, time.UTC); !got.IsZero() {
		t.Errorf("2026-02-29 is at %s", got)
	}
}

func TestParseDate(t *testing.T) {
	t.Parallel()
	type date struct {
		year  int
		month time.Month
		day   int
	}
	tokyo := zone(t, "Asia/Tokyo")
	for in, want := range map[any]date{
		"1985-04-12":                {1985, time.April, 12},
		" 1985-04-12\n":             {1985, time.April, 12},
		"2024-02-29":                {2024, time.February, 29},
		"--04-12":                   {0, time.April, 12},
		"04-12":                     {0, time.April, 12},
		"0000-04-12":                {0, time.April, 12},
		"--02-29":                   {0, time.February, 29},
		"1985-04-12T23:30:00-11:00": {1985, time.April, 12},
		"1985-04-12T00:30:00.5Z":    {1985, time.April, 12},
		"1985-04-12 00:30:00+05:45": {1985, time.April, 12},
		"1985-04-12 00:30:00":       {1985, time.April, 12},
		"1985-04-12T00:30:00":       {1985, time.April, 12},
		time.Date(1985, 4, 12, 0, 30, 0, 0, tokyo): {1985, time.April, 12},
	} {
		year, month, d, ok := ParseDate(in)
		if got := (date{year, month, d}); !ok || got != want {
			t.Errorf("%v is %v (%t), want %v", in, got, ok, want)
		}
	}
	for _, in := range []any{
		nil, 19850412, 1985.0412, true,
		[]string{"1985-04-12"},
		json.RawMessage(`"1985-04-12"`),
		time.Time{},
		(*time.Time)(nil),
		"", "1985", "1985-04", "1985-02-29", "1900-02-29", "1985-13-01", "1985-00-10", "1985-04-31", "1985-4-12", "12.04.1985", "04/12/1985",
		"1985/04/12", "19850412", "--0412", "-04-12", "--04-1", "85-04-12", "1985-04-12T", "1985-04-12T25:00:00Z", "1985-04-12x", "1985-02-29T00:00:00Z",
		"+985-04-12", "1985-04-1é", "०४-१२",
	} {
		if year, month, d, ok := ParseDate(in); ok {
			t.Errorf("%v is %d-%d-%d", in, year, month, d)
		}
	}
}
