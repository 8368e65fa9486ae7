package liquid

import (
	"strconv"
	"strings"
	"time"
)

func quoteClip(s string) string { return strconv.Quote(clip(s, 40)) }

// dateLayouts returns the ways to write a date that are understood, the most
// usual first.
func dateLayouts() []string {
	return []string{
		time.RFC3339,
		"2006-01-02",
		"2006-01-02 15:04:05",
		"2006-01-02T15:04:05",
		"2006-01-02 15:04:05 -0700",
		"2006-01-02 15:04:05 -07:00",
		"2006-01-02 15:04:05 MST",
		"2006-01-02 15:04:05-07:00",
		"2006-01-02T15:04:05-0700",
		"2006-01-02 15:04",
		"2006-01-02T15:04",
		"2006-01-02T15:04Z07:00",
		"2006/01/02",
		"20060102",
		"January 2, 2006",
		"Jan 2, 2006",
		"January 2 2006",
		"Jan 2 2006",
		"2 January 2006",
		"2 Jan 2006",
		"January 2, 2006 15:04",
		"January 2, 2006 15:04:05",
		"January 2, 2006 3:04 PM",
		"Jan 2, 2006 15:04",
		"Jan 2, 2006 15:04:05",
		"2 January 2006 15:04",
		time.ANSIC,
		time.UnixDate,
		time.RubyDate,
		time.RFC1123,
		time.RFC1123Z,
		time.RFC822,
		time.RFC822Z,
		time.RFC850,
		"Monday, January 2, 2006",
		"Mon, 2 Jan 2006",
	}
}

// maxDateLen is longer than any date.
const maxDateLen = 64

// parseTime reads a date. One that names no zone is in the zone given, or in
// UTC.
func parseTime(s string, zone *time.Location) (time.Time, bool) {
	if s == "" || len(s) > maxDateLen {
		return time.Time{}, false
	}
	if zone == nil {
		zone = time.UTC
	}
	if isEpoch(s) {
		n, err := strconv.ParseInt(s, 10, 64)
		return time.Unix(n, 0).UTC(), err == nil
	}
	s = strings.Join(strings.Fields(s), " ")
	for _, layout := range dateLayouts() {
		if t, err := time.ParseInLocation(layout, s, zone); err == nil && knownZone(t, layout) {
			return t, true
		}
	}
	return time.Time{}, false
}

// isEpoch reports whether s is seconds since 1970 and not 20260504.
func isEpoch(s string) bool {
	digits := strings.TrimPrefix(s, "-")
	if len(digits) < 9 || len(digits) > 12 {
		return false
	}
	for i := range len(digits) {
		if !isDigit(digits[i]) {
			return false
		}
	}
	return true
}

// knownZone is false for an abbreviation such as EST, which Go reads without
// knowing its offset.
func knownZone(t time.Time, layout string) bool {
	if !strings.Contains(layout, "MST") {
		return true
	}
	name, offset := t.Zone()
	return offset != 0 || name == "UTC" || name == "GMT"
}
