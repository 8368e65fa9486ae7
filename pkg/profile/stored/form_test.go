package stored_test

import (
	"bytes"
	"reflect"
	"testing"
	"time"

	"github.com/fxamacker/cbor/v2"
	"github.com/shopspring/decimal"

	"rapport/pkg/profile/stored"
)

// all has a field of each kind.
type all struct {
	Text   string             `cbor:"1,keyasint"`
	Bool   bool               `cbor:"2,keyasint,omitempty"`
	Int    int                `cbor:"3,keyasint"`
	Long   int64              `cbor:"4,keyasint,omitempty"`
	At     time.Time          `cbor:"5,keyasint"`
	Sum    decimal.Decimal    `cbor:"6,keyasint"`
	Bytes  []byte             `cbor:"7,keyasint,omitempty"`
	Texts  []string           `cbor:"8,keyasint,omitempty"`
	Longs  []int64            `cbor:"9,keyasint"`
	Hashes []uint64           `cbor:"10,keyasint"`
	Floats map[string]float64 `cbor:"11,keyasint,omitempty"`
	Values map[string]any     `cbor:"12,keyasint,omitempty"`
	Pair   *pair              `cbor:"13,keyasint,omitempty"`
	Pairs  []pair             `cbor:"14,keyasint"`
	One    one                `cbor:"15,keyasint,omitzero"`
	Ones   []one              `cbor:"16,keyasint,omitempty"`
}

type pair struct {
	_    struct{} `cbor:",toarray"`
	Kind byte
	Hash uint64
}

type one struct {
	At time.Time `cbor:"1,keyasint,omitzero"`
}

func (a *all) form(f *stored.Form) {
	f.Text(1, stored.Always, &a.Text)
	f.Bool(2, &a.Bool)
	f.Int(3, stored.Always, &a.Int)
	f.Int64(4, stored.Filled, &a.Long)
	f.Time(5, stored.Always, &a.At)
	f.Decimal(6, &a.Sum)
	f.Bytes(7, &a.Bytes)
	f.Texts(8, stored.Filled, &a.Texts)
	f.Int64s(9, stored.Always, &a.Longs)
	f.Uint64s(10, stored.Always, &a.Hashes)
	f.Floats(11, &a.Floats)
	f.Values(12, &a.Values)
	stored.Tuple(f, 13, &a.Pair, (*pair).form)
	stored.Tuples(f, 14, stored.Always, &a.Pairs, (*pair).form)
	stored.FilledMap(f, 15, &a.One, (*one).form)
	stored.Maps(f, 16, stored.Filled, &a.Ones, (*one).form)
}

func (p *pair) form(f *stored.Form) {
	f.Byte(stored.Next, stored.Always, &p.Kind)
	f.Uint64(stored.Next, stored.Always, &p.Hash)
}

func (o *one) form(f *stored.Form) { f.Time(1, stored.Filled, &o.At) }

func full() *all {
	at := time.Date(2026, 3, 1, 9, 30, 0, 5e8, time.UTC)
	return &all{
		Text: "ada", Bool: true, Int: -1000, Long: 1 << 40, At: at, Sum: decimal.RequireFromString("-12.50"), Bytes: []byte{1, 2},
		Texts: []string{"", "a text of more than twenty-three bytes"}, Longs: []int64{-1, 0, 23, 24, 255, 256, 65536}, Hashes: []uint64{1 << 63},
		Floats: map[string]float64{"bb": 0.5, "a": -1, "ab": 2},
		Values: map[string]any{"n": nil, "yes": true, "no": false, "deep": []any{"x", 1.5, map[string]any{"y": []any{}}}},
		Pair:   &pair{Kind: 't', Hash: 7}, Pairs: []pair{{Kind: 255, Hash: 1}}, One: one{At: at}, Ones: []one{{}, {At: at}},
	}
}

func TestFormIsThatOfTheTags(t *testing.T) {
	t.Parallel()
	mode, err := cbor.EncOptions{Sort: cbor.SortBytewiseLexical, Time: cbor.TimeRFC3339Nano}.EncMode()
	if err != nil {
		t.Fatal(err)
	}
	var f stored.Form
	for name, v := range map[string]*all{"empty": {}, "full": full()} {
		want, err := mode.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		got, ok := stored.Append(&f, []byte("before"), v, (*all).form)
		if !ok || !bytes.Equal(got, append([]byte("before"), want...)) {
			t.Errorf("%s: wrote %x, %v, want %x", name, got, ok, want)
		}
		var back all
		if !stored.Read(&f, want, &back, (*all).form) {
			t.Fatalf("%s: cannot be read", name)
		}
		if !back.Sum.Equal(v.Sum) {
			t.Errorf("%s: read %v, want %v", name, back.Sum, v.Sum)
		}
		back.Sum = v.Sum // It may hold the same number in another way.
		if !reflect.DeepEqual(&back, v) {
			t.Errorf("%s: read %+v, want %+v", name, back, v)
		}
	}
}

// What is cut off anywhere is not read, and neither is what goes on after the end.
func TestPartsAreNotRead(t *testing.T) {
	t.Parallel()
	var f stored.Form
	whole, _ := stored.Append(&f, nil, full(), (*all).form)
	for n := range whole {
		var back all
		if stored.Read(&f, whole[:n], &back, (*all).form) {
			t.Errorf("the first %d of %d bytes were read", n, len(whole))
		}
	}
	var back all
	if stored.Read(&f, append(whole, 0xf6), &back, (*all).form) {
		t.Error("more than the whole was read")
	}
}

// What is read does not change with the bytes that it was read of.
func TestBytesAreNotKept(t *testing.T) {
	t.Parallel()
	var f stored.Form
	b, _ := stored.Append(&f, nil, full(), (*all).form)
	var back all
	if !stored.Read(&f, b, &back, (*all).form) {
		t.Fatal("cannot be read")
	}
	clear(b)
	want := full()
	back.Sum = want.Sum
	if !reflect.DeepEqual(&back, want) {
		t.Errorf("became %+v", back)
	}
}
