package twiliosink_test

import (
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"rapport/services/rapport/chaos/journal"
	"rapport/services/rapport/chaos/twiliosink"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestMoods(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "sms.jsonl")
	s, err := twiliosink.New(path, func(id string, n int) twiliosink.Decision {
		if n == 0 {
			return twiliosink.Decision{Mood: twiliosink.Mood(strings.ReplaceAll(id, "-", " "))}
		}
		return twiliosink.Decision{Mood: twiliosink.Accept}
	})
	if err != nil {
		t.Fatal(err)
	}
	door, err := s.Door("texter-1")
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	post := func(id string) int {
		form := url.Values{"To": {"+447700900123"}, "From": {"Shop"}, "Body": {"Refunded. ref " + id}}
		resp, err := client.PostForm("http://"+door+"/2010-04-01/Accounts/AC1/Messages.json", form)
		if err != nil {
			return 0
		}
		_ = resp.Body.Close()
		return resp.StatusCode
	}
	want := []struct {
		mood     twiliosink.Mood
		status   int
		accepted bool
	}{
		{twiliosink.Accept, 201, true},
		{twiliosink.TooMany, 429, false},
		{twiliosink.Broken, 503, false},
		{twiliosink.Refuse, 400, false},
		{twiliosink.Drop, 0, false},
		{twiliosink.Swallow, 0, true},
	}
	for _, w := range want {
		if got := post(strings.ReplaceAll(string(w.mood), " ", "-")); got != w.status {
			t.Errorf("%s: answered %d, want %d", w.mood, got, w.status)
		}
	}
	if got := post("429"); got != 201 {
		t.Errorf("the second attempt got %d", got)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	records, err := journal.Read[twiliosink.Record](path)
	if err != nil || len(records) != len(want)+1 {
		t.Fatalf("%d records, %v", len(records), err)
	}
	for i, w := range want {
		if r := records[i]; r.Mood != w.mood || r.Accepted != w.accepted || r.Worker != "texter-1" || r.To != "+447700900123" {
			t.Errorf("%s: recorded %+v", w.mood, r)
		}
	}
}
