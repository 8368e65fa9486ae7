package packing_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"testing"

	"pgregory.net/rapid"

	"rapport/pkg/store/packing"
)

const order = `{"order_id":"A-1","total":27.50,"currency":"GBP","products":[` +
	`{"product_id":"22423","name":"Regency cake stand","price":12.75,"quantity":2,"category":"Home"},` +
	`{"product_id":"21212","name":"Cake cases, retro spot","price":2.00,"quantity":1,"category":"Home"}]}`

// What was packed by an earlier version is unpacked by this one: neither the dictionary nor the form of a way changes.
func TestWhatWasPackedOnceStaysReadable(t *testing.T) {
	t.Parallel()
	const once = "810232fa0108412d3139f90432373ecd0b82f901083234323d7f40526567656e63792063616b65207374616e2efe010c322e3735150004003246910142db0110323132313219605443616b652063617365732c20726574726f2073706f74196408322e3021f4150010186f6d65227d5d7d"
	kept, err := hex.DecodeString(once)
	if err != nil {
		t.Fatal(err)
	}
	got, err := packing.New().Unpack(kept, packing.Dictionary1)
	if err != nil || string(got) != order {
		t.Errorf("unpacked %q %v", got, err)
	}
	dictionary, err := os.ReadFile("dictionary1.bin")
	if err != nil {
		t.Fatal(err)
	}
	const made = "6b27bcbd8eb3f725de3679eeabffe131b013bab368572f07982b432b45869b16"
	if sum := sha256.Sum256(dictionary); hex.EncodeToString(sum[:]) != made {
		t.Error("dictionary1.bin is not what rows were packed with: restore it, and give a new dictionary a new number")
	}
}

func TestPack(t *testing.T) {
	t.Parallel()
	p := packing.New()
	long := bytes.Repeat([]byte(order), 40)
	for what, b := range map[string][]byte{"nothing": nil, "empty": {}, "short": []byte(`{"total":1}`), "an order": []byte(order), "long": long} {
		kept, way := p.Pack(b)
		got, err := p.Unpack(kept, way)
		if err != nil || !bytes.Equal(got, b) || (got == nil) != (b == nil) {
			t.Errorf("%s: %q came back as %q, %v", what, b, got, err)
		}
		if len(b) > 200 && len(kept) > len(b)/2 {
			t.Errorf("%s takes %d of %d bytes", what, len(kept), len(b))
		}
	}
}

// What cannot be made shorter is kept as it is, and nothing else is done to it.
func TestPackIsNoBurden(t *testing.T) {
	t.Parallel()
	noise := make([]byte, 0, 512)
	for i := range 16 {
		sum := sha256.Sum256([]byte{byte(i)})
		noise = append(noise, sum[:]...)
	}
	if kept, way := packing.New().Pack(noise); way != packing.Plain || !bytes.Equal(kept, noise) {
		t.Errorf("noise was packed in way %d to %d bytes", way, len(kept))
	}
}

func TestUnpackRefuses(t *testing.T) {
	t.Parallel()
	p := packing.New()
	kept, way := p.Pack([]byte(order))
	endless := []byte{0xff, 0xff, 0xff, 0xff, 0x0f, 0}
	for what, b := range map[string][]byte{"nothing": nil, "half": kept[:len(kept)/2], "a length without end": endless} {
		if got, err := p.Unpack(b, way); err == nil {
			t.Errorf("%s: unpacked to %q", what, got)
		}
	}
	if _, err := p.Unpack(kept, way+1); err == nil {
		t.Error("a way that nobody knows was unpacked")
	}
}

func TestWhateverIsPackedComesBack(t *testing.T) {
	t.Parallel()
	p := packing.New()
	piece := rapid.OneOf(rapid.Just([]byte(order)), rapid.Just([]byte("order.completed")), rapid.SliceOfN(rapid.Byte(), 0, 90))
	rapid.Check(t, func(t *rapid.T) {
		b := bytes.Join(rapid.SliceOfN(piece, 0, 12).Draw(t, "pieces"), nil)
		before := bytes.Clone(b)
		kept, way := p.Pack(b)
		got, err := p.Unpack(kept, way)
		if err != nil || !bytes.Equal(got, before) {
			t.Fatalf("%q came back as %q, %v", before, got, err)
		}
	})
}

func FuzzUnpack(f *testing.F) {
	p := packing.New()
	kept, _ := p.Pack([]byte(order))
	f.Add(kept)
	f.Add(kept[:20])
	f.Fuzz(func(_ *testing.T, b []byte) { _, _ = p.Unpack(b, packing.Dictionary1) })
}

// BenchmarkPacking packs and unpacks the data of an order.
func BenchmarkPacking(b *testing.B) {
	p := packing.New()
	kept, way := p.Pack([]byte(order))
	b.Run("pack", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			p.Pack([]byte(order))
		}
		b.ReportMetric(100*float64(len(kept))/float64(len(order)), "%kept")
	})
	b.Run("unpack", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := p.Unpack(kept, way); err != nil {
				b.Fatal(err)
			}
		}
	})
}
