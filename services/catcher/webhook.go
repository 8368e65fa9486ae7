package catcher

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"
)

// maxCallBytes bounds a webhook; Rapport's bodies have at most 256 KiB.
const maxCallBytes = 512 << 10

// catchCall answers POST /webhooks, whose body is a request of the type message/http (RFC 9112, section 10.1) with the whole
// address in its first line, as proxies get it.
func (c *Catcher) catchCall(w http.ResponseWriter, r *http.Request) {
	fail := func(status int, text string) { writeJSON(w, status, map[string]string{"error": text}) }
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "message/http" {
		fail(http.StatusUnsupportedMediaType, "the body must be a request, of the type message/http")
		return
	}
	all, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxCallBytes))
	if err != nil {
		fail(http.StatusRequestEntityTooLarge, "the body cannot be read, or has more than 512 KiB")
		return
	}
	call, err := readCall(all)
	if err != nil {
		fail(http.StatusBadRequest, err.Error())
		return
	}
	m, raw := call.message(time.Now()), call.text()
	m.MessageID, m.Journey, m.Size = clip(r.Header.Get("X-Rapport-Message")), clip(r.Header.Get("X-Rapport-Journey")), len(raw)
	if err := c.writer.insert(&m, raw); err != nil {
		if !errors.Is(err, errClosing) {
			c.log.Error("a webhook could not be stored", "error", err)
		}
		fail(http.StatusServiceUnavailable, "the webhook could not be stored, try again later")
		return
	}
	writeJSON(w, http.StatusOK, map[string]int64{"id": m.ID})
}

// call is a webhook's request.
type call struct {
	method, url, host, path string
	headers                 []Header // without secrets, sorted by name
	body                    []byte
	key                     string // Idempotency-Key
}

// readCall reads a request as proxies get it.
func readCall(all []byte) (*call, error) {
	r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(all)))
	if err != nil {
		return nil, errors.New("the body is no request in HTTP/1.1")
	}
	if r.URL.Host == "" || r.URL.User != nil {
		return nil, errors.New("the request's first line must hold the whole address, as proxies get it, and no password")
	}
	k := &call{method: r.Method, url: named(r.RequestURI), host: r.URL.Host, path: named(r.URL.RequestURI()), key: r.Header.Get("Idempotency-Key")}
	if k.body, err = io.ReadAll(r.Body); err != nil {
		return nil, errors.New("the request is cut off")
	}
	r.Header.Set("Host", r.Host)
	for name, values := range r.Header {
		for _, value := range values {
			k.headers = append(k.headers, Header{Name: name, Value: withoutSecret(name, value)})
		}
	}
	slices.SortStableFunc(k.headers, func(a, b Header) int { return strings.Compare(a.Name, b.Name) })
	return k, nil
}

func (k *call) message(at time.Time) Message {
	return Message{
		Channel: Webhook, ReceivedAt: at, To: []string{clip(k.host)}, Subject: clip(k.method + " " + k.path), ProviderID: clip(k.key),
	}
}

// text is the request as it is kept.
func (k *call) text() []byte {
	var b bytes.Buffer
	b.WriteString(k.method + " " + k.url + " HTTP/1.1\r\n")
	for _, h := range k.headers {
		b.WriteString(h.Name + ": " + h.Value + "\r\n")
	}
	b.WriteString("\r\n")
	b.Write(k.body)
	return b.Bytes()
}

// escapedName is the name of a secret in a path, which was escaped on the way.
var escapedName = regexp.MustCompile(`\$%7B([A-Z][A-Z0-9_]*)%7D`)

// named is an address in which the names of secrets can be read again.
func named(address string) string { return escapedName.ReplaceAllString(address, "$${$1}") }

// withoutSecret is the value of a header to be kept. Rapport's own calls name their secrets, as in "Bearer ${CRM_TOKEN}",
// which is kept; what stands in the place of a secret is not.
func withoutSecret(name, value string) string {
	secret := slices.ContainsFunc([]string{"Authorization", "Api-Key", "Apikey", "Token", "Secret", "Password", "Cookie"}, func(word string) bool {
		return strings.HasSuffix(name, word)
	})
	if !secret || strings.Contains(value, "${") {
		return value
	}
	scheme, _, two := strings.Cut(value, " ")
	if !two {
		return "[redacted]"
	}
	return scheme + " [redacted]"
}

// openCall reads what is kept of a webhook.
func openCall(m Message, raw []byte) Content {
	c := Content{Message: m, Raw: raw}
	head, body, found := bytes.Cut(raw, []byte("\r\n\r\n"))
	first, rest, _ := bytes.Cut(head, []byte("\r\n"))
	words := strings.Fields(string(first))
	if !found || len(words) != 3 {
		c.Problems = append(c.Problems, "what is kept is no request")
		return c
	}
	c.Method, c.URL = words[0], words[1]
	for _, f := range headerFields(rest) {
		c.Headers = append(c.Headers, Header{Name: f.Name, Value: strings.ToValidUTF8(f.Value, "\uFFFD")})
	}
	c.Text = strings.ToValidUTF8(string(body), "\uFFFD")
	var neat bytes.Buffer
	if json.Indent(&neat, bytes.TrimSpace(body), "", "  ") == nil {
		c.Text = neat.String()
	}
	return c
}
