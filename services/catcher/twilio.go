package catcher

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

const (
	// maxFormBytes bounds a request; a body of 1,600 characters in percent-encoding takes up to 20 KB.
	maxFormBytes = 64 << 10
	// maxBodyCharacters is Twilio's bound on a text (error 21617).
	maxBodyCharacters = 1600
	twilioVersion     = "2010-04-01"
)

// e164 is a phone number, or one on a channel of Twilio's such as whatsapp:+447700900123.
var e164 = regexp.MustCompile(`^([a-z]+:)?\+[1-9][0-9]{6,14}$`)

// contentSID is the name of a content that was approved.
var contentSID = regexp.MustCompile(`^HX[0-9a-fA-F]{32}$`)

// words are the text of a message; of a content that was approved, which only Twilio knows, its SID
// and what goes into it.
func words(form url.Values) string {
	if body, sid := form.Get("Body"), form.Get("ContentSid"); body != "" || sid == "" {
		return body
	}
	return strings.TrimSpace(form.Get("ContentSid") + " " + form.Get("ContentVariables"))
}

// onWhatsApp goes before addresses of the channel WhatsApp.
const onWhatsApp = "whatsapp:"

// channelOf tells the channel of an address of Twilio's, and the number on it.
func channelOf(address string) (channel, number string) {
	if number, ok := strings.CutPrefix(address, onWhatsApp); ok {
		return WhatsApp, number
	}
	return SMS, address
}

// twilioMessage is the Message resource, https://www.twilio.com/docs/messaging/api/message-resource.
type twilioMessage struct {
	AccountSID          string            `json:"account_sid"`
	APIVersion          string            `json:"api_version"`
	Body                string            `json:"body"`
	DateCreated         string            `json:"date_created"`
	DateSent            *string           `json:"date_sent"`
	DateUpdated         string            `json:"date_updated"`
	Direction           string            `json:"direction"`
	ErrorCode           *int              `json:"error_code"`
	ErrorMessage        *string           `json:"error_message"`
	From                *string           `json:"from"`
	MessagingServiceSID *string           `json:"messaging_service_sid"`
	NumMedia            string            `json:"num_media"`
	NumSegments         string            `json:"num_segments"`
	Price               *string           `json:"price"`
	PriceUnit           *string           `json:"price_unit"`
	SID                 string            `json:"sid"`
	Status              string            `json:"status"`
	SubresourceURIs     map[string]string `json:"subresource_uris"`
	To                  string            `json:"to"`
	URI                 string            `json:"uri"`
}

// createMessage answers POST /2010-04-01/Accounts/{account}/Messages.json.
func (c *Catcher) createMessage(w http.ResponseWriter, r *http.Request) {
	token, ok := c.authenticate(w, r)
	if !ok {
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxFormBytes)
	if err := r.ParseForm(); err != nil {
		twilioFailure(w, http.StatusBadRequest, 20001, "The request body is not a form of at most 64 KiB")
		return
	}
	form := r.PostForm
	if status, code, text := refusal(form); code != 0 {
		twilioFailure(w, status, code, text)
		return
	}
	m := textOf(form, time.Now())
	if err := c.writer.insert(&m, []byte(form.Encode())); err != nil {
		if !errors.Is(err, errClosing) {
			c.log.Error("a text message could not be stored", "error", err)
		}
		twilioFailure(w, http.StatusServiceUnavailable, 20503, "The message could not be stored, try again later")
		return
	}
	account := r.PathValue("account")
	if target := form.Get("StatusCallback"); c.mayCall(target) {
		c.callbacks.add(callback{url: target, token: token, form: url.Values{
			"AccountSid": {account}, "ApiVersion": {twilioVersion}, "From": {sender(form)}, "To": {form.Get("To")},
			"MessageSid": {m.ProviderID}, "SmsSid": {m.ProviderID}, "MessageStatus": {"delivered"}, "SmsStatus": {"delivered"},
		}})
	}
	writeJSON(w, http.StatusCreated, resource(account, m, form, "queued"))
}

// fetchMessage answers GET /2010-04-01/Accounts/{account}/Messages/{sid}.json.
func (c *Catcher) fetchMessage(w http.ResponseWriter, r *http.Request) {
	if _, ok := c.authenticate(w, r); !ok {
		return
	}
	sid, isJSON := strings.CutSuffix(r.PathValue("file"), ".json")
	m, raw, err := c.store.bySID(r.Context(), sid)
	if !isJSON || errors.Is(err, ErrNotFound) {
		twilioFailure(w, http.StatusNotFound, 20404, "The requested resource "+r.URL.Path+" was not found")
		return
	}
	form, parseErr := url.ParseQuery(string(raw))
	if err = errors.Join(err, parseErr); err != nil {
		c.log.Error("a text message could not be read", "error", err)
		twilioFailure(w, http.StatusInternalServerError, 20500, "The message could not be read")
		return
	}
	writeJSON(w, http.StatusOK, resource(r.PathValue("account"), m, form, "delivered"))
}

// authenticate checks Basic credentials (an account's sid and token, or an API key) and returns the secret.
func (c *Catcher) authenticate(w http.ResponseWriter, r *http.Request) (token string, ok bool) {
	account := r.PathValue("account")
	user, token, given := r.BasicAuth()
	rightUser := user != "" && (user == account || strings.HasPrefix(user, "SK"))
	rightAccount := c.opts.AccountSID == "" || account == c.opts.AccountSID
	rightToken := c.opts.AuthToken == "" && token != "" || subtle.ConstantTimeCompare([]byte(token), []byte(c.opts.AuthToken)) == 1
	if !given || !rightUser || !rightAccount || !rightToken {
		w.Header().Set("WWW-Authenticate", `Basic realm="Twilio API"`)
		twilioFailure(w, http.StatusUnauthorized, 20003, "Authenticate")
		return "", false
	}
	return token, true
}

// refusal returns what Twilio would say to a form, with code 0 for nothing. The fixed numbers are those of Twilio's test
// credentials, https://www.twilio.com/docs/iam/test-credentials.
func refusal(form url.Values) (status, code int, text string) {
	channel, to := channelOf(form.Get("To"))
	sender, from := channelOf(form.Get("From"))
	bad := func(code int, text string) (int, int, string) { return http.StatusBadRequest, code, text }
	switch {
	case to == "":
		return bad(21604, "A 'To' phone number is required.")
	case from == "" && form.Get("MessagingServiceSid") == "":
		return bad(21603, "A 'From' or 'MessagingServiceSid' parameter is required to send a message")
	case form.Get("Body") == "" && form.Get("MediaUrl") == "" && form.Get("ContentSid") == "":
		return bad(21602, "Message body is required.")
	case form.Has("ContentSid") && !contentSID.MatchString(form.Get("ContentSid")):
		return bad(21655, "The ContentSid is Invalid")
	case form.Has("ContentVariables") && json.Unmarshal([]byte(form.Get("ContentVariables")), &map[string]string{}) != nil:
		return bad(21656, "The ContentVariables Parameter is invalid")
	case utf8.RuneCountInString(form.Get("Body")) > maxBodyCharacters:
		return bad(21617, "The concatenated message body exceeds the 1600 character limit")
	case from != "" && form.Get("MessagingServiceSid") == "" && sender != channel:
		return bad(21910, "Invalid From and To pair. From and To should be of the same channel")
	case !e164.MatchString(to) || to == "+15005550001":
		return bad(21211, "Invalid 'To' Phone Number: "+to)
	}
	switch to {
	case "+15005550002":
		return bad(21612, "The message cannot be sent with this combination of 'To' and/or 'From' parameters")
	case "+15005550003":
		return bad(21408, "Permission to send an SMS has not been enabled for the region indicated by the 'To' number")
	case "+15005550004":
		return bad(21610, "Attempt to send to unsubscribed recipient")
	case "+15005550009":
		return bad(21614, "'To' number is not a valid mobile number")
	}
	switch from {
	case "+15005550001":
		return bad(21212, "Invalid 'From' Phone Number: "+from)
	case "+15005550007":
		return bad(21606, "The 'From' phone number provided is not a valid message-capable Twilio phone number for this destination.")
	case "+15005550008":
		return http.StatusTooManyRequests, 21611, "This 'From' number has exceeded the maximum number of queued messages"
	}
	return 0, 0, ""
}

// sender is who sends a form's message: a number, a name, or a messaging service.
func sender(form url.Values) string {
	if from := form.Get("From"); from != "" {
		return from
	}
	return form.Get("MessagingServiceSid")
}

// textOf makes the record of an accepted form.
func textOf(form url.Values, at time.Time) Message {
	var id [16]byte
	_, _ = rand.Read(id[:]) // never fails
	channel, to := channelOf(form.Get("To"))
	_, from := channelOf(sender(form))
	m := Message{
		Channel: channel, ReceivedAt: at, ProviderID: "SM" + hex.EncodeToString(id[:]), From: clip(from), To: []string{to},
		Subject: clip(words(form)), Size: len(words(form)),
	}
	if target, err := url.Parse(form.Get("StatusCallback")); err == nil {
		m.MessageID, m.Journey = clip(target.Query().Get("message")), clip(target.Query().Get("journey"))
	}
	return m
}

func resource(account string, m Message, form url.Values, status string) twilioMessage {
	at := m.ReceivedAt.UTC().Format(time.RFC1123Z)
	uri := "/" + twilioVersion + "/Accounts/" + account + "/Messages/" + m.ProviderID
	t := twilioMessage{
		AccountSID: account, APIVersion: twilioVersion, Body: form.Get("Body"), DateCreated: at, DateUpdated: at,
		Direction: "outbound-api", From: optional(form.Get("From")), MessagingServiceSID: optional(form.Get("MessagingServiceSid")),
		NumMedia: strconv.Itoa(len(form["MediaUrl"])), NumSegments: strconv.Itoa(segment(form.Get("Body")).Count),
		SID: m.ProviderID, Status: status, SubresourceURIs: map[string]string{"media": uri + "/Media.json"}, To: form.Get("To"), URI: uri + ".json",
	}
	if status == "delivered" {
		t.DateSent = &at
	}
	return t
}

func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// twilioFailure answers as Twilio does, https://www.twilio.com/docs/usage/twilios-response#response-formats-exceptions.
func twilioFailure(w http.ResponseWriter, status, code int, text string) {
	writeJSON(w, status, map[string]any{
		"code": code, "message": text, "status": status, "more_info": "https://www.twilio.com/docs/errors/" + strconv.Itoa(code),
	})
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // Whoever asked is gone; there is nobody to tell.
}
