package schedule

import (
	"testing"
	"time"
)

// zone loads a zone or ends the test.
func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	p, ok := (&atlas{places: map[string]place{}}).place(name)
	if !ok {
		t.Fatalf("there is no zone %s", name)
	}
	return p.loc
}

// instant reads RFC 3339, whose offset says which of two equal local times is meant.
func instant(t testing.TB, s string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, s)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// clock reads "10:00"; "" is no clock.
func clock(t testing.TB, s string) *Clock {
	t.Helper()
	if s == "" {
		return nil
	}
	c, err := ParseClock(s)
	if err != nil {
		t.Fatal(err)
	}
	return &c
}

func window(t testing.TB, from, to string) Window {
	t.Helper()
	return Window{From: *clock(t, from), To: *clock(t, to)}
}

// same fails when an instant is another, or is shown in another zone than loc.
func same(t *testing.T, got time.Time, want string, loc *time.Location) {
	t.Helper()
	if w := instant(t, want); !got.Equal(w) || got.Location() != loc {
		t.Errorf("got %s in %s, want %s in %s", got.Format(time.RFC3339Nano), got.Location(), want, loc)
	}
}

const (
	berlin     = "Europe/Berlin"
	newYork    = "America/New_York"
	lordHowe   = "Australia/Lord_Howe"
	kiritimati = "Pacific/Kiritimati"
	pagoPago   = "Pacific/Pago_Pago"
	niue       = "Pacific/Niue"
	kathmandu  = "Asia/Kathmandu"
	apia       = "Pacific/Apia"
	saoPaulo   = "America/Sao_Paulo"
	nuuk       = "America/Nuuk"
)
