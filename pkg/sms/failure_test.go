package sms_test

import (
	"testing"

	"rapport/pkg/sms"
)

// TestPublishedCodes: every published code means something.
func TestPublishedCodes(t *testing.T) {
	t.Parallel()
	var codes []struct {
		Code    int
		Message string
	}
	published(t, &codes, "twilio", "messaging_error_codes.json")
	classes := map[string]int{}
	for _, c := range codes {
		f, known := sms.Twilio(c.Code)
		if !known || f.Reason == "" || f.Code != c.Code {
			t.Errorf("%d (%s) is %+v", c.Code, c.Message, f)
		}
		classes[f.Class.String()]++
	}
	t.Logf("%d codes: %v", len(codes), classes)
	if classes["other"] > 2 {
		t.Errorf("%d codes have no class", classes["other"])
	}
}

func TestFailures(t *testing.T) {
	t.Parallel()
	for code, want := range map[int]sms.Failure{
		21211: {Class: sms.BadNumber, Suppress: true},
		21614: {Class: sms.BadNumber, Suppress: true},
		30005: {Class: sms.BadNumber, Suppress: true},
		30006: {Class: sms.BadNumber, Suppress: true},
		21610: {Class: sms.OptedOut, Suppress: true},
		63033: {Class: sms.OptedOut, Suppress: true},
		30004: {Class: sms.Blocked, Suppress: true},
		30003: {Class: sms.Unreachable, Retry: true},
		30007: {Class: sms.Filtered},
		30001: {Class: sms.Congested, Retry: true},
		21611: {Class: sms.Congested, Retry: true},
		20429: {Class: sms.RateLimited, Retry: true},
		14107: {Class: sms.RateLimited, Retry: true},
		20003: {Class: sms.Account},
		30034: {Class: sms.Account},
		21606: {Class: sms.Sender},
		21408: {Class: sms.Region},
		21617: {Class: sms.Content},
		63016: {Class: sms.Content},
		21730: {Class: sms.Outage, Retry: true},
		30886: {Class: sms.Setup},
		30008: {Class: sms.Other},
		99999: {Class: sms.Other},
		-1:    {Class: sms.Other},
	} {
		got, known := sms.Twilio(code)
		if got.Reason == "" || known == (code == 99999 || code == -1) {
			t.Errorf("%d: %+v, known %t", code, got, known)
		}
		usable := got.Usable()
		got.Code, got.Reason = 0, ""
		if got != want {
			t.Errorf("%d is %+v (%v), want %+v (%v)", code, got, got.Class, want, want.Class)
		}
		switch got.Class {
		case sms.Account, sms.RateLimited, sms.Congested, sms.Outage:
			if usable {
				t.Errorf("%d would not meet the next message", code)
			}
		default:
			if !usable {
				t.Errorf("%d would meet every message", code)
			}
		}
	}
}

// TestEachCodeOnce: no code stands in two rows, and what is tried again is not suppressed.
func TestEachCodeOnce(t *testing.T) {
	t.Parallel()
	seen := 0
	for code := range 100000 {
		f, known := sms.Twilio(code)
		if !known {
			continue
		}
		seen++
		if f.Suppress && f.Retry {
			t.Errorf("%d is suppressed and tried again", code)
		}
	}
	if rows := sms.TwilioCodes(); rows != seen {
		t.Errorf("the table has %d entries for %d codes", rows, seen)
	}
}
