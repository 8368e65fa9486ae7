package sms_test

import (
	"strings"
	"testing"

	"rapport/pkg/sms"
)

func TestSizes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, text string
		want       sms.Size
		lengths    []int // of the parts, in bytes
	}{
		{"nothing", "", sms.Size{Room: 160}, nil},
		{"one", "a", sms.Size{Units: 1, Segments: 1, Room: 159, Characters: 1}, []int{1}},
		{"full", strings.Repeat("a", 160), sms.Size{Units: 160, Segments: 1, Characters: 160}, []int{160}},
		{"one more", strings.Repeat("a", 161), sms.Size{Units: 161, Segments: 2, Room: 145, Characters: 161}, []int{153, 8}},
		{"two full", strings.Repeat("a", 306), sms.Size{Units: 306, Segments: 2, Characters: 306}, []int{153, 153}},
		{"ten thousand", strings.Repeat("a", 1530), sms.Size{Units: 1530, Segments: 10, Characters: 1530}, []int{153, 153, 153, 153, 153, 153, 153, 153, 153, 153}},
		{"euros", strings.Repeat("€", 80), sms.Size{Units: 160, Segments: 1, Characters: 80}, []int{240}},
		// 153 is odd: the last septet of a part stays empty before an extension character.
		{"euros in parts", strings.Repeat("€", 81), sms.Size{Units: 162, Segments: 2, Room: 143, Characters: 81}, []int{228, 15}},
		{"euro at the border", strings.Repeat("a", 152) + "€" + strings.Repeat("b", 10), sms.Size{Units: 164, Segments: 2, Room: 141, Characters: 163}, []int{152, 13}},
		// 306 septets that do not fit two parts, since an escape would stand alone.
		{"euro costs a part", strings.Repeat("a", 152) + "€" + strings.Repeat("b", 152), sms.Size{Units: 306, Segments: 3, Room: 152, Characters: 305}, []int{152, 154, 1}},
		{"one cyrillic letter", strings.Repeat("a", 152) + "ж", sms.Size{Encoding: sms.UCS2, Units: 153, Segments: 3, Room: 48, Characters: 153}, []int{67, 67, 20}},
		{"70", strings.Repeat("ж", 70), sms.Size{Encoding: sms.UCS2, Units: 70, Segments: 1, Characters: 70}, []int{140}},
		{"emoji", strings.Repeat("😀", 35), sms.Size{Encoding: sms.UCS2, Units: 70, Segments: 1, Characters: 35}, []int{140}},
		{"emoji in parts", strings.Repeat("😀", 36), sms.Size{Encoding: sms.UCS2, Units: 72, Segments: 2, Room: 61, Characters: 36}, []int{132, 12}},
		{"family", "👨‍👩‍👧", sms.Size{Encoding: sms.UCS2, Units: 8, Segments: 1, Room: 62, Characters: 1}, []int{18}},
		{"flags and tone", "🇩🇪🇫🇷👍🏽", sms.Size{Encoding: sms.UCS2, Units: 12, Segments: 1, Room: 58, Characters: 3}, []int{24}},
		{"Korean", "\u1112\u1161\u11ab\u1100\u1173\u11af", sms.Size{Encoding: sms.UCS2, Units: 6, Segments: 1, Room: 64, Characters: 2}, []int{18}},
		{"no UTF-8", "a\xffb", sms.Size{Encoding: sms.UCS2, Units: 3, Segments: 1, Room: 67, Characters: 3}, []int{3}},
		{"brackets cost one in UCS-2", "[ж]", sms.Size{Encoding: sms.UCS2, Units: 3, Segments: 1, Room: 67, Characters: 3}, []int{4}},
	} {
		if got := sms.Count(c.text); got != c.want {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.want)
		}
		parts := sms.Split(c.text)
		if len(parts) != len(c.lengths) {
			t.Errorf("%s: %d parts, want %d", c.name, len(parts), len(c.lengths))
			continue
		}
		for i, p := range parts {
			if len(p) != c.lengths[i] {
				t.Errorf("%s: part %d has %d bytes, want %d", c.name, i, len(p), c.lengths[i])
			}
		}
	}
}

// TestAlphabet is the default alphabet and its extension as TS 23.038 prints them, by rows.
func TestAlphabet(t *testing.T) {
	t.Parallel()
	const basic = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?" +
		"¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
	const extended = "\f^{}\\[~]|€"
	septets := map[rune]int{}
	for _, r := range basic {
		septets[r] = 1
	}
	for _, r := range extended {
		septets[r] = 2
	}
	if len(septets) != 127+10 { // the escape is no character
		t.Fatalf("%d characters", len(septets))
	}
	for r := range rune(0x30000) {
		if r >= 0xD800 && r < 0xE000 {
			continue
		}
		got, want := sms.Count(string(r)), septets[r]
		if want == 0 && got.Encoding != sms.UCS2 || want > 0 && (got.Encoding != sms.GSM7 || got.Units != want) {
			t.Fatalf("%U: %+v, want %d septets", r, got, want)
		}
	}
}

func TestSmart(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text, want string
		changes    int
	}{
		{"It’s “20 % off” – today…", "It's \"20 % off\" - today...", 5},
		{"plain", "plain", 0},
		{"10\u00a0€", "10 €", 1},
		{"jalapen\u0303o", "jalapeño", 1},
		{"Zoe\u0308", "Zoe\u0308", 0}, // ë is not in the alphabet
		{"“Zoë”", "\"Zoë\"", 2},
		{"e\u0301\u0301", "é\u0301", 1},
		{"1\u03389\u0338", "1\u03389\u0338", 0}, // a price that was struck through
		{"\u0338", "/", 1},
		{"‼\ufe0f ok", "!! ok", 1},
		{"a\xff“", "a\xff\"", 1},
		{"日本。", "日本.", 1},
	} {
		got, changes := sms.Smart(c.text)
		if got != c.want || len(changes) != c.changes {
			t.Errorf("%q becomes %q by %v, want %q by %d", c.text, got, changes, c.want, c.changes)
		}
	}
}

func TestSmallest(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a", 80)
	for text, want := range map[string]string{
		"“short”":                           "“short”", // one segment either way
		"“" + long + "”":                    "\"" + long + "\"",
		"“" + long + "” 😀":                  "“" + long + "” 😀", // UCS-2 anyway
		long + strings.Repeat("\u200b", 60): long,
	} {
		if got, _ := sms.Smallest(text); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
}

func TestCostly(t *testing.T) {
	t.Parallel()
	got := sms.Costly("“ça” 😀 n\u0303 Zoe\u0308 ok\u200b")
	want := []sms.Culprit{
		{Offset: 0, Text: "“", Remedy: sms.Automatic, Instead: "\""},
		{Offset: 3, Text: "ç", Remedy: sms.Rewrite, Instead: "c"},
		{Offset: 6, Text: "”", Remedy: sms.Automatic, Instead: "\""},
		{Offset: 10, Text: "😀", Remedy: sms.Remove},
		{Offset: 15, Text: "n\u0303", Remedy: sms.Automatic, Instead: "ñ"},
		{Offset: 22, Text: "\u0308", Remedy: sms.Rewrite},
		{Offset: 27, Text: "\u200b", Remedy: sms.Automatic},
	}
	if len(got) != len(want) {
		t.Fatalf("%v", got)
	}
	for i, w := range want {
		if got[i] != w {
			t.Errorf("%d: %+v, want %+v", i, got[i], w)
		}
	}
	for i, words := range map[int]string{
		0: "“ (U+201C) is not in the GSM alphabet, so that a segment has 70 characters and not 160: smart encoding sends \"\\\"\"",
		1: "ç (U+00E7) is not in the GSM alphabet, so that a segment has 70 characters and not 160: write \"c\"",
		3: "😀 (U+1F600) is not in the GSM alphabet, so that a segment has 70 characters and not 160: leave it out, or accept the price",
		5: "U+0308 is not in the GSM alphabet, so that a segment has 70 characters and not 160: write \"\"",
		6: "U+200B is not in the GSM alphabet, so that a segment has 70 characters and not 160: smart encoding leaves it out",
	} {
		if s := got[i].String(); s != words {
			t.Errorf("%s\nwant %s", s, words)
		}
	}
	if c := sms.Costly("£5 off [today]"); c != nil {
		t.Errorf("%v", c)
	}
}
