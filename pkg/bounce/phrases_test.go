package bounce

import (
	"strings"
	"testing"
)

// TestPhrasesReachable holds every phrase against the whole table: a phrase that an earlier row takes is dead.
func TestPhrasesReachable(t *testing.T) {
	t.Parallel()
	for i, row := range phrases {
		for _, words := range row.words {
			if words != strings.ToLower(words) || words != oneLine(words) {
				t.Errorf("row %d (%s): %q is not in lower case with single spaces", i, row.reason, words)
			}
			if got, ok := phraseIn(words, row.status); !ok || got.verdict != row.verdict {
				t.Errorf("row %d (%s): %q is taken by %s (%s)", i, row.reason, words, got.reason, got.class)
			}
		}
	}
}

// TestClassify has what the table of codes and the text decide together.
func TestClassify(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		status string
		code   int
		said   string
		want   Class
	}{
		{"5.1.1", 550, "", Hard},
		{"5.1.2", 550, "", Hard},
		{"5.1.3", 501, "", Hard},
		{"5.1.6", 551, "", Hard},
		{"5.1.10", 550, "", Hard},
		{"5.2.1", 550, "", Hard},
		{"4.2.2", 452, "", Soft},
		{"5.2.2", 552, "", Soft},
		{"4.2.1", 450, "user unknown", Soft},
		{"4.7.0", 421, "greylisted", Soft},
		{"5.7.1", 550, "rejected", Block},
		{"5.7.1", 550, "5.7.1 user unknown", Hard},
		{"5.7.26", 550, "no such user", Block},
		{"5.7.25", 550, "", Block},
		{"5.7.999", 550, "", Block},
		{"5.3.4", 552, "", Message},
		{"5.2.3", 552, "", Message},
		{"5.6.1", 554, "", Message},
		{"5.1.1", 550, "blocked using a blocklist", Block},
		{"5.1.1", 550, "mailbox full", Soft},
		{"5.5.0", 550, "Requested action not taken: mailbox unavailable", Hard},
		{"5.4.1", 550, "Recipient address rejected: Access denied", Hard},
		{"5.7.1", 554, "Recipient address rejected: Access denied", Block},
		{"", 550, "The domain of sender address x@y does not exist", Block},
		{"", 550, "see https://help.example/user-unknown", Other},
		{"", 550, "mail for spam@user-unknown.example refused", Other},
		{"", 552, "", Soft},
		{"", 451, "", Soft},
		{"5.0.0", 550, "", Other},
		{"", 0, "", Other},
	} {
		if got, reason := classify(test.status, test.code, test.said); got != test.want || reason == "" {
			t.Errorf("%q %d %q: %s (%s), want %s", test.status, test.code, test.said, got, reason, test.want)
		}
	}
}

func TestEnhancedCodes(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"550 5.1.1 x":                  "5.1.1",
		"(#5.7.1)":                     "5.7.1",
		"550-5.7.26 a 550 5.7.27 b":    "5.7.26 5.7.27",
		"host [5.1.1.9] 15.1.1 5.1":    "",
		"5.1.1234 5.1.1. 4.4.7, 6.1.1": "5.1.1 4.4.7",
	} {
		if got := strings.Join(enhancedCodes(text), " "); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestAddressesIn(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"<a.b@example.org>: x":             "a.b@example.org",
		"to a@example.org, A@EXAMPLE.ORG.": "a@example.org",
		"联系a@example.jp您好，":                "a@example.jp",
		"müller@köln.example":              "müller@köln.example",
		"F=[x@y.example] T=[z@y.example]":  "x@y.example z@y.example",
		"a@ @b @ a@.":                      "",
	} {
		if got := strings.Join(addressesIn(text), " "); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}
