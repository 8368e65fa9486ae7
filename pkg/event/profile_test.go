package event_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"rapport/pkg/event"
)

// What is cut is a beginning of the proof, of whole characters, and as long as it may be.
func TestProofIsCutAtACharacter(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		s := strings.Repeat(rapid.String().Draw(rt, "text"), rapid.IntRange(0, 60).Draw(rt, "times"))
		cut := event.CutProof(s)
		if !strings.HasPrefix(s, cut) || len(cut) > event.MaxProof || !utf8.ValidString(cut) {
			rt.Fatalf("%q became %q", s, cut)
		}
		if cut != s && len(cut) <= event.MaxProof-utf8.UTFMax {
			rt.Fatalf("only %d bytes are left of %d", len(cut), len(s))
		}
	})
}

// The reader of what is usual reads words about consent as encoding/json does.
func TestConsentIsReadWhole(t *testing.T) {
	t.Parallel()
	data := `{"$profile":{"consent":[{"channel":"email","purpose":"marketing","granted":true,"source":"form","at":"2026-03-02T09:00:00Z","proof":"box 3, \"yes\"","confirmed":true},{"channel":"*","purpose":"*","granted":false,"source":"page"}]}}`
	e := event.Event{Data: []byte(data)}
	got, err := e.Profile()
	if err != nil {
		t.Fatal(err)
	}
	var want struct {
		Profile event.ProfileUpdate `json:"$profile"`
	}
	if err := json.Unmarshal([]byte(data), &want); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, &want.Profile) || got.Consent[0].Proof != `box 3, "yes"` || !got.Consent[0].Confirmed {
		t.Errorf("read %+v, want %+v", got, want.Profile)
	}
}
