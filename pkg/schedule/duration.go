package schedule

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

const week = 7 * day

// unit is what a letter in a duration stands for.
func unit(letter byte) time.Duration {
	switch letter {
	case 'w':
		return week
	case 'd':
		return day
	case 'h':
		return time.Hour
	case 'm':
		return time.Minute
	case 's':
		return time.Second
	}
	return 0
}

// ParseDuration reads whole numbers with the units w, d, h, m and s, the largest first and
// each once: 90m, 3d, 2w, 1h30m, 1d12h. A day has 24 hours, a week seven days. A sign may
// stand before it all (an offset of -3d); zero is a duration too. Whether those make sense is
// for the caller to say. The error says what is allowed.
func ParseDuration(s string) (time.Duration, error) {
	rest, negative := strings.CutPrefix(s, "-")
	if !negative {
		rest = strings.TrimPrefix(s, "+")
	}
	var sum time.Duration
	if rest == "" {
		return 0, notDuration(s)
	}
	for last := time.Duration(math.MaxInt64); rest != ""; {
		n := len(rest) - len(strings.TrimLeft(rest, "0123456789"))
		if n == 0 || n == len(rest) {
			return 0, notDuration(s)
		}
		each := unit(rest[n])
		if each == 0 || each >= last {
			return 0, notDuration(s)
		}
		count, err := strconv.ParseInt(rest[:n], 10, 64)
		if err != nil || count > int64((math.MaxInt64-sum)/each) {
			return 0, fmt.Errorf("%q is too long a duration: nothing can last more than 292 years", s)
		}
		sum += time.Duration(count) * each
		last, rest = each, rest[n+1:]
	}
	if negative {
		sum = -sum
	}
	return sum, nil
}

func notDuration(s string) error {
	return fmt.Errorf("%q is no duration: write whole numbers and their units (w, d, h, m, s), the largest first, such as 90m, 36h, 3d, 1d12h or 2w", s)
}

// FormatDuration writes a duration as people do: 3d, 1d12h, 90m as 1h30m, -3d, 0s. Weeks
// are written as days. ParseDuration reads it again, unless there are parts of a second,
// which are written as a fraction (1.5s).
func FormatDuration(d time.Duration) string {
	if d == 0 {
		return "0s"
	}
	var b strings.Builder
	left := uint64(d)
	if d < 0 {
		b.WriteByte('-')
		left = -left // Right for the least duration too, which has no positive twin.
	}
	for _, letter := range []byte("dhm") {
		each := uint64(unit(letter))
		if n := left / each; n > 0 {
			b.WriteString(strconv.FormatUint(n, 10))
			b.WriteByte(letter)
		}
		left %= each
	}
	if left > 0 {
		b.WriteString(time.Duration(left).String())
	}
	return b.String()
}
