package schedule

import (
	"testing"
	"time"
)

// FuzzParseDuration: what is read can be written and read again.
func FuzzParseDuration(f *testing.F) {
	for _, s := range []string{"90m", "3d", "2w", "1h30m", "-1d12h", "+0s", "", "d", "3 days", "30m1h", "106751d24h", "99999999999999999999s"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, err := ParseDuration(s)
		if err != nil {
			return
		}
		if again, err := ParseDuration(FormatDuration(d)); err != nil || again != d {
			t.Errorf("%q is %d, written %s, read as %d (%v)", s, d, FormatDuration(d), again, err)
		}
	})
}

// FuzzParseClock: what is read is a time of day, and is read again.
func FuzzParseClock(f *testing.F) {
	for _, s := range []string{"10:00", "9:05", "24:00", "23:59", "", ":", "-1:00", "9am"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		c, err := ParseClock(s)
		if err != nil {
			return
		}
		if again, err := ParseClock(c.String()); err != nil || again != c || c.wall() < 0 || c.wall() >= wallDay {
			t.Errorf("%q is %v, read as %v (%v)", s, c, again, err)
		}
	})
}

// FuzzParseCron: a line that is read comes, soon, strictly after, and on a minute.
func FuzzParseCron(f *testing.F) {
	for _, s := range []string{
		"0 9 * * mon", "@daily", "*/15 8-18/2 1,15 jan-mar fri-sun", "0 9 30 2 *", "0 9 30 2 mon", "0 * 29 2 */7", "59 23 31 12 ?", "@every 1h", "* * * *", "1-2-3 * * * *",
	} {
		f.Add(s, int64(1774746000))
	}
	p, _ := loaded.place(berlin)
	f.Fuzz(func(t *testing.T, s string, unix int64) {
		c, err := ParseCron(s)
		if err != nil {
			return
		}
		if again, err := ParseCron(c.String()); err != nil || again != c {
			t.Errorf("%q is %+v, read as %+v (%v)", s, c, again, err)
		}
		after := time.Unix(unix%(1<<35), 0)
		next, ok := c.Next(after, p.loc)
		if !ok || !next.After(after) || next.After(after.AddDate(41, 0, 0)) {
			t.Errorf("%q: after %s comes %s (%t)", s, after, next, ok)
		}
		if following, ok := c.Next(next, p.loc); !ok || !following.After(next) {
			t.Errorf("%q: after %s comes %s (%t)", s, next, following, ok)
		}
	})
}

// FuzzParseDate: what is read is a date of the calendar.
func FuzzParseDate(f *testing.F) {
	for _, s := range []string{"1985-04-12", "1985-02-29", "--02-29", "04-12", "0000-04-12", "1985-04-12T23:30:00-11:00", "", "----------", "१९८५-०४-१२"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		year, month, d, ok := ParseDate(s)
		if !ok {
			return
		}
		in := year
		if year == 0 {
			in = 2000 // A leap year, as an unknown one may be.
		}
		if date := time.Date(in, month, d, 0, 0, 0, 0, time.UTC); year < 0 || year > 9999 || date.Month() != month || date.Day() != d {
			t.Errorf("%q is %d-%d-%d", s, year, month, d)
		}
	})
}

// FuzzParseDays: days are named once, Monday first.
func FuzzParseDays(f *testing.F) {
	for _, s := range []string{"mon", "Sunday", "weekdays", "weekend", "", "m", "montag"} {
		f.Add(s, "fri")
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		days, err := ParseDays([]string{a, b})
		if err != nil {
			return
		}
		for i := 1; i < len(days); i++ {
			if (days[i-1]+6)%7 >= (days[i]+6)%7 {
				t.Errorf("%q, %q are %v", a, b, days)
			}
		}
		if len(days) == 0 {
			t.Errorf("%q, %q are none", a, b)
		}
	})
}

// FuzzZones: whatever a profile says, there is a zone, and what was loaded stays bounded.
func FuzzZones(f *testing.F) {
	f.Add("Europe/Berlin", "+493012345678", "DE")
	f.Add("Europe//Berlin", "+1 800 555", "us")
	f.Add("Local", "+", "")
	f.Fuzz(func(t *testing.T, timezone, phone, country string) {
		zones := Zones(timezone, phone, country, nil)
		if len(zones) == 0 || len(zones) > 32 {
			t.Errorf("%q, %q, %q: %d zones", timezone, phone, country, len(zones))
		}
		for _, z := range zones {
			if z == nil || z.String() == "Local" {
				t.Errorf("%q, %q, %q: %v", timezone, phone, country, z)
			}
		}
		loaded.lock.RLock()
		defer loaded.lock.RUnlock()
		if len(loaded.places) > maxPlaces {
			t.Errorf("%d places", len(loaded.places))
		}
	})
}
