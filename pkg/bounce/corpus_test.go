package bounce_test

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"rapport/pkg/bounce"
)

// The corpus is the set of mails with which Sisimai is tested (github.com/sisimai/set-of-emails, BSD-2-Clause), and
// labels.csv what Sisimai makes of each. It is not part of the repository.
func corpus(tb testing.TB, folder string) map[string][]byte {
	tb.Helper()
	root := os.Getenv("RAPPORT_TESTDATA")
	if root == "" {
		root = filepath.Join(repository(tb), "..", "shared", "testdata")
	}
	names, err := filepath.Glob(filepath.Join(root, "bounces-sisimai", folder, "*.eml"))
	if err != nil {
		tb.Fatal(err)
	}
	if len(names) == 0 {
		tb.Skipf("no bounces-sisimai/%s/*.eml below %s: set RAPPORT_TESTDATA to the folder that has the test data", folder, root)
	}
	mails := map[string][]byte{}
	for _, name := range append(names, filepath.Join(root, "bounces-sisimai", folder, "labels.csv")) {
		b, err := os.ReadFile(name)
		if err != nil && filepath.Ext(name) == ".eml" {
			tb.Fatal(err)
		}
		mails[filepath.Base(name)] = b
	}
	return mails
}

func repository(tb testing.TB) string {
	tb.Helper()
	dir, err := os.Getwd()
	if err != nil {
		tb.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.work")); err == nil {
			return dir
		}
		above := filepath.Dir(dir)
		if above == dir {
			tb.Skip("no go.work above this directory, so the shared test data cannot be found: set RAPPORT_TESTDATA")
		}
		dir = above
	}
}

// label is a line of labels.csv: what Sisimai says about one recipient.
type label struct{ file, status, reason, class string }

func labels(t *testing.T, mails map[string][]byte) (files []string, byFile map[string][]label) {
	t.Helper()
	rows, err := csv.NewReader(bytes.NewReader(mails["labels.csv"])).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	byFile = map[string][]label{}
	for _, row := range rows[1:] {
		l := label{file: row[0], status: row[2], reason: row[4], class: row[7]}
		if byFile[l.file] == nil {
			files = append(files, l.file)
		}
		byFile[l.file] = append(byFile[l.file], l)
	}
	return files, byFile
}

// rate counts, and remembers what was missed.
type rate struct {
	right, all int
	missed     []string
}

func (r *rate) count(ok bool, format string, args ...any) {
	r.all++
	if ok {
		r.right++
		return
	}
	r.missed = append(r.missed, fmt.Sprintf(format, args...))
}

// atLeast prints the rate with what was missed, and fails when it is under its target.
func (r *rate) atLeast(t *testing.T, target float64, what string) {
	t.Helper()
	if r.all == 0 {
		t.Fatalf("%s: nothing was counted", what)
	}
	share := float64(r.right) / float64(r.all)
	t.Logf("%s: %d of %d, %.1f %% (target %.0f %%)", what, r.right, r.all, 100*share, 100*target)
	for _, m := range r.missed {
		t.Logf("  missed: %s", m)
	}
	if share < target {
		t.Errorf("%s: %.1f %% is under the target of %.0f %%", what, 100*share, 100*target)
	}
}

// accepted are the classes that are right for a label.
//
// Sisimai's own class knows only a hard bounce and everything else, so its reasons are mapped. Three differ on purpose:
// "suspend" is hard here, because a closed account stays closed (RFC 3463, 5.2.1; the labels have it as soft);
// "filtered" is what Sisimai calls the "550 Unknown user" of phone companies and others after DATA, because they say so
// of people who filter, too: nobody can know, so only soft is wrong; and a status of class 4 may always be soft.
func accepted(l label) []bounce.Class {
	var classes []bounce.Class
	switch l.reason {
	case "userunknown", "hostunknown", "hasmoved", "suspend", "notaccept":
		classes = []bounce.Class{bounce.Hard}
		if l.reason == "notaccept" && l.class == "soft" {
			classes = []bounce.Class{bounce.Soft}
		}
	case "mailboxfull", "expired", "networkerror", "toomanyconn":
		return []bounce.Class{bounce.Soft}
	case "systemerror", "mailererror", "onhold", "undefined", "syntaxerror":
		return []bounce.Class{bounce.Soft, bounce.Other}
	case "filtered":
		return []bounce.Class{bounce.Hard, bounce.Block, bounce.Other}
	case "contenterror", "notcompliantrfc", "virusdetected", "mesgtoobig", "exceedlimit":
		classes = []bounce.Class{bounce.Message}
	default:
		classes = []bounce.Class{bounce.Block}
	}
	if strings.HasPrefix(l.status, "4.") && l.class == "soft" {
		classes = append(classes, bounce.Soft)
	}
	return classes
}

// threeWay joins the classes that leave the person alone: hard, soft, and the rest.
func threeWay(c bounce.Class) bounce.Class {
	if c == bounce.Block || c == bounce.Message {
		return bounce.Other
	}
	return c
}

func TestCorpus(t *testing.T) {
	t.Parallel()
	mails := corpus(t, "shared")
	files, byFile := labels(t, mails)
	known := recipientsOf(t)
	var kinds, found, three, five rate
	for _, file := range files {
		r, err := bounce.Read(mails[file])
		if err != nil {
			t.Errorf("%s: %v", file, err)
		}
		rows := byFile[file]
		kinds.count(slices.Contains(kindsOf(rows[0].class), r.Kind), "%s: %s, label %s", file, r.Kind, rows[0].class)
		if rows[0].class != "hard" && rows[0].class != "soft" {
			continue
		}
		addresses := known[file]
		if len(addresses) == 0 {
			addresses = reported(mails[file])
		}
		for _, a := range addresses {
			found.count(named(r, a), "%s: %s, got %v", file, a, addressesOf(r))
		}
		for i, l := range distinct(rows) {
			got := bounce.Class("none")
			if i < len(r.Recipients) {
				got = r.Recipients[i].Class
			}
			want := accepted(l)
			said := fmt.Sprintf("%s: %s, label %s %s (want %v)", file, got, l.reason, l.status, want)
			three.count(slices.ContainsFunc(want, func(c bounce.Class) bool { return threeWay(c) == threeWay(got) }), "%s", said)
			five.count(slices.Contains(want, got), "%s", said)
		}
	}
	kinds.atLeast(t, 0.98, "kind of mail")
	found.atLeast(t, 0.95, "recipients found")
	three.atLeast(t, 0.90, "hard, soft or other")
	five.atLeast(t, 0.90, "hard, soft, block, message or other")
}

func kindsOf(class string) []bounce.Kind {
	switch class {
	case "complaint":
		return []bounce.Kind{bounce.Complaint}
	case "auto_reply":
		return []bounce.Kind{bounce.AutoReply}
	case "delivered":
		return []bounce.Kind{bounce.Delivered}
	default:
		return []bounce.Kind{bounce.Bounce, bounce.Delay}
	}
}

// distinct leaves out labels that stand twice: some are there once per address that Sisimai has for the same recipient.
func distinct(rows []label) (out []label) {
	for i, l := range rows {
		if i == 0 || l != rows[i-1] || !strings.HasPrefix(l.file, "rfc3464-01") && !strings.HasPrefix(l.file, "rhost-cox-01") {
			out = append(out, l)
		}
	}
	return out
}

// recipientsOf reads testdata/recipients.txt: for each mail that has no report of RFC 3464 the addresses that failed, as a
// person reads the mail.
func recipientsOf(t *testing.T) map[string][]string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", "recipients.txt"))
	if err != nil {
		t.Fatal(err)
	}
	found := map[string][]string{}
	for line := range strings.Lines(string(b)) {
		if fields := strings.Fields(line); len(fields) > 1 && !strings.HasPrefix(line, "#") {
			found[fields[0]] = fields[1:]
		}
	}
	return found
}

var (
	deliveryStatus = regexp.MustCompile(`(?is)\ncontent-type:\s*message/(?:global-)?delivery-status.*?\n\n(.*?)(?:\n--|\z)`)
	finalRecipient = regexp.MustCompile(`(?im)^final-recipient:\s*[\w-]+\s*;\s*<?([^\s>]+@[^\s>]+)`)
)

// report cuts the report of RFC 3464 out of a mail, by other means than the package does.
func report(raw []byte) string {
	found := deliveryStatus.FindSubmatch(bytes.ReplaceAll(raw, []byte("\r\n"), []byte("\n")))
	if found == nil {
		return ""
	}
	return string(found[1])
}

func reported(raw []byte) (addresses []string) {
	for _, m := range finalRecipient.FindAllStringSubmatch(report(raw), -1) {
		if a := strings.ReplaceAll(m[1], `"`, ""); !slices.Contains(addresses, a) {
			addresses = append(addresses, a)
		}
	}
	return addresses
}

func named(r bounce.Report, address string) bool {
	return slices.ContainsFunc(r.Recipients, func(p bounce.Recipient) bool {
		return strings.EqualFold(strings.ReplaceAll(p.Address, `"`, ""), address) || strings.EqualFold(p.Final, address)
	})
}

func addressesOf(r bounce.Report) (all []string) {
	for _, p := range r.Recipients {
		all = append(all, p.Address)
	}
	return all
}
