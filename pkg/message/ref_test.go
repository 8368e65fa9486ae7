package message_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"rapport/pkg/message"
)

func TestReferencesComeBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := message.Command{ID: message.ID(rapid.String().Draw(t, "instance"), "s", 0), Partition: rapid.IntRange(0, 4095).Draw(t, "partition")}
		for _, said := range []string{c.Ref().String(), strings.ToUpper(c.Ref().String())} {
			if got, err := message.ParseRef(said); err != nil || got != c.Ref() {
				t.Fatalf("%q is read as %+v, %v", said, got, err)
			}
		}
	})
}

func TestOtherTextsAreNoReferences(t *testing.T) {
	t.Parallel()
	id := strings.Repeat("0a", 16)
	for _, s := range []string{"", ".", id, id + ".", id + ".-1", id + ".+1", id + ".01", id + ".1.2", id + ".65536", id[1:] + ".1", "g" + id[1:] + ".1", id + ".1 "} {
		if r, err := message.ParseRef(s); err == nil || !r.IsZero() {
			t.Errorf("%q is read as %+v", s, r)
		}
	}
}
