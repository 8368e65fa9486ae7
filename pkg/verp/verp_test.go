package verp

import (
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"rapport/pkg/message"
)

var (
	secretA = strings.Repeat("a", minSecret)
	secretB = strings.Repeat("b", minSecret)
	someRef = message.Ref{ID: message.ID("instance", "step", 1), Partition: 1<<16 - 1}
)

func keys(t interface{ Fatal(...any) }, secrets ...string) *Keys {
	k, err := NewKeys(secrets...)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestAddressGolden(t *testing.T) {
	t.Parallel()
	ref := message.Ref{ID: "0123456789abcdef0123456789abcdef", Partition: 7}
	got, err := keys(t, secretA).Address(Bounce, ref, "bounces.shop.example")
	if err != nil {
		t.Fatal(err)
	}
	// Addresses that are out there must be readable for weeks: a change of this one loses bounces.
	if want := "b-0123456789abcdef0123456789abcdef.7-rpdqrcmvbpr67tn7@bounces.shop.example"; got != want {
		t.Errorf("address %s, want %s", got, want)
	}
}

// TestRoundTrip: what Address makes fits everywhere and is read again, whatever the case and the domain that it comes in.
func TestRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		ref := message.Ref{
			ID:        rapid.StringMatching("[0-9a-f]{32}").Draw(t, "id"),
			Partition: rapid.IntRange(0, 1<<16-1).Draw(t, "partition"),
		}
		kind := rapid.SampledFrom([]Kind{Bounce, Reply}).Draw(t, "kind")
		old, rotated := keys(t, secretA), keys(t, secretB, secretA)
		address, err := old.Address(kind, ref, "bounces.shop.example")
		if err != nil {
			t.Fatal(err)
		}
		local, _, _ := strings.Cut(address, "@")
		if len(local) > 57 || strings.Trim(local, "abcdefghijklmnopqrstuvwxyz0123456789.-") != "" {
			t.Fatalf("local part %q of %d octets", local, len(local))
		}
		for _, form := range []string{address, strings.ToUpper(address), "<" + address + ">", " " + local + "@other.example "} {
			for _, k := range []*Keys{old, rotated} {
				if got, as, err := k.Parse(form); err != nil || got != ref || as != kind {
					t.Fatalf("Parse(%q) = %v, %q, %v; want %v, %q", form, got, as, err, ref, kind)
				}
			}
		}
		if _, _, err := keys(t, secretB).Parse(address); !errors.Is(err, ErrForged) {
			t.Fatalf("another key's address: %v, want ErrForged", err)
		}
	})
}

// TestChanged: no other local part of the same length is taken for the message, or for another one.
func TestChanged(t *testing.T) {
	t.Parallel()
	k := keys(t, secretA)
	address, err := k.Address(Reply, someRef, "shop.example")
	if err != nil {
		t.Fatal(err)
	}
	local, _, _ := strings.Cut(address, "@")
	for i := range len(local) {
		for _, c := range "abcdefghijklmnopqrstuvwxyz0123456789.-+=" {
			if byte(c) == local[i] {
				continue
			}
			changed := local[:i] + string(c) + local[i+1:] + "@shop.example"
			if ref, kind, err := k.Parse(changed); err == nil {
				t.Fatalf("Parse(%q) = %v, %q without an error", changed, ref, kind)
			}
		}
	}
}

func TestRefused(t *testing.T) {
	t.Parallel()
	k := keys(t, secretA)
	for _, address := range []string{
		"", "@", "shop.example", "postmaster@shop.example", "b-@shop.example", "b--@shop.example",
		"b-" + someRef.String() + "@shop.example", "b-" + someRef.String() + "-@shop.example",
		"c-" + someRef.String() + "-aaaaaaaaaaaaaaaa@shop.example", "b-" + someRef.String() + "-aaaaaaaa@shop.example",
	} {
		if _, _, err := k.Parse(address); !errors.Is(err, ErrOther) {
			t.Errorf("Parse(%q): %v, want ErrOther", address, err)
		}
	}
	if _, _, err := k.Parse("b-" + someRef.String() + "-aaaaaaaaaaaaaaaa@shop.example"); !errors.Is(err, ErrForged) {
		t.Errorf("a made-up code: %v, want ErrForged", err)
	}
	for _, one := range []struct {
		kind   Kind
		ref    message.Ref
		domain string
	}{
		{"x", someRef, "shop.example"},
		{Bounce, message.Ref{ID: "m1"}, "shop.example"},
		{Bounce, someRef, ""},
		{Bounce, someRef, "a@b"},
		{Bounce, someRef, strings.Repeat("a", 250)},
		{Bounce, message.Ref{ID: someRef.ID, Partition: -1}, "shop.example"},
	} {
		if a, err := k.Address(one.kind, one.ref, one.domain); err == nil {
			t.Errorf("Address(%q, %v, %q) = %q without an error", one.kind, one.ref, one.domain, a)
		}
	}
	for _, secrets := range [][]string{nil, {""}, {secretA, "short"}} {
		if _, err := NewKeys(secrets...); err == nil {
			t.Errorf("NewKeys took %d secrets", len(secrets))
		}
	}
}

// FuzzParse: nothing breaks it, and what it reads without an error says the same when it is made again.
func FuzzParse(f *testing.F) {
	k := keys(f, secretA)
	address, err := k.Address(Bounce, someRef, "shop.example")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(address)
	f.Add("b-\xff-@")
	f.Fuzz(func(t *testing.T, s string) {
		ref, kind, err := k.Parse(s)
		if err != nil {
			return
		}
		again, err := k.Address(kind, ref, "shop.example")
		if err != nil {
			t.Fatal(err)
		}
		local, _, _ := strings.Cut(again, "@")
		if !strings.Contains(strings.ToLower(s), local) {
			t.Errorf("%q is read as %s", s, local)
		}
	})
}

func BenchmarkAddress(b *testing.B) {
	k := keys(b, secretA)
	for b.Loop() {
		if _, err := k.Address(Bounce, someRef, "shop.example"); err != nil {
			b.Fatal(err)
		}
	}
}
