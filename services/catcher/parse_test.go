package catcher

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"rapport/pkg/corpustest"
)

// TestSegmentsAsPublished compares with the cases of Twilio's own calculator.
func TestSegmentsAsPublished(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile(filepath.Join(corpustest.Path(t, "sms-segmentation"), "published_cases.json"))
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		Test, Body string
		Smart      bool `json:"smart_encoding"`
		Expect     struct {
			Count    int    `json:"segmentsCount"`
			Encoding string `json:"encodingName"`
		}
	}
	if err := json.Unmarshal(data, &cases); err != nil {
		t.Fatal(err)
	}
	compared := 0
	for _, c := range cases {
		if c.Smart || c.Expect.Count == 0 {
			continue
		}
		compared++
		got := segment(c.Body)
		if got.Count != c.Expect.Count || c.Expect.Encoding != "" && got.Encoding != c.Expect.Encoding {
			t.Errorf("%s, %q: %+v, want %d in %s", c.Test, c.Body, got, c.Expect.Count, c.Expect.Encoding)
		}
	}
	if compared < 20 {
		t.Errorf("only %d cases compared", compared)
	}
}

func TestReadHeader(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		raw  string
		want Message
	}{
		"folded and encoded": {
			"SUBJECT: =?utf-8?q?Danke,?=\r\n =?utf-8?q?_Zo=C3=AB?=\r\nFrom: \"Linden, Ltd\" <shop@example.com>\r\nMessage-Id: <1@x>\r\n\r\nSubject: body",
			Message{Subject: "Danke, Zoë", From: "Linden, Ltd <shop@example.com>", ProviderID: "1@x"},
		},
		"bare line feeds":     {"Subject: a\nX-Rapport-Journey: j\nX-Rapport-Message: m\n\nx", Message{Subject: "a", Journey: "j", MessageID: "m"}},
		"latin-1":             {"Subject: =?iso-8859-1?q?Z=FCrich?=\r\n\r\n", Message{Subject: "Zürich"}},
		"an unknown encoding": {"Subject: =?klingon?q?x?=\r\n\r\n", Message{Subject: "=?klingon?q?x?="}},
		"not an address":      {"From: nobody in particular\r\n\r\n", Message{From: "nobody in particular"}},
		"no header":           {"just a text\r\n", Message{}},
		"nothing":             {"", Message{}},
		"a continuation only": {" x\r\nSubject: a\r\n\r\n", Message{}},
		"broken UTF-8":        {"Subject: \xff\xfe\r\n\r\n", Message{Subject: "\uFFFD"}},
		"very long":           {"Subject: " + strings.Repeat("ä", 1000) + "\r\n\r\n", Message{Subject: strings.Repeat("ä", 250) + "…"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := readHeader([]byte(c.raw))
			c.want.Channel = Email
			if got.Subject != c.want.Subject || got.From != c.want.From || got.ProviderID != c.want.ProviderID ||
				got.MessageID != c.want.MessageID || got.Journey != c.want.Journey {
				t.Errorf("read %+v, want %+v", got, c.want)
			}
		})
	}
}

// TestRealMailsOpen opens real mails, many of them odd: each has to show something.
func TestRealMailsOpen(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join(corpustest.Path(t, "bounces-sisimai"), "shared", "*.eml"))
	if err != nil || len(files) < 100 {
		t.Fatalf("%d mails, %v", len(files), err)
	}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		c := open(readHeader(raw), raw)
		if c.Text == "" && c.HTML == "" && len(c.Attachments) == 0 && len(c.Problems) == 0 {
			t.Errorf("%s shows nothing", filepath.Base(file))
		}
		if len(c.Headers) == 0 || !utf8.ValidString(c.Subject) {
			t.Errorf("%s has %d headers and the subject %q", filepath.Base(file), len(c.Headers), c.Subject)
		}
	}
}

// FuzzOpen looks for a mail that cannot be looked at.
func FuzzOpen(f *testing.F) {
	f.Add([]byte("Subject: a\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\nhello\r\n--x--\r\n"))
	f.Add([]byte("Content-Type: text/html\r\nContent-Transfer-Encoding: base64\r\n\r\nPGhlYWQ="))
	f.Add([]byte("Body=hello&To=%2B447700900123&From=Linden"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		m := readHeader(raw)
		for _, text := range []string{m.Subject, m.From, m.ProviderID} {
			if !utf8.ValidString(text) || len(text) > 510 {
				t.Errorf("%q is not fit to be shown", text)
			}
		}
		c := open(m, raw)
		_ = c.document()
		open(Message{Channel: SMS}, raw)
	})
}

func TestFormats(t *testing.T) {
	t.Parallel()
	noon := time.Date(2026, 3, 2, 12, 0, 5, 0, time.UTC)
	for got, want := range map[string]string{
		clock(noon, noon.Add(time.Hour)):           "12:00:05",
		clock(noon, noon.AddDate(0, 0, 1)):         "2 Mar 12:00",
		clock(noon, noon.AddDate(1, 0, 0)):         "2 Mar 2026",
		byteSize(999):                              "999 B",
		byteSize(2500):                             "2.5 kB",
		byteSize(10 << 20):                         "10.5 MB",
		plural(1, "segment"):                       "1 segment",
		plural(1234567, "message"):                 "1,234,567 messages",
		initial("linden"):                          "L",
		initial("+44"):                             "#",
		title("html") + title("source"):            "HTMLSource",
		thousands(0) + thousands(999):              "0999",
		string(faultOf("Defer+1@example.com")):     "defer",
		string(faultOf("deferred@bounce.example")): "",
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestOnlyThisMachineIsCalled(t *testing.T) {
	t.Parallel()
	c := &Catcher{opts: Options{CallbackHosts: []string{"texter"}}}
	for target, want := range map[string]bool{
		"http://127.0.0.1:8080/x": true, "http://[::1]/x": true, "https://LOCALHOST/x": true, "http://texter:80/x": true,
		"http://example.com/": false, "http://127.0.0.1.example.com/": false, "http://10.0.0.1/": false, "file://localhost/etc": false,
		"": false, "http://localhost.example.com": false, ":": false,
	} {
		if got := c.mayCall(target); got != want {
			t.Errorf("%q: %v", target, got)
		}
	}
}

// TestSignatureAsPublished is the example of Twilio's documentation on validating requests.
func TestSignatureAsPublished(t *testing.T) {
	t.Parallel()
	form := map[string][]string{
		"CallSid": {"CA1234567890ABCDE"}, "Caller": {"+12349013030"}, "Digits": {"1234"}, "From": {"+12349013030"}, "To": {"+18005551212"},
	}
	got := signature("12345", "https://mycompany.com/myapp.php?foo=1&bar=2", form)
	if want := "0/KCTR6DLpKmkAf8muzZqo1nDgQ="; got != want {
		t.Errorf("signed %s, want %s", got, want)
	}
}
