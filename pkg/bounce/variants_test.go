package bounce_test

import (
	"bytes"
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"

	"rapport/pkg/bounce"
)

// TestCorpusReports holds what is read of a report against its fields, which the test cuts out by other means: every
// recipient, with its action, its status and what the server said.
func TestCorpusReports(t *testing.T) {
	t.Parallel()
	mails := corpus(t, "shared")
	var whole rate
	for _, name := range sorted(mails) {
		text := report(mails[name])
		if text == "" {
			continue
		}
		r, err := bounce.Read(mails[name])
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		for _, missing := range unread(text, r) {
			whole.count(false, "%s: %s", name, missing)
		}
		whole.count(len(r.Recipients) > 0, "%s: no recipient", name)
	}
	whole.atLeast(t, 1, "reports of RFC 3464 read whole")
}

// unread are the values of a report that are in no recipient.
func unread(text string, r bounce.Report) (missing []string) {
	for line := range strings.Lines(text) {
		name, value, ok := strings.Cut(strings.TrimSpace(line), ":")
		if !ok || line[0] == ' ' || line[0] == '\t' {
			continue
		}
		_, typed, _ := strings.Cut(value, ";")
		typed = strings.Trim(typed, " <>")
		there := func(has func(bounce.Recipient) bool) {
			if !slices.ContainsFunc(r.Recipients, has) {
				missing = append(missing, strings.TrimSpace(line))
			}
		}
		switch strings.ToLower(name) {
		case "final-recipient":
			if at := strings.IndexByte(typed, '@'); at > 0 && !strings.ContainsAny(typed, " |/") {
				there(func(p bounce.Recipient) bool {
					return strings.EqualFold(p.Address, typed) || strings.EqualFold(p.Final, typed)
				})
			}
		case "action":
			there(func(p bounce.Recipient) bool { return strings.EqualFold(p.Action, strings.Fields(value + " ")[0]) })
		case "status":
			if f := strings.Fields(value); len(f) > 0 && !strings.HasSuffix(f[0], ".0.0") {
				there(func(p bounce.Recipient) bool { return p.Status == f[0] })
			}
		case "diagnostic-code":
			if words := strings.Fields(typed); len(words) > 2 {
				there(func(p bounce.Recipient) bool { return strings.Contains(p.Diagnostic, words[2]) })
			}
		case "remote-mta":
			if typed != "" {
				there(func(p bounce.Recipient) bool { return p.RemoteMTA == strings.Fields(typed)[0] })
			}
		}
	}
	return missing
}

func TestCorpusNotBounces(t *testing.T) {
	t.Parallel()
	mails := corpus(t, "not-bounce")
	var none rate
	for _, name := range sorted(mails) {
		r, err := bounce.Read(mails[name])
		none.count(err == nil && r.Kind != bounce.Bounce && r.Kind != bounce.Delay && r.Kind != bounce.Complaint, "%s: %s, %v", name, r.Kind, err)
	}
	none.atLeast(t, 1, "mails that are no bounces and not taken for one")
}

var lineEnd = regexp.MustCompile(`\r*\n`)

// TestCorpusLineEnds reads the variants that came with the corpus, and every mail of it with other line ends.
func TestCorpusLineEnds(t *testing.T) {
	t.Parallel()
	var same rate
	dos, mac, shared := corpus(t, "crlf-cr-variants/dos"), corpus(t, "crlf-cr-variants/mac"), corpus(t, "shared")
	read := func(b []byte) string {
		r, err := bounce.Read(b)
		if err != nil {
			t.Error(err)
		}
		text, err := json.Marshal(r)
		if err != nil {
			t.Error(err)
		}
		return string(text)
	}
	for _, name := range sorted(dos) {
		want := read(dos[name])
		same.count(want == read(mac[name]), "%s: CR", name)
		if plain := shared[name]; plain != nil {
			same.count(want == read(plain), "%s: LF", name)
		}
	}
	for _, name := range sorted(shared) {
		plain := lineEnd.ReplaceAll(shared[name], []byte("\n"))
		want := read(plain)
		for _, end := range []string{"\r\n", "\r", "\r\r\n"} {
			same.count(want == read(bytes.ReplaceAll(plain, []byte("\n"), []byte(end))), "%s: %q", name, end)
		}
	}
	same.atLeast(t, 1, "mails that read the same with other line ends")
}

// TestCorpusUnlabelled prints what is made of mails for which nobody has said what they are: each is about a failure, a
// complaint, or an automatic answer.
func TestCorpusUnlabelled(t *testing.T) {
	t.Parallel()
	mails := corpus(t, "unlabelled")
	var kinds rate
	for _, name := range sorted(mails) {
		r, err := bounce.Read(mails[name])
		kinds.count(err == nil && r.Kind != bounce.Mail && r.Kind != bounce.Reply, "%s: %s, %v", name, r.Kind, err)
		for _, p := range r.Recipients {
			t.Logf("%s: %s %s %s %d %s (%s) %q", name, r.Kind, p.Address, p.Status, p.Code, p.Class, p.Reason, p.Diagnostic)
		}
	}
	kinds.atLeast(t, 0.9, "unlabelled mails that are taken for mail of machines")
}

func sorted(mails map[string][]byte) (names []string) {
	for name := range mails {
		if strings.HasSuffix(name, ".eml") {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}
