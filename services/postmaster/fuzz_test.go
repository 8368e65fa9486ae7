package postmaster_test

import (
	"bytes"
	"strings"
	"testing"

	"rapport/pkg/verp"
	"rapport/services/postmaster"
)

// FuzzData sends anything as a mail. With all parts well nobody is told to come again, nothing breaks, and what comes of
// it is about the message whose address it came to, and about no address but its person's.
func FuzzData(f *testing.F) {
	for _, seed := range []string{
		report("failed", "5.1.1", zoe, ""), report("failed", "5.1.1", "max@home.example", "X-Rapport-Ref: "+other.String()+"\n"),
		complaint("abuse", "X-Rapport-Ref: "+sent.String()+"\n"), letter("f", "unsubscribe", ""), letter("g", "Re: x", "Hello", answering),
		"", "\r\n", ".\r\n", "A: \xff\r\n\r\n.\r\n..\r\n", "Message-ID: \r\n\r\n", strings.Repeat("Received: x\r\n", 60),
	} {
		f.Add([]byte(seed), false)
		f.Add([]byte(seed), true)
	}
	r := &recording{}
	s := start(f, r, func(o *postmaster.Options) { // A socket of this machine: ports run out.
		o.Network, o.Addr, o.PerMessage = "unix", socket(f), -1
	})
	f.Fuzz(func(t *testing.T, mail []byte, plain bool) {
		to := address(t, verp.Bounce, sent)
		if plain {
			to = "postmaster@" + bounceDomain
		}
		err := s.send(t, string(mail), to)
		if got, _ := code(err); got != 250 && got != 554 && !(got == 552 && longest(mail) > 100<<10) {
			t.Fatalf("answered %v", err)
		}
		for _, e := range r.Events(t) {
			d := dataOf(t, e)
			if !plain && d.MessageID != mid {
				t.Errorf("an event about %s", d.MessageID)
			}
			if (e.Type == "email.bounced" || e.Type == "email.complained") && d.Address != "" && d.Address != zoe && d.Address != "max@home.example" {
				t.Errorf("an event that suppresses %q", d.Address)
			}
		}
		r.Forget()
	})
}

// longest is the length of the longest line.
func longest(mail []byte) (n int) {
	for line := range bytes.Lines(mail) {
		n = max(n, len(line))
	}
	return n
}
