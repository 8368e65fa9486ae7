package schedule

import (
	"testing"
	"time"
)

func BenchmarkDue(b *testing.B) {
	now, loc := instant(b, "2026-03-03T16:00:00Z"), zone(b, berlin)
	for name, w := range map[string]Wait{
		"for":      {For: 3 * day},
		"at":       {For: 3 * day, At: &Clock{Hour: 10}},
		"weekdays": {For: 3 * day, At: &Clock{Hour: 10}, Days: []time.Weekday{1, 2, 3, 4, 5}},
		"sunday":   {Days: []time.Weekday{time.Sunday}},
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				w.Due(now, loc)
			}
		})
	}
}

func BenchmarkWindow(b *testing.B) {
	now, loc, w := instant(b, "2026-03-03T22:00:00Z"), zone(b, berlin), window(b, "20:00", "09:00")
	b.Run("holds", func(b *testing.B) {
		for b.Loop() {
			w.Holds(now, loc)
		}
	})
	b.Run("ends", func(b *testing.B) {
		for b.Loop() {
			w.Ends(now, loc)
		}
	})
	b.Run("strictest of 8", func(b *testing.B) {
		zones := Zones("", "", "US", nil)
		for b.Loop() {
			Strictest(w, now, zones)
		}
	})
}

func BenchmarkZones(b *testing.B) {
	for name, c := range map[string][3]string{
		"timezone":      {berlin, "", ""},
		"phone":         {"", "+493012345678", ""},
		"phone, no one": {"", "+18005550123", ""},
		"country":       {"", "", "DE"},
		"country of 8":  {"", "", "US"},
		"unknown zone":  {"Mars/Olympus", "", "DE"},
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Zones(c[0], c[1], c[2], time.UTC)
			}
		})
	}
}

func BenchmarkCronNext(b *testing.B) {
	now, loc := instant(b, "2026-03-03T16:00:00Z"), zone(b, berlin)
	for _, line := range []string{"0 9 * * mon-fri", "@hourly", "0 9 29 2 *", "0 * 29 2 */7"} {
		c, err := ParseCron(line)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(line, func(b *testing.B) {
			for b.Loop() {
				c.Next(now, loc)
			}
		})
	}
}
