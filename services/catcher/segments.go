package catcher

import (
	"strings"
	"unicode/utf16"
)

// gsm holds the characters of the GSM 7-bit default alphabet and gsmEscaped those of its extension, which take two
// septets (3GPP TS 23.038, sections 6.2.1 and 6.2.1.1).
const (
	gsm = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿" +
		"abcdefghijklmnopqrstuvwxyzäöñüà"
	gsmEscaped = "\f^{}\\[~]|€"
)

// Segments says how an SMS travels.
type Segments struct {
	Encoding   string `json:"encoding"` // GSM-7 or UCS-2
	Characters int    `json:"characters"`
	Count      int    `json:"count"`
}

// segment counts the parts of a text: one of 160 septets or 70 UTF-16 units; else several of 153 or 67, because a header
// joins them (3GPP TS 23.040, section 9.2.3.24). No character is split between two parts: not an escaped one, not a
// surrogate pair.
func segment(text string) Segments {
	s := Segments{Encoding: "GSM-7"}
	single, part := 160, 153
	widths := make([]int, 0, len(text))
	for _, r := range text {
		switch {
		case strings.ContainsRune(gsm, r):
			widths = append(widths, 1)
		case strings.ContainsRune(gsmEscaped, r):
			widths = append(widths, 2)
		default:
			s.Encoding = "UCS-2"
		}
	}
	if s.Encoding == "UCS-2" {
		single, part = 70, 67
		widths = widths[:0]
		for _, r := range text {
			widths = append(widths, utf16.RuneLen(r))
		}
	}
	total := 0
	for _, w := range widths {
		total += w
	}
	s.Characters, s.Count = len(widths), 1
	if total <= single {
		return s
	}
	used := 0
	for _, w := range widths {
		if used+w > part {
			s.Count++
			used = 0
		}
		used += w
	}
	return s
}
