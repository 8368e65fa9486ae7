package sms_test

import (
	"strings"
	"testing"

	"rapport/pkg/sms"
)

const (
	benchPlain = "Hi Jane, your order 1042 is on its way and arrives tomorrow. Track it here: https://shop.example/t/8aX2 Reply STOP to opt out."
	benchTyped = "Hi Zoe, it’s “20 % off” everything – today only… Use your code at the till: https://shop.example/s Reply STOP to opt out."
)

func BenchmarkCount(b *testing.B) {
	for name, text := range map[string]string{"gsm": benchPlain, "ucs2": benchTyped, "emoji": strings.Repeat("😀 ok ", 40)} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				sms.Count(text)
			}
		})
	}
}

func BenchmarkSmallest(b *testing.B) {
	for name, text := range map[string]string{"gsm": benchPlain, "typed": benchTyped} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				sms.Smallest(text)
			}
		})
	}
}

func BenchmarkParseNumber(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := sms.ParseNumber("+44 7400 123456", ""); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkRead(b *testing.B) {
	for name, text := range map[string]string{"word": "STOP", "phrase": "please stop texting me", "none": "Hi, when will my order arrive? I need it by Friday, thanks!"} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				sms.Read(text)
			}
		})
	}
}

func BenchmarkTwilio(b *testing.B) {
	for b.Loop() {
		sms.Twilio(63023)
	}
}
