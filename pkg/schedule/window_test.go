package schedule

import (
	"testing"
	"time"
)

func TestWindow(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		zone, from, to string
		at             string
		ends           string // "" when at is outside
	}{
		"at its beginning":           {berlin, "20:00", "09:00", "2026-01-05T20:00:00+01:00", "2026-01-06T09:00:00+01:00"},
		"just before":                {berlin, "20:00", "09:00", "2026-01-05T19:59:59.999999999+01:00", ""},
		"at its end":                 {berlin, "20:00", "09:00", "2026-01-06T09:00:00+01:00", ""},
		"before its end":             {berlin, "20:00", "09:00", "2026-01-06T08:59:59.5+01:00", "2026-01-06T09:00:00+01:00"},
		"within one day":             {berlin, "12:00", "14:00", "2026-01-06T13:00:00+01:00", "2026-01-06T14:00:00+01:00"},
		"until midnight":             {berlin, "12:00", "00:00", "2026-01-06T13:00:00+01:00", "2026-01-07T00:00:00+01:00"},
		"never":                      {berlin, "20:00", "20:00", "2026-01-06T20:00:00+01:00", ""},
		"over a year's end":          {berlin, "20:00", "09:00", "2026-12-31T23:00:00+01:00", "2027-01-01T09:00:00+01:00"},
		"shorter in spring":          {berlin, "20:00", "09:00", "2026-03-28T20:00:00+01:00", "2026-03-29T09:00:00+02:00"},
		"longer in autumn":           {berlin, "20:00", "09:00", "2026-10-24T20:00:00+02:00", "2026-10-25T09:00:00+01:00"},
		"ends in the gap":            {berlin, "20:00", "02:30", "2026-03-29T01:59:59+01:00", "2026-03-29T03:00:00+02:00"},
		"ends at the gap":            {berlin, "20:00", "02:00", "2026-03-29T01:59:59+01:00", "2026-03-29T03:00:00+02:00"},
		"lies in the gap":            {berlin, "02:00", "03:00", "2026-03-29T03:00:00+02:00", ""},
		"set back out of it":         {berlin, "02:30", "09:00", "2026-10-25T02:45:00+02:00", "2026-10-25T02:00:00+01:00"},
		"and into it again":          {berlin, "02:30", "09:00", "2026-10-25T02:30:00+01:00", "2026-10-25T09:00:00+01:00"},
		"twice, first":               {berlin, "02:00", "02:30", "2026-10-25T02:15:00+02:00", "2026-10-25T02:30:00+02:00"},
		"twice, second":              {berlin, "02:00", "02:30", "2026-10-25T02:15:00+01:00", "2026-10-25T02:30:00+01:00"},
		"New York, autumn":           {newYork, "20:00", "01:30", "2026-10-31T23:00:00-04:00", "2026-11-01T01:30:00-04:00"},
		"New York, in it once more":  {newYork, "20:00", "01:30", "2026-11-01T01:00:00-05:00", "2026-11-01T01:30:00-05:00"},
		"Lord Howe, half an hour":    {lordHowe, "20:00", "02:15", "2026-10-04T01:00:00+10:30", "2026-10-04T02:30:00+11:00"},
		"Kiritimati":                 {kiritimati, "20:00", "09:00", "2026-01-06T18:59:00Z", "2026-01-07T09:00:00+14:00"},
		"Kathmandu":                  {kathmandu, "20:00", "09:00", "2026-01-06T14:15:00Z", "2026-01-07T09:00:00+05:45"},
		"Pago Pago":                  {pagoPago, "20:00", "09:00", "2026-01-06T07:00:00Z", "2026-01-06T09:00:00-11:00"},
		"Apia, a day is left out":    {apia, "20:00", "09:00", "2011-12-29T22:00:00-10:00", "2011-12-31T09:00:00+14:00"},
		"last night of a leap year":  {newYork, "20:00", "09:00", "2040-12-31T22:00:00-05:00", "2041-01-01T09:00:00-05:00"},
		"the only open hour is gone": {berlin, "03:00", "02:00", "2026-03-29T03:00:00+02:00", "2026-03-30T02:00:00+02:00"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, at, loc := window(t, c.from, c.to), instant(t, c.at), zone(t, c.zone)
			if got := w.Holds(at, loc); got != (c.ends != "") {
				t.Errorf("holds: %t", got)
			}
			want := c.ends
			if want == "" {
				want = c.at
			}
			same(t, w.Ends(at, loc), want, loc)
		})
	}
}

func TestStrictest(t *testing.T) {
	t.Parallel()
	us := []string{newYork, "America/Chicago", "America/Denver", "America/Phoenix", "America/Los_Angeles"}
	for name, c := range map[string]struct {
		zones    []string
		from, to string
		at       string
		ends     string // "" when it is not quiet
	}{
		"no zones":                  {nil, "20:00", "09:00", "2026-01-05T23:00:00Z", ""},
		"one zone":                  {[]string{berlin}, "20:00", "09:00", "2026-01-05T23:00:00+01:00", "2026-01-06T09:00:00+01:00"},
		"day in all":                {us, "20:00", "09:00", "2026-01-05T12:00:00-05:00", ""},
		"day in the east only":      {us, "20:00", "09:00", "2026-01-05T11:59:00-05:00", "2026-01-05T12:00:00-05:00"},
		"night in the east only":    {us, "20:00", "09:00", "2026-01-05T20:00:00-05:00", "2026-01-06T12:00:00-05:00"},
		"never quiet":               {us, "20:00", "20:00", "2026-01-05T20:00:00-05:00", ""},
		"an hour is left":           {[]string{"Europe/Kaliningrad", "Asia/Kamchatka"}, "20:00", "09:00", "2026-01-05T12:00:00+02:00", "2026-01-06T09:00:00+02:00"},
		"no hour is left, and day":  {[]string{berlin, "Pacific/Auckland"}, "20:00", "09:00", "2026-01-05T12:00:00+01:00", ""},
		"no hour is left, at night": {[]string{berlin, "Pacific/Auckland"}, "20:00", "09:00", "2026-01-05T22:00:00+01:00", "2026-01-06T09:00:00+01:00"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			at := instant(t, c.at)
			var zones []*time.Location
			for _, z := range c.zones {
				zones = append(zones, zone(t, z))
			}
			quiet, ends := Strictest(window(t, c.from, c.to), at, zones)
			if quiet != (c.ends != "") {
				t.Errorf("quiet: %t", quiet)
			}
			if want := c.ends; want == "" && !ends.Equal(at) || want != "" && !ends.Equal(instant(t, want)) {
				t.Errorf("ends at %s, want %q", ends, want)
			}
			if len(zones) > 0 && ends.Location() != zones[0] {
				t.Errorf("in %s", ends.Location())
			}
		})
	}
}
