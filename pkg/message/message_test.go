package message_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"rapport/pkg/event"
	"rapport/pkg/message"
)

func TestIdentityIsFixedForever(t *testing.T) {
	t.Parallel()
	// Stored messages, claims and the broker's memory hold ids made by this rule.
	if got, want := message.ID("instance", "step", 0), "c8acba27f5243027"; got[:16] != want {
		t.Errorf("ID = %s, want it to begin with %s", got, want)
	}
	if message.Hash("ab", "c") == message.Hash("a", "bc") {
		t.Error("different parts have one hash")
	}
}

func TestReceiptIsAnEventWithADerivedID(t *testing.T) {
	t.Parallel()
	cmd := message.Command{ID: "m1", Profile: "ada", Journey: "j", Step: "s", Channel: message.Email, Template: "t"}
	for outcome, typ := range map[message.Outcome]string{
		message.Sent: event.MessageSent, message.Failed: event.MessageFailed, message.Uncertain: event.MessageUncertain, message.Suppressed: event.MessageSuppressed,
	} {
		r := message.ReceiptFor(&cmd, outcome, "", time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC))
		e, err := r.Event("rapport/mailer", cmd.Profile)
		if err != nil {
			t.Fatal(err)
		}
		data, err := r.Encode()
		if err != nil {
			t.Fatal(err)
		}
		// What was encoded for the record says the same in the event.
		if same, err := r.EventOf(data, "rapport/mailer", cmd.Profile); err != nil || !reflect.DeepEqual(same, e) {
			t.Errorf("event %+v of what was encoded, %v, want %+v", same, err, e)
		}
		if err := e.Validate(); err != nil || e.Type != typ || e.ID != "m1/"+string(outcome) || e.Subject != "ada" {
			t.Errorf("event %+v, %v", e, err)
		}
	}
}

// A command is written member by member: one that is added to it must not be forgotten.
func TestCommandsAreThoseOfEncodingJSON(t *testing.T) {
	t.Parallel()
	var full message.Command
	fields := reflect.ValueOf(&full).Elem()
	for i := range fields.NumField() {
		switch f := fields.Field(i); f.Interface().(type) {
		case int:
			f.SetInt(7)
		case time.Time:
			f.Set(reflect.ValueOf(time.Date(2026, 3, 2, 9, 0, 0, 70, time.UTC)))
		case json.RawMessage:
			f.SetBytes([]byte(`{"profile":{}}`))
		default:
			f.SetString("<" + fields.Type().Field(i).Name + ">")
		}
	}
	for _, c := range []message.Command{full, {}} {
		want, err := json.Marshal(&c)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := c.Encode(); err != nil || string(got) != string(want) {
			t.Errorf("\n got %s, %v\nwant %s", got, err, want)
		}
	}
	unsayable := time.Date(12345, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, c := range []message.Command{{DecidedAt: unsayable}, {EventAt: unsayable}, {Until: unsayable}} {
		if _, err := c.Encode(); err == nil {
			t.Errorf("a time that JSON cannot say was written: %+v", c)
		}
	}
}

// Commands without the event's time, which those of former versions are, are read all the
// same, and one whose time is not known does not say any.
func TestCommandsOfFormerVersionsAreRead(t *testing.T) {
	t.Parallel()
	var old message.Command
	if err := json.Unmarshal([]byte(`{"id":"m1","decided_at":"2026-03-02T09:00:00Z","vars":{}}`), &old); err != nil || !old.EventAt.IsZero() {
		t.Fatalf("%+v, %v", old, err)
	}
	if b, err := old.Encode(); err != nil || strings.Contains(string(b), "event_at") {
		t.Errorf("written as %s, %v", b, err)
	}
}

func TestCommandsTravelWhole(t *testing.T) {
	t.Parallel()
	for _, vars := range []string{"", `{"profile":{"id":"a \"quoted\" one"},"trigger":{"total":0.10}}`} {
		in := message.Command{ID: "m1", Profile: "ada <b>", To: "ada@example.com", DecidedAt: time.Date(2026, 3, 2, 9, 0, 0, 7, time.UTC)}
		if vars != "" {
			in.Vars = json.RawMessage(vars)
		}
		b, err := in.Encode()
		if err != nil {
			t.Fatal(err)
		}
		var out message.Command
		if err := json.Unmarshal(b, &out); err != nil {
			t.Fatalf("%v in %s", err, b)
		}
		if out.Profile != in.Profile || !out.DecidedAt.Equal(in.DecidedAt) || (vars != "" && string(out.Vars) != vars) {
			t.Errorf("sent %+v, came %+v", in, out)
		}
	}
}
