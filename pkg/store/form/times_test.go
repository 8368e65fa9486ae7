package form_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"rapport/pkg/store/form"
)

func TestTime(t *testing.T) {
	t.Parallel()
	for _, at := range []time.Time{
		time.Unix(0, math.MinInt64), time.Unix(0, math.MaxInt64), time.Unix(0, 0), time.Unix(0, -1),
		time.Date(2026, 3, 4, 10, 0, 0, 123456789, time.FixedZone("", 3600)),
	} {
		ns, err := form.Time("At", at)
		if err != nil || !time.Unix(0, ns).Equal(at) || form.Bound(at) != ns || form.Until(at) != ns {
			t.Errorf("%v is %d, %v; as a bound %d and %d", at, ns, err, form.Bound(at), form.Until(at))
		}
	}
	for _, c := range []struct {
		at    time.Time
		want  string
		bound int64
	}{
		{time.Time{}, "At is missing", math.MinInt64},
		{time.Unix(0, math.MinInt64).Add(-1), "At is 1677-09-21T00:12:43Z: the store keeps times from 1678 to 2261", math.MinInt64},
		{time.Unix(0, math.MaxInt64).Add(1), "At is 2262-04-11T23:47:16Z: the store keeps times from 1678 to 2261", math.MaxInt64},
	} {
		if ns, err := form.Time("At", c.at.UTC()); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v is %d, %v; want %q", c.at, ns, err, c.want)
		}
		if got := form.Bound(c.at); got != c.bound {
			t.Errorf("%v as a bound is %d, want %d", c.at, got, c.bound)
		}
	}
	if got := form.Until(time.Time{}); got != math.MaxInt64 {
		t.Errorf("no end is %d", got)
	}
}
