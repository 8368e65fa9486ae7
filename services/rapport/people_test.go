package main_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"rapport/pkg/store"
	"rapport/pkg/store/sqlite"
)

// beside runs a command with the flags of a running program, and checks what it says.
func (r *running) beside(t *testing.T, data string, code int, args []string, want ...string) {
	t.Helper()
	switch args[0] {
	case "erase":
		args = append(args, "--url", r.events)
	case "consent":
		if args[1] == "import" {
			args = append(args, "--url", r.events)
			break
		}
		fallthrough
	default:
		args = append(args, "--data", data)
	}
	got := execute(t, command(t, t.TempDir(), args...))
	for _, w := range want {
		if got.code != code || !strings.Contains(got.out+got.errors, w) {
			t.Errorf("%v: exit code %d, want %d; %s%s\nwant in it: %s", args, got.code, code, got.out, got.errors, w)
		}
	}
}

// until waits until a look into the store says that something is so.
func until(t *testing.T, data, what string, so func(st *sqlite.Store) bool) {
	t.Helper()
	st, err := sqlite.OpenBeside(t.Context(), sqlite.Options{Dir: data})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = st.Close() }()
	tick, over := time.NewTicker(50*time.Millisecond), time.NewTimer(patience)
	defer tick.Stop()
	defer over.Stop()
	for !so(st) {
		select {
		case <-tick.C:
		case <-over.C:
			t.Fatalf("it never came to this: %s", what)
		}
	}
}

// The list is looked after beside a running stack, and the mailer asks it.
func TestSuppressBesideARunningStack(t *testing.T) {
	t.Parallel()
	data, dir := t.TempDir(), t.TempDir()
	r := up(t, data)
	r.beside(t, data, 0, []string{"suppress", "check", "email", "ada@example.com"}, "ada@example.com is not on the list of email")
	r.beside(t, data, 0, []string{"suppress", "add", "email", "ADA@example.com"}, "is on the list of email")
	r.beside(t, data, 0, []string{"suppress", "check", "email", "ada@example.com"}, "ada@example.com is on the list of email: manual")
	r.accepted(t, order("S-1", "ada", "Ada", "Lamp"))
	r.accepted(t, order("S-2", "bob", "Bob", "Lamp"))
	r.await(t, 1, url.Values{"to": {"bob@example.com"}})
	until(t, data, "the order of ada is answered", func(st *sqlite.Store) bool {
		rows, err := st.Messages(t.Context(), store.MessageFilter{Profile: "ada", Outcome: "suppressed"})
		return err == nil && len(rows) == 1 && rows[0].Reason == "suppressed"
	})
	file := write(t, dir, "list.csv", "channel,address,reason,at\nemail,cy@example.com,,\nemail,nobody,,\nsms,+447700900001,opted_out,2025-01-02\n"+
		"email,dee@example.com,bored,\nemail,x\n")
	r.beside(t, data, 1, []string{"suppress", "import", file}, "2 rows from "+file, "list.csv:3: \"nobody\" is no e-mail address",
		"list.csv:5: there is no reason \"bored\"", "list.csv:6: has 2 values, and there are 4 columns", "3 rows of")
	r.beside(t, data, 0, []string{"suppress", "list"}, "2025-01-02 00:00:00", "opted_out", "imported", "manual")
	r.beside(t, data, 0, []string{"suppress", "list", "--json"}, `"reason":"opted_out"`)
	r.beside(t, data, 0, []string{"suppress", "remove", "email", "ada@example.com"}, "is off the list of email")
	r.beside(t, data, 1, []string{"suppress", "remove", "email", "ada@example.com"}, "ada@example.com is not on the list of email")
}

// Consent comes with its proof, once, however often the file is imported; and a person is
// forgotten.
func TestConsentAndErasureBesideARunningStack(t *testing.T) {
	t.Parallel()
	data, dir := t.TempDir(), t.TempDir()
	r := up(t, data)
	file := write(t, dir, "consent.csv", "email,channel,purpose,granted,at,source,proof,confirmed\n"+
		"ada@example.com,email,marketing,true,2025-01-02T10:00,form,\"newsletter form, wording 3\",true\n"+
		"ada@example.com,sms,marketing,true,2025-01-02T10:00,form,,\n"+
		"ada@example.com,sms,marketing,perhaps,2025-01-02T10:00,form,p,\n"+
		"ada@example.com,email,marketing,false,2025-02-02,phone,call of 2 February,\n")
	known := func(st *sqlite.Store) (n int) {
		c, err := st.Counts(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return c.Events["consent.imported"]
	}
	for range 2 {
		r.beside(t, data, 1, []string{"consent", "import", file}, "2 decisions from "+file, "consent.csv:3: proof is empty", "consent.csv:4: granted is \"perhaps\"")
	}
	r.accepted(t, order("E-1", "ada@example.com", "Ada", "Lamp"))
	until(t, data, "the order is applied", func(st *sqlite.Store) bool {
		c, err := st.Counts(t.Context())
		if err == nil && c.Events["order.completed"] == 1 && known(st) != 2 {
			t.Errorf("%d decisions are known, want each once", known(st))
		}
		return err == nil && c.Events["order.completed"] == 1
	})
	r.beside(t, data, 0, []string{"consent", "show", "ada@example.com"}, "2025-01-02 10:00:00  email    marketing  yes, confirmed  form    newsletter form, wording 3",
		"2025-02-02 00:00:00  email    marketing  no              phone   call of 2 February")
	r.beside(t, data, 0, []string{"consent", "show", "ada@example.com", "--json"}, `"proof": "call of 2 February"`)
	r.beside(t, data, 1, []string{"consent", "show", "nobody"}, `nobody is known as "nobody"`)

	r.beside(t, data, 0, []string{"erase", "ada@example.com"}, "ada@example.com will be erased")
	until(t, data, "ada is erased", func(st *sqlite.Store) bool {
		reasons, err := st.Suppressed(t.Context(), []store.Address{{Channel: "email", Address: "ada@example.com@example.com"}})
		return err == nil && reasons[0] == store.Erased
	})
	r.beside(t, data, 1, []string{"consent", "show", "ada@example.com"}, "nobody is known as")
	r.interrupt(t)
	r.beside(t, data, 1, []string{"erase", "bob"}, "bob is not erased: the event API does not answer", "start rapport up, or name its address with --url")
}
