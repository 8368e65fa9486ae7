package postmaster_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"rapport/pkg/bus"
	"rapport/pkg/bus/bustest"
	"rapport/pkg/corpustest"
	"rapport/pkg/feedback"
	"rapport/pkg/message"
	"rapport/pkg/verp"
	"rapport/services/postmaster"
)

// corpus is the mails of the set that Sisimai is tested with (github.com/sisimai/set-of-emails, BSD-2-Clause), in some
// folder. It is not part of the repository.
func corpus(t testing.TB, folder string) (mails [][]byte) {
	t.Helper()
	dir := corpustest.Path(t, "bounces-sisimai/"+folder)
	names, err := filepath.Glob(filepath.Join(dir, "*.eml"))
	if err != nil {
		t.Fatal(err)
	}
	if len(names) == 0 {
		t.Skipf("no mails in %s; set RAPPORT_TESTDATA to where the test data is", dir)
	}
	for _, name := range names {
		raw, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		mails = append(mails, raw)
	}
	return mails
}

// anybody knows every message.
func anybody(_ context.Context, ref message.Ref) (feedback.Origin, error) {
	return feedback.Origin{Profile: "customer-" + ref.ID, Channel: message.Email}, nil
}

// TestCorpus: real mails of many servers come in at addresses of messages of their own, and none is refused. Most of
// them have something to say.
func TestCorpus(t *testing.T) {
	t.Parallel()
	for folder, share := range map[string]float64{ // of the mails that become events, at least
		"shared": 0.95, "unlabelled": 0.8, "crlf-cr-variants/dos": 0.9, "crlf-cr-variants/mac": 0.9, "not-bounce": 0.5,
	} {
		t.Run(folder, func(t *testing.T) {
			t.Parallel()
			mails := corpus(t, folder)
			b := bustest.Start(t, bus.Layout{})
			s := start(t, bus.NewBroker(b.JS), func(o *postmaster.Options) { o.Find, o.Address = anybody, nil })
			c := s.client(t)
			defer func() { _ = c.Close() }()
			for i, raw := range mails {
				ref := message.Ref{ID: message.ID("corpus", folder, i), Partition: 1}
				if err := deliver(c, string(raw), address(t, verp.Bounce, ref)); err != nil {
					t.Errorf("mail %d: %v", i, err)
				}
			}
			byType, about := map[string]int{}, map[string]bool{}
			for _, e := range bustest.Stored(t, b.JS) {
				d := dataOf(t, e)
				byType[e.Type+" "+d.Kind]++
				about[d.MessageID] = true
			}
			t.Logf("%d mails, %d of them became events: %v", len(mails), len(about), byType)
			if got := float64(len(about)) / float64(len(mails)); got < share {
				t.Errorf("%.2f of the mails became events, want %.2f", got, share)
			}
		})
	}
}

// TestCorpusInChunks: the same mails by BDAT, as large senders hand them over.
func TestCorpusInChunks(t *testing.T) {
	t.Parallel()
	r := &recording{}
	s := start(t, r, func(o *postmaster.Options) { o.Find = anybody })
	mails := corpus(t, "shared")[:50]
	conn := s.dial(t)
	say := converse(t, conn)
	say("EHLO x")
	for i, raw := range mails {
		raw = bytes.TrimRight(raw, "\r\n")
		ref := message.Ref{ID: message.ID("chunks", "", i), Partition: 1}
		say("MAIL FROM:<>", "RCPT TO:<"+address(t, verp.Bounce, ref)+">")
		half := len(raw) / 2
		say("BDAT " + strconv.Itoa(half+2) + "\r\n" + string(raw[:half])) // The line's own end is a part of it.
		if last := say("BDAT " + strconv.Itoa(len(raw)-half+2) + " LAST\r\n" + string(raw[half:])); last[:3] != "250" {
			t.Errorf("mail %d is answered %s", i, last)
		}
	}
	if n := len(r.Events(t)); n < 45 {
		t.Errorf("%d events of %d mails", n, len(mails))
	}
}

// TestFeedbackLoops: the complaints of the set come to the address that feedback loops are subscribed with.
func TestFeedbackLoops(t *testing.T) {
	t.Parallel()
	r := &recording{}
	s := start(t, r, nil)
	n := 0
	for _, raw := range corpus(t, "shared") {
		if !bytes.Contains(raw, []byte("message/feedback-report")) {
			continue
		}
		c := s.client(t)
		err := deliver(c, string(raw), "fbl@"+bounceDomain)
		if got, _ := code(err); got != 250 {
			t.Errorf("answered %v", err)
		}
		_ = c.Close()
		n++
	}
	if n == 0 {
		t.Fatal("the set has no complaints")
	}
	if have := len(r.Events(t)); have != 0 {
		t.Errorf("%d events about mails that are not ours", have)
	}
	t.Logf("%d complaints about mails of others: accepted, no event", n)
}
