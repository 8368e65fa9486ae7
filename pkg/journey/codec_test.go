package journey

import (
	"bytes"
	"math"
	"math/big"
	"reflect"
	"sync"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"pgregory.net/rapid"

	"rapport/pkg/profile"
	"rapport/pkg/profile/stored"
)

func newCodec(t testing.TB) *Codec {
	t.Helper()
	c, err := NewCodec()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// fill gives everything that is stored a value, whatever fields there are. With odd, there
// are values among them that states do not have.
func fill(t *rapid.T, v reflect.Value, odd bool) {
	switch v.Kind() {
	case reflect.Struct:
		fillStruct(t, v, odd)
	case reflect.Pointer:
		if rapid.Bool().Draw(t, "some") {
			v.Set(reflect.New(v.Type().Elem()))
			fill(t, v.Elem(), odd)
		}
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			v.SetBytes(rapid.SliceOfN(rapid.Byte(), 0, 40).Draw(t, "bytes"))
			return
		}
		if n := rapid.SampledFrom([]int{-1, -1, 0, 1, 1, 2, 25}).Draw(t, "items"); n >= 0 {
			v.Set(reflect.MakeSlice(v.Type(), n, n))
			for i := range min(n, 4) {
				fill(t, v.Index(i), odd)
			}
		}
	case reflect.Map:
		for range rapid.IntRange(0, 4).Draw(t, "names") {
			item := reflect.New(v.Type().Elem()).Elem()
			fill(t, item, odd)
			if v.IsNil() {
				v.Set(reflect.MakeMap(v.Type()))
			}
			v.SetMapIndex(reflect.ValueOf(text(odd).Draw(t, "name")), item)
		}
	case reflect.Interface:
		if x := value(odd, 3).Draw(t, "value"); x != nil {
			v.Set(reflect.ValueOf(x))
		}
	case reflect.String:
		v.SetString(text(odd).Draw(t, "text"))
	case reflect.Bool:
		v.SetBool(rapid.Bool().Draw(t, "bool"))
	case reflect.Int, reflect.Int64:
		v.SetInt(rapid.OneOf(rapid.Int64Range(-300, 300), rapid.Int64()).Draw(t, "int"))
	case reflect.Uint8, reflect.Uint64:
		v.SetUint(rapid.Uint64().Draw(t, "uint") >> rapid.SampledFrom([]int{0, 30, 56, 63}).Draw(t, "shift"))
	case reflect.Float64:
		v.SetFloat(number(odd).Draw(t, "float"))
	default:
		t.Fatalf("a state holds a %v, which this test does not know", v.Type())
	}
}

func fillStruct(t *rapid.T, v reflect.Value, odd bool) {
	switch x := v.Addr().Interface().(type) {
	case *time.Time:
		*x = moment(odd).Draw(t, "time")
		return
	case *decimal.Decimal:
		digits := new(big.Int).SetBytes(rapid.SliceOfN(rapid.Byte(), 0, 12).Draw(t, "digits"))
		*x = decimal.NewFromBigInt(digits, rapid.Int32Range(-8, 4).Draw(t, "exponent"))
		if rapid.Bool().Draw(t, "negative") {
			*x = x.Neg()
		}
		return
	}
	for i := range v.NumField() {
		if v.Type().Field(i).IsExported() {
			fill(t, v.Field(i), odd)
		}
	}
}

func text(odd bool) *rapid.Generator[string] {
	usual := rapid.OneOf(rapid.StringN(0, 6, -1), rapid.StringN(20, 30, -1), rapid.StringN(250, 260, -1))
	if odd {
		return rapid.OneOf(usual, rapid.Just("\xff"))
	}
	return usual
}

func number(odd bool) *rapid.Generator[float64] {
	usual := rapid.Float64Range(-1e9, 1e9)
	if odd {
		return rapid.OneOf(usual, rapid.SampledFrom([]float64{math.Inf(1), math.Inf(-1), math.NaN(), math.Copysign(0, -1)}))
	}
	return usual
}

func moment(odd bool) *rapid.Generator[time.Time] {
	usual := rapid.Custom(func(t *rapid.T) time.Time {
		at := time.Unix(rapid.Int64Range(0, 4e9).Draw(t, "s"), rapid.SampledFrom([]int64{0, 5e8, 123456789}).Draw(t, "ns")).UTC()
		if rapid.IntRange(0, 3).Draw(t, "zone") == 0 {
			at = at.In(time.FixedZone("", 60*rapid.IntRange(-720, 840).Draw(t, "offset")))
		}
		return at
	})
	usual = rapid.OneOf(usual, rapid.Just(time.Time{}))
	if odd {
		return rapid.OneOf(usual, rapid.Map(rapid.Int64(), func(s int64) time.Time { return time.Unix(s, 0).UTC() }),
			rapid.Just(time.Time{}.In(time.FixedZone("", 3600))))
	}
	return usual
}

func value(odd bool, depth int) *rapid.Generator[any] {
	usual := []*rapid.Generator[any]{
		rapid.Just[any](nil), text(odd).AsAny(), number(odd).AsAny(), rapid.Bool().AsAny(),
	}
	if odd {
		usual = append(usual, rapid.Int().AsAny(), rapid.SliceOf(rapid.Byte()).AsAny(), rapid.SliceOf(rapid.Int()).AsAny(),
			rapid.Just[any]([]any(nil)), rapid.Just[any](map[string]any(nil)))
	}
	if depth > 0 {
		usual = append(usual, rapid.SliceOfN(value(odd, depth-1), 0, 3).AsAny(),
			rapid.MapOfN(text(odd), value(odd, depth-1), 0, 3).AsAny())
	}
	return rapid.OneOf(usual...)
}

// A state's bytes are those that the library makes of its tags, and are read to the same
// state; those of usual states without the library.
func TestStatesAreStoredAsTheLibraryStoresThem(t *testing.T) {
	t.Parallel()
	c := newCodec(t)
	check := func(odd bool) func(t *rapid.T) {
		return func(t *rapid.T) {
			var s State
			fill(t, reflect.ValueOf(&s).Elem(), odd)
			want, err := library().enc.Marshal(&s)
			if err != nil {
				if b, ours := c.Encode(&s); ours == nil {
					t.Fatalf("stored as %x what the library refuses: %v", b, err)
				}
				return
			}
			got, err := c.Encode(&s)
			if err != nil || got[0] != stateVersion || !bytes.Equal(got[1:], want) {
				t.Fatalf("stored as %x, %v, want %x", got, err, want)
			}
			damaged := bytes.Clone(want)
			damaged[rapid.IntRange(0, len(want)-1).Draw(t, "place")] = rapid.Byte().Draw(t, "damage")
			for _, b := range [][]byte{want, damaged} {
				if err := agree(c, b); err != "" {
					t.Fatalf("%x: %s", b, err)
				}
			}
			var f stored.Form
			var back State
			if _, ok := stored.Append(&f, nil, &s, (*State).form); !odd && (!ok || !stored.Read(&f, want, &back, (*State).form)) {
				t.Fatalf("a usual state is left to the library: %+v", s)
			}
		}
	}
	t.Run("usual", func(t *testing.T) { t.Parallel(); rapid.Check(t, check(false)) })
	t.Run("odd", func(t *testing.T) { t.Parallel(); rapid.Check(t, check(true)) })
}

// agree says in what the codec and the library differ about bytes; empty: in nothing.
func agree(c *Codec, b []byte) string {
	var want State
	wantErr := library().dec.Unmarshal(b, &want)
	got, err := c.Decode(append([]byte{stateVersion}, b...))
	if (err == nil) != (wantErr == nil) {
		return "read with " + errText(err) + ", the library with " + errText(wantErr)
	}
	if err != nil || reflect.DeepEqual(*got, want) {
		return ""
	}
	// What is not a number is not equal to itself.
	a, errA := library().enc.Marshal(got)
	w, errW := library().enc.Marshal(&want)
	if errA != nil || errW != nil || !bytes.Equal(a, w) || !bytes.Contains(w, []byte{0xf9, 0x7e, 0x00}) {
		return "read another state than the library"
	}
	return ""
}

func errText(err error) string {
	if err == nil {
		return "no error"
	}
	return err.Error()
}

// unusual are bytes that can be read though no Encode wrote them.
var unusual = map[string]string{
	"nothing":              "\xa0",
	"an unknown field":     "\xa2\x01\xa1\x01\x61a\x18\x63\xf5",
	"another order":        "\xa2\x04\x61v\x01\xa1\x01\x61a",
	"a map left open":      "\xbf\x01\xbf\x01\x61a\xff\xff",
	"a text left open":     "\xa1\x01\xa1\x01\x7f\x61a\x61b\xff",
	"a list left open":     "\xa1\x09\x9f\xa1\x01\x61j\xff",
	"a field twice":        "\xa2\x04\x61v\x04\x61w",
	"a long number":        "\xa1\x01\xa1\x07\xa1\x01\x1b\x00\x00\x00\x00\x00\x00\x00\x05",
	"a long length":        "\xa1\x04\x7b\x00\x00\x00\x00\x00\x00\x00\x01v",
	"a tagged time":        "\xa1\x01\xa1\x03\xc0\x74" + "2026-01-02T03:04:05Z",
	"a number for a time":  "\xa1\x01\xa1\x03\x1a\x60\x00\x00\x00",
	"null for a text":      "\xa1\x04\xf6",
	"null for a list":      "\xa1\x02\xf6",
	"an empty list":        "\xa1\x02\x80",
	"a false that is said": "\xa1\x01\xa1\x02\xf4",
	"whole traits":         "\xa1\x01\xa1\x04\xa2\x61a\x05\x61b\x24",
	"a trait twice":        "\xa1\x01\xa1\x04\xa2\x61a\xf5\x61a\xf4",
	"short predictions":    "\xa1\x01\xa1\x0b\xa1\x61a\xf9\x3c\x00",
	"a name that is none":  "\xa2\x61x\x05\x04\x61v",
}

// damaged are bytes that nobody can read.
var damaged = map[string]string{
	"a float for a number": "\xa1\x01\xa1\x07\xa1\x01\xfb\x40\x08\x00\x00\x00\x00\x00\x00",
	"a text for a number":  "\xa1\x01\xa1\x07\xa1\x01\x61a",
	"text that is none":    "\xa1\x04\x61\xff",
	"cut off":              "\xa1\x04\x63a",
	"cut off in a number":  "\xa1\x04\x79\x01",
	"more after the end":   "\xa1\x04\x61v\x00",
	"a list without end":   "\xa1\x02\x9a\xff\xff\xff\xff",
	"a short tuple":        "\xa1\x05\x82\xf6\xf6",
	"a time that is none":  "\xa1\x01\xa1\x03\x63now",
	"a decimal too short":  "\xa1\x01\xa1\x07\xa1\x03\x41\x00",
}

// What the library reads is read, though another version of Rapport may have written it.
func TestWhatTheLibraryReadsIsRead(t *testing.T) {
	t.Parallel()
	c := newCodec(t)
	for name, b := range unusual {
		var s State
		if err := library().dec.Unmarshal([]byte(b), &s); err != nil {
			t.Errorf("%s: not even the library reads it: %v", name, err)
		}
		if err := agree(c, []byte(b)); err != "" {
			t.Errorf("%s: %s", name, err)
		}
	}
	for name, b := range damaged {
		if s, err := c.Decode(append([]byte{stateVersion}, b...)); err == nil {
			t.Errorf("%s was read as %+v", name, s)
		}
	}
}

// FuzzDecode reads states that are damaged: as the library reads them, or not at all.
func FuzzDecode(f *testing.F) {
	c := newCodec(f)
	for _, list := range []map[string]string{unusual, damaged} {
		for _, b := range list {
			f.Add([]byte(b))
		}
	}
	for _, s := range []*State{{}, lived(1, 1)} {
		b, err := c.Encode(s)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b[1:])
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if err := agree(c, b); err != "" {
			t.Errorf("%x: %s", b, err)
		}
	})
}

// Who encodes a state only reads it: parts of it may be shared with states that others
// encode at the same time (the race detector says so otherwise).
func TestEncodingOnlyReads(t *testing.T) {
	t.Parallel()
	codec, err := NewCodec()
	if err != nil {
		t.Fatal(err)
	}
	shared := NewState("p1", time.Unix(0, 0))
	shared.Profile.History = profile.History{{Type: "order.completed", Count: 2, First: 1, Last: 2, Sums: []profile.Sum{{Name: 1, Count: 2, Units: 3}}}}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			own := *shared
			if _, err := codec.Encode(&own); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}
