package identity_test

import (
	"bytes"
	"reflect"
	"testing"

	"rapport/pkg/identity"
)

func FuzzRow(f *testing.F) {
	a := newAuthority()
	for i, pair := range [][2]string{{"anonymous:a", "c1"}, {"anonymous:a", "c2"}, {"c1", "c2"}, {"email:x", "phone:1"}} {
		a.decide(f, identity.Statement{A: pair[0], B: pair[1], Joined: i != 1, At: noon, UID: "shop#1"})
	}
	for _, b := range a.rows {
		f.Add(b)
	}
	f.Add([]byte{})
	f.Add([]byte{2, 0xa0})
	f.Fuzz(func(t *testing.T, b []byte) {
		row, err := identity.DecodeRow(b)
		if err != nil {
			return
		}
		stored, err := row.Encode()
		if err != nil {
			t.Fatalf("what was read cannot be written: %v", err)
		}
		again, err := identity.DecodeRow(stored)
		if err != nil {
			t.Fatalf("what was written cannot be read: %v", err)
		}
		if twice, err := again.Encode(); err != nil || !bytes.Equal(stored, twice) {
			t.Fatalf("%x, then %x: %v", stored, twice, err)
		}
		// Whatever a row says, a decision ends.
		rows := map[string]*identity.Row{identity.Authority: nil, "c1": row, "c2": nil}
		for i := range row.Claims {
			if _, ok := rows[row.Claims[i].Other]; !ok {
				rows[row.Claims[i].Other] = nil
			}
		}
		identity.Decide(rows, identity.Statement{A: "c1", B: "c2", Joined: true, At: noon})
	})
}

func FuzzData(f *testing.F) {
	for _, data := range []string{
		`{"former":"anonymous:a","id":"c1","joined":true,"at":"2026-03-01T12:00:00Z","event":"shop#1"}`,
		`{"id":"c1","version":4,"tell":["c2","c3"]}`,
		`{"of":"c1","version":4,"seq":2,"profile":"AQID","engine":""}`,
		`{"of":"c1","version":4,"seq":2,"profile":"S0wEAA==","packed":true}`,
		`{"id":"c1","also":["c2"]}`,
		`{"origin":"c1","down":true}`,
		`null`, ``,
	} {
		f.Add([]byte(data))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		readTwice[identity.Stated](t, data)
		readTwice[identity.Pointing](t, data)
		readTwice[identity.Joined](t, data)
		readTwice[identity.Detached](t, data)
		readTwice[identity.Forgotten](t, data)
		readTwice[identity.Erased](t, data)
	})
}

// readTwice fails if what can be read is another when it was written and read again.
func readTwice[T message](t *testing.T, data []byte) {
	v, err := identity.ReadData[T](data)
	if err != nil {
		return
	}
	written, err := identity.Data(v)
	if err != nil {
		t.Fatalf("%+v cannot be written: %v", v, err)
	}
	again, err := identity.ReadData[T](written)
	if err != nil {
		t.Fatalf("%s cannot be read: %v", written, err)
	}
	if rewritten, err := identity.Data(again); err != nil || !reflect.DeepEqual(written, rewritten) {
		t.Fatalf("%s, then %s: %v", written, rewritten, err)
	}
}
