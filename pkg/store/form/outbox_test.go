package form_test

import (
	"bytes"
	"reflect"
	"testing"

	"rapport/pkg/store"
	"rapport/pkg/store/form"
)

// TestPackOutbox packs messages that a lesser encoding would change or refuse; a batch that
// went in and does not come out would stop the relay for ever.
func TestPackOutbox(t *testing.T) {
	t.Parallel()
	want := []store.Outgoing{
		{Subject: "send.email", ID: "1", Header: map[string]string{"traceparent": "00-ab", "": ""}, Data: []byte{0, 255}},
		{Subject: "not UTF-8: \xff\xfe", ID: "\x00", Header: map[string]string{"\xc3": "\xa0"}},
		{},
	}
	buffer := bytes.NewBufferString("of another outbox")
	if err := form.PackOutbox(buffer, want); err != nil {
		t.Fatal(err)
	}
	packed := buffer.Bytes()
	got, err := form.UnpackOutbox(packed)
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %q (%v), want %q", got, err, want)
	}
	for _, torn := range [][]byte{nil, packed[:len(packed)-1], []byte("{}")} {
		if out, err := form.UnpackOutbox(torn); err == nil {
			t.Errorf("torn data came out as %q", out)
		}
	}
}
