package callback

import (
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// corpus reads a file of the shared test data, or skips the test when it is not there.
func corpus(tb testing.TB, into any, elem ...string) {
	tb.Helper()
	root := os.Getenv("RAPPORT_TESTDATA")
	if root == "" {
		dir, err := os.Getwd()
		if err != nil {
			tb.Fatal(err)
		}
		for !exists(filepath.Join(dir, "go.work")) {
			if dir == filepath.Dir(dir) {
				tb.Skip("no go.work above this package: set RAPPORT_TESTDATA to run this test")
			}
			dir = filepath.Dir(dir)
		}
		root = filepath.Join(dir, "..", "shared", "testdata")
	}
	path := filepath.Join(append([]string{root}, elem...)...)
	if !exists(path) {
		tb.Skipf("%s is absent; set RAPPORT_TESTDATA to where the test data is", path)
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		tb.Fatal(err)
	}
	if err := json.Unmarshal(raw, into); err != nil {
		tb.Fatalf("read %s: %v", path, err)
	}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// published is a payload with the event that is expected of it.
type published struct {
	ESP, Test string
	Payload   json.RawMessage
	Expected  map[string]any
}

// different lists where an event differs from the published one on purpose, as test/field, and why.
var different = map[string]string{
	"AmazonSESNotificationsTests.test_bounce_event/timestamp": "the bounce has a time of its own; the one of the SNS message is of when it was told",
	"AmazonSESNotificationsTests.test_bounce_event/event_id":  "the feedback id stays when SES publishes again; the SNS message's id does not",
	"AmazonSESNotificationsTests.test_send_event/metadata":    "message tags of SES are kept as metadata, our id among them",
	"ResendTestCase.test_sent_event/metadata":                 "tags of Resend are names with values, and are kept as metadata",
	"MailgunTestCase.test_delivered_event/event_id":           "the token is of the request; the event has an id of its own, which a repeat repeats",
}

func TestPublishedPayloads(t *testing.T) {
	t.Parallel()
	var cases []published
	corpus(t, &cases, "esp-webhooks", "esp_events_shared.json")
	agreed, fields, deliberate := 0, 0, 0
	for _, c := range cases {
		batch, err := readPublished(c)
		if err != nil {
			t.Errorf("%s: %v", c.Test, err)
			continue
		}
		e := batch.Events[len(batch.Events)-1] // What is expected is of the last.
		good := true
		for field, want := range c.Expected {
			fields++
			got, ok := comparePublished(&e, field, want)
			if ok {
				continue
			}
			if why := different[c.Test+"/"+field]; why != "" {
				deliberate++
				t.Logf("%s: %s differs on purpose: %s", c.Test, field, why)
				continue
			}
			good = false
			t.Errorf("%s: %s is %v, want %v", c.Test, field, got, want)
		}
		if good {
			agreed++
		}
	}
	t.Logf("%d of %d payloads; %d fields, of which %d differ on purpose", agreed, len(cases), fields, deliberate)
	if len(cases) < 55 || deliberate != len(different) {
		t.Errorf("%d payloads, %d deliberate differences of %d listed", len(cases), deliberate, len(different))
	}
}

// The SNS envelope and the Svix id that the published events were made with.
const (
	publishedSNSTime = "2018-03-26T17:58:59.675Z"
	publishedSNSID   = "19ba9823-d7f2-53c1-860e-cb10e0d13dfc"
	publishedSvixID  = "msg_2W2D3qXLS5fOaPja1GDg7rF2CwB"
)

// readPublished signs a payload as its provider does, and reads it.
func readPublished(c published) (Batch, error) {
	name := map[string]string{"amazon_ses": "ses"}[c.ESP]
	s := newSigner(cmp.Or(name, c.ESP))
	if s.name == "sendgrid" {
		s.cfg.MessageKey = "anymail_id"
	}
	s.snsTime, s.snsID, s.svixID = publishedSNSTime, publishedSNSID, publishedSvixID
	body := c.Payload
	form := map[string]any{}
	switch {
	case strings.HasPrefix(c.Test, "MailgunLegacy"):
		if err := json.Unmarshal(c.Payload, &form); err != nil {
			return Batch{}, err
		}
		return s.read(s.legacyMailgun(form))
	case s.name == "mailgun":
		body = s.mailgunSigned(body)
	}
	return s.read(s.request(body))
}

var publishedTime = regexp.MustCompile(`^datetime\((\d+), (\d+), (\d+), (\d+), (\d+), (\d+)(?:, microsecond=(\d+))?, tzinfo=(.+)\)$`)

// comparePublished compares one field of an event with the published one.
func comparePublished(e *Event, field string, want any) (got any, ok bool) {
	words, _ := want.(string)
	same := func(have string) (any, bool) { return have, have == strings.TrimSpace(words) }
	switch field {
	case "event_type":
		return e.Kind, e.Kind == map[string]Kind{"unknown": Other}[words] || string(e.Kind) == words
	case "timestamp":
		at := publishedAt(words)
		return e.At, e.At.Truncate(time.Microsecond).Equal(at)
	case "message_id": // The provider's, or ours where it was carried.
		return e.ProviderID + "|" + e.MessageID, words != "" && (words == e.ProviderID || words == e.MessageID)
	case "event_id":
		return same(e.EventID)
	case "recipient":
		return same(e.Recipient)
	case "reject_reason":
		return e.Class, sameReason(e, words)
	case "description":
		return same(e.Reason)
	case "mta_response":
		return same(e.Diagnostic)
	case "user_agent":
		return same(e.UserAgent)
	case "click_url":
		return same(e.URL)
	case "tags":
		return e.Tags, fmt.Sprint(e.Tags) == fmt.Sprint(want)
	case "metadata":
		return e.Metadata, sameMetadata(e.Metadata, want)
	}
	return "a field that this test does not know", false
}

func publishedAt(words string) time.Time {
	m := publishedTime.FindStringSubmatch(words)
	if m == nil {
		return time.Time{}
	}
	n := make([]int, 8)
	for i := 1; i <= 7; i++ {
		n[i], _ = strconv.Atoi(cmp.Or(m[i], "0"))
	}
	zone := time.UTC
	if m[8] == "get_fixed_timezone(-4 * 60)" {
		zone = time.FixedZone("", -4*60*60)
	}
	return time.Date(n[1], time.Month(n[2]), n[3], n[4], n[5], n[6], n[7]*1000, zone)
}

// sameReason compares the published reject reason, which has other words than Class.
func sameReason(e *Event, words string) bool {
	switch words {
	case "":
		return e.Class == "" || e.Class == Content || e.Class == Unspecified
	case "bounced", "invalid":
		return e.Class == Hard
	case "blocked":
		return e.Class == Block
	case "unsubscribed":
		return e.Class == Optout
	case "spam":
		return e.Kind == Complained || e.Class == Spam
	case "timed_out":
		return e.Class == Soft
	case "other":
		return e.Class == Unspecified || e.Kind == Deferred && e.Class == Soft
	}
	return false
}

func sameMetadata(have map[string]string, want any) bool {
	members, ok := want.(map[string]any)
	if !ok || len(have) != len(members) {
		return false
	}
	for name, value := range members {
		text, isText := value.(string)
		if !isText {
			raw, err := json.Marshal(value)
			if err != nil {
				return false
			}
			text = string(raw)
		}
		if have[name] != text {
			return false
		}
	}
	return true
}
