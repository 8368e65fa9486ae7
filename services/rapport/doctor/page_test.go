package doctor

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestBulkSendersPage: the page names each check that there is, and none that there is not.
func TestBulkSendersPage(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../mailer/BULK_SENDERS.md")
	if err != nil {
		t.Fatal(err)
	}
	named := map[string]bool{}
	for line := range strings.Lines(string(text)) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		if len(cells) == 4 { // A row of the table: the last cell names checks.
			for _, m := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(cells[3], -1) {
				if !slices.Contains(Checks(), m[1]) {
					t.Errorf("the page names the check %s, which there is not", m[1])
				}
				named[m[1]] = true
			}
		}
	}
	if len(named) < 8 {
		t.Errorf("only %d checks stand in the table", len(named))
	}
	for _, check := range Checks() {
		if !strings.Contains(string(text), "`"+check+"`") {
			t.Errorf("the page does not name the check %s", check)
		}
	}
}
