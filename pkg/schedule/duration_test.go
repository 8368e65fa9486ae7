package schedule

import (
	"math"
	"strings"
	"testing"
	"time"
)

func TestParseDuration(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]time.Duration{
		"90m":        90 * time.Minute,
		"3d":         72 * time.Hour,
		"2w":         14 * 24 * time.Hour,
		"1h30m":      90 * time.Minute,
		"1d12h":      36 * time.Hour,
		"1w2d3h4m5s": 9*24*time.Hour + 3*time.Hour + 4*time.Minute + 5*time.Second,
		"0s":         0,
		"007d":       7 * day,
		"-3d":        -72 * time.Hour,
		"+4d":        96 * time.Hour,
		"106751d":    106751 * day,
	} {
		if got, err := ParseDuration(in); err != nil || got != want {
			t.Errorf("%q is %v (%v), want %v", in, got, err, want)
		}
	}
	for in, says := range map[string]string{
		"":                       "such as 90m, 36h, 3d, 1d12h or 2w",
		"3":                      "such as",
		"d":                      "such as",
		"-":                      "such as",
		"--3d":                   "such as",
		"3 days":                 "such as",
		"1.5h":                   "such as",
		"3D":                     "such as",
		"1y":                     "such as",
		"100ms":                  "such as",
		"30m1h":                  "the largest first",
		"1d1d":                   "the largest first",
		"1d-2h":                  "such as",
		"٣d":                     "such as",
		"106752d":                "292 years",
		"106751d24h":             "292 years",
		"99999999999999999999s":  "292 years",
		"-99999999999999999999s": "292 years",
	} {
		if got, err := ParseDuration(in); err == nil || !strings.Contains(err.Error(), says) || !strings.HasPrefix(err.Error(), `"`+in+`"`) {
			t.Errorf("%q is %v (%v), want an error that says %q", in, got, err, says)
		}
	}
}

func TestFormatDuration(t *testing.T) {
	t.Parallel()
	for want, d := range map[string]time.Duration{
		"0s":                          0,
		"3d":                          3 * day,
		"1d12h":                       36 * time.Hour,
		"14d":                         2 * week,
		"1h30m":                       90 * time.Minute,
		"1d1m1s":                      day + time.Minute + time.Second,
		"-3d":                         -3 * day,
		"1m1.5s":                      61500 * time.Millisecond,
		"-106751d23h47m16.854775808s": math.MinInt64,
	} {
		if got := FormatDuration(d); got != want {
			t.Errorf("%d is %q, want %q", d, got, want)
		}
	}
}

func TestParseClock(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{"10:00": "10:00", "9:05": "09:05", "00:00": "00:00", "0:00": "00:00", "23:59": "23:59"} {
		if got, err := ParseClock(in); err != nil || got.String() != want {
			t.Errorf("%q is %v (%v), want %s", in, got, err, want)
		}
	}
	for in, says := range map[string]string{
		"": "such as 09:30", "10": "such as 09:30", "10:0": "from 00:00 to 23:59", "24:01": "23:59", "12:60": "23:59", "-1:00": "such as",
		"10:00:00": "such as", "9am": "such as", " 9:00": "such as", "+9:00": "such as", "010:00": "such as", "24:00": "midnight is 00:00",
	} {
		if got, err := ParseClock(in); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q is %v (%v), want an error that says %q", in, got, err, says)
		}
	}
}
