package ingest

import (
	"encoding/json"
	"net/http"
	"strconv"
)

// problem is an answer that is not a success, as RFC 9457 has it.
type problem struct {
	Type     string     `json:"type"` // urn:rapport:problem: and the reason
	Title    string     `json:"title"`
	Status   int        `json:"status"`
	Detail   string     `json:"detail"` // where, what, and the remedy
	Field    string     `json:"field,omitempty"`
	Request  string     `json:"request_id,omitempty"`
	Rejected []rejected `json:"rejected,omitempty"`

	reason     reason
	retryAfter int // seconds
}

// rejected is an item of a batch that was not accepted.
type rejected struct {
	Index int    `json:"index"`
	ID    string `json:"id,omitempty"`
	Field string `json:"field,omitempty"`
	Error string `json:"error"`

	reason reason
}

// reason is why something was refused: the last part of a problem's type, and
// the attribute of the counter rejected.
type reason string

const (
	malformed    reason = "malformed"    // no JSON, no gzip
	invalid      reason = "invalid"      // a wrong or missing value
	tooLarge     reason = "too_large"    // a body, event or batch
	unauthorized reason = "unauthorized" // no or unknown write key
	forbidden    reason = "forbidden"    // a key may not do this
	unsupported  reason = "unsupported"  // content type, encoding, method or route
	slowSender   reason = "slow_sender"  // the body did not come in time
	busy         reason = "busy"         // too much at a time
	tooFast      reason = "too_fast"     // one source sends more than it may
	brokerGone   reason = "broker_gone"  // the broker is slow or gone
	brokerFull   reason = "broker_full"  // the stream has reached its size
	unconnected  reason = "unconnected"  // a part that this needs does not run here
)

func newProblem(status int, why reason, title, detail string) *problem {
	return &problem{Type: "urn:rapport:problem:" + string(why), Title: title, Status: status, Detail: detail, reason: why}
}

func (p *problem) write(w http.ResponseWriter) {
	h := w.Header()
	if p.retryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(p.retryAfter))
	}
	if p.Status == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", `Basic realm="rapport write key", charset="UTF-8"`)
	}
	p.Request = h.Get(requestIDHeader)
	writeJSON(w, p.Status, "application/problem+json", p)
}

func writeJSON(w http.ResponseWriter, status int, contentType string, v any) {
	body, err := json.Marshal(v)
	if err != nil { // our own structs of text and numbers
		http.Error(w, "the answer could not be written as JSON", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)+1))
	w.WriteHeader(status)
	// A sender that is gone does not read the answer; it will repeat the request.
	_, _ = w.Write(append(body, '\n'))
}
