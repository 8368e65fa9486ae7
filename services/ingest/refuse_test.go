package ingest_test

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"rapport/services/ingest"
)

// problem is the form of RFC 9457.
type problem struct {
	Type, Title, Detail, Field string
	Status                     int
	RequestID                  string `json:"request_id"`
	Rejected                   []rejected
}

type rejected struct {
	Index            int
	ID, Field, Error string
}

// small keeps the bodies of this file short.
func small(o *ingest.Options) {
	o.Limits = ingest.Limits{Event: 1000, Batch: 4000, Items: 5}
}

func track(members string) string {
	return `{"messageId":"m1","userId":"c1","event":"Order Completed",` + members + `}`
}

func order(members string) string { return track(`"properties":{` + members + `}`) }

// badInput is every way to be refused: where to, what, and what the answer must say.
var badInput = map[string]struct {
	path, body string
	status     int
	field      string
	detail     string // contained in the detail
}{
	"no JSON":                {"/v1/track", "hello", 400, "", "line 1, column 1: invalid character 'h'"},
	"a comma too many":       {"/v1/track", "{\n  \"userId\": \"c1\",\n}", 400, "", "line 3, column 1: invalid character '}'"},
	"columns are characters": {"/v1/track", `{"ä":"ö" "ü"}`, 400, "", "line 1, column 10: invalid character '\"'"},
	"cut short":              {"/v1/track", "{\"userId\":\n\"c1", 400, "", "line 2, column 4: the text ends before"},
	"empty":                  {"/v1/track", "", 400, "", "line 1, column 1: the text ends"},
	"two objects":            {"/v1/track", "{}{}", 400, "", "line 1, column 3: invalid character '{'"},
	"not UTF-8":              {"/v1/track", "{\"event\":\n\"Caf\xe9\"}", 400, "", "line 2, column 5: the byte 0xe9"},
	"an array":               {"/v1/track", "[]", 400, "", "the body is a JSON array, must be an object"},
	"batch is no list":       {"/v1/batch", `{"batch":{}}`, 400, "batch", "batch is a JSON object, must be an array"},
	"no batch":               {"/v1/batch", `{}`, 400, "batch", "is missing"},
	"an empty batch":         {"/v1/batch", `{"batch":[]}`, 400, "batch", "is empty"},
	"too many in a batch":    {"/v1/batch", `{"batch":[{},{},{},{},{},{}]}`, 413, "batch", "has 6 items, at most 5"},
	"a large event":          {"/v1/track", order(`"x":"` + strings.Repeat("x", 1000) + `"`), 413, "", "more than 1000 bytes"},
	"a large batch":          {"/v1/batch", `{"batch":["` + strings.Repeat("x", 4000) + `"]}`, 413, "", "more than 4000 bytes"},

	"nobody":                {"/v1/track", `{"event":"x"}`, 400, "userId", "anonymousId: one of them must name"},
	"blank user":            {"/v1/track", `{"event":"x","userId":"  ","anonymousId":null}`, 400, "userId", "is missing"},
	"user is an object":     {"/v1/track", `{"event":"x","userId":{"id":1}}`, 400, "userId", "is an object, must be a string"},
	"user is a fraction":    {"/v1/track", `{"event":"x","userId":1.5}`, 400, "userId", "whole number"},
	"user is true":          {"/v1/track", `{"event":"x","userId":true}`, 400, "userId", "is a boolean"},
	"user in disguise":      {"/v1/track", `{"event":"x","userId":"anonymous:1"}`, 400, "userId", "send it as anonymousId"},
	"user with a line":      {"/v1/track", `{"event":"x","userId":"a\nb"}`, 400, "userId", "control character"},
	"user too long":         {"/v1/track", `{"event":"x","userId":"` + strings.Repeat("x", 300) + `"}`, 400, "userId", "has 300 bytes, at most 256"},
	"anonymousId is a list": {"/v1/track", `{"event":"x","anonymousId":[]}`, 400, "anonymousId", "is an array"},
	"messageId is a list":   {"/v1/track", `{"event":"x","userId":"c1","messageId":[]}`, 400, "messageId", "is an array"},
	"messageId too long":    {"/v1/track", `{"event":"x","userId":"c1","messageId":"` + strings.Repeat("x", 300) + `"}`, 400, "messageId", "has 300 bytes"},
	"no event":              {"/v1/track", `{"userId":"c1"}`, 400, "event", "name what happened"},
	"event is a number":     {"/v1/track", `{"userId":"c1","event":5}`, 400, "event", "is a number, must be a string"},
	"event too long":        {"/v1/track", `{"userId":"c1","event":"` + strings.Repeat("x", 300) + `"}`, 400, "event", "has 300 bytes"},
	"a false receipt":       {"/v1/track", `{"userId":"c1","event":"message.delivered"}`, 400, "event", "is a type that only Rapport itself publishes"},
	"a false clock":         {"/v1/track", `{"userId":"c1","event":"clock.advanced"}`, 400, "event", "choose another name"},

	"timestamp is a number":    {"/v1/track", track(`"timestamp":1700000000`), 400, "timestamp", "is a number, must be a string such as"},
	"timestamp is no date":     {"/v1/track", track(`"timestamp":"yesterday"`), 400, "timestamp", `"yesterday" is not ISO 8601`},
	"timestamp is long ago":    {"/v1/track", track(`"timestamp":"0001-01-01T00:00:00Z"`), 400, "timestamp", "is in the year 1"},
	"sentAt is no date":        {"/v1/track", track(`"timestamp":"2026-01-01","sentAt":"now"`), 400, "sentAt", "is not ISO 8601"},
	"sentAt is from elsewhere": {"/v1/track", track(`"timestamp":"2026-01-01","sentAt":"9999-01-01"`), 400, "timestamp", "is in the year"},

	"properties are a list":  {"/v1/track", track(`"properties":[]`), 400, "properties", "is an array, must be an object"},
	"no order id":            {"/v1/track", order(`"total":1`), 400, "properties.order_id", "orders need an order_id"},
	"order id is a number":   {"/v1/track", order(`"order_id":5`), 400, "properties.order_id", "is a number, 5, must be a string"},
	"total is text":          {"/v1/track", order(`"order_id":"o1","total":"a lot"`), 400, "properties.total", `is a string, "a lot", must be a number such as 19.99`},
	"total is an object":     {"/v1/track", order(`"order_id":"o1","total":{}`), 400, "properties.total", "is an object, must be a number"},
	"products are an object": {"/v1/track", order(`"order_id":"o1","products":{}`), 400, "properties.products", "must be an array of objects"},
	"a product is text":      {"/v1/track", order(`"order_id":"o1","products":[{"sku":"s"},"p"]`), 400, "properties.products[1]", "is a string, must be an object"},
	"a price is true":        {"/v1/track", order(`"order_id":"o1","products":[{"sku":"s"},{"sku":"t"},{"sku":"u","price":true}]`), 400, "properties.products[2].price", "must be a number"},
	"a quantity is text":     {"/v1/track", order(`"order_id":"o1","products":[{"sku":"s","quantity":"2"}]`), 400, "properties.products[0].quantity", `is a string, "2", must be a number`},
	"a product has no id":    {"/v1/track", order(`"order_id":"o1","products":[{"sku":"s"},{"name":"x"}]`), 400, "properties.products[1].product_id", "give its sku"},

	"context is a list":     {"/v1/track", track(`"context":[]`), 400, "context", "is an array"},
	"traits are text":       {"/v1/identify", `{"userId":"c1","traits":"x"}`, 400, "traits", "is a string, must be an object"},
	"group traits are text": {"/v1/group", `{"userId":"c1","traits":"x"}`, 400, "traits", "is a string"},
	"email is a number":     {"/v1/identify", `{"userId":"c1","traits":{"email":5}}`, 400, "traits.email", "is a number, must be a string"},
	"phone in the context":  {"/v1/identify", `{"userId":"c1","context":{"traits":{"phone":447700900123}}}`, 400, "context.traits.phone", "is a number"},
	"country is a number":   {"/v1/identify", `{"userId":"c1","traits":{"address":{"country":44}}}`, 400, "traits.address.country", "is a number"},
	"timezone is a number":  {"/v1/identify", `{"userId":"c1","context":{"timezone":1}}`, 400, "context.timezone", "is a number"},
	"consent is true":       {"/v1/identify", `{"userId":"c1","context":{"consent":true}}`, 400, "context.consent", "must be a list of"},
	"consent to nothing":    {"/v1/identify", consentOf(`"channel":"email","granted":true`), 400, "context.consent[0].purpose", "is missing"},
	"consent without word":  {"/v1/identify", consentOf(`"channel":"email","purpose":"p"`), 400, "context.consent[0].granted", "never assumed"},
	"consent by pigeon":     {"/v1/identify", consentOf(`"channel":"pigeon","purpose":"p","granted":true`), 400, "context.consent[0].channel", `is "pigeon", must be "email", "sms", "whatsapp", or "*"`},
	"consent to everything": {"/v1/identify", consentOf(`"channel":"email","purpose":"*","granted":true`), 400, "context.consent[0].purpose", "can only be withdrawn"},
	"a confirmed no":        {"/v1/identify", consentOf(`"channel":"*","purpose":"p","granted":false,"confirmed":true`), 400, "context.consent[0].confirmed", "only a yes can be confirmed"},
	"confirmed by a word":   {"/v1/identify", consentOf(`"channel":"sms","purpose":"p","granted":true,"confirmed":"yes"`), 400, "context.consent[0].confirmed", "must be true or false"},
	"a proof that is none":  {"/v1/identify", consentOf(`"channel":"sms","purpose":"p","granted":true,"proof":[]`), 400, "context.consent[0].proof", "is an array"},
	"consent at no time":    {"/v1/identify", consentOf(`"channel":"sms","purpose":"p","granted":true,"at":"x"`), 400, "context.consent[0].at", "is not ISO 8601"},
	"consent of a number":   {"/v1/identify", `{"userId":"c1","context":{"consent":[5]}}`, 400, "context.consent[0]", "is a number, must be an object"},
	"a category is text":    {"/v1/identify", `{"userId":"c1","context":{"consent":{"categoryPreferences":{"ads":"yes"}}}}`, 400, "context.consent.categoryPreferences.ads", "must be true or false"},
	"categories are a list": {"/v1/identify", `{"userId":"c1","context":{"consent":{"categoryPreferences":[]}}}`, 400, "context.consent.categoryPreferences", "is an array"},
	"said twice":            {"/v1/track", track(`"context":{"traits":{"a":1}},"properties":{"order_id":"o1","$profile":{}}`), 400, "properties.$profile", "use one of them"},
	"own consent, wrong":    {"/v1/track", order(`"order_id":"o1","$profile":{"consent":[{"channel":"x","purpose":"p"}]}`), 400, "properties.$profile.consent[0].channel", "must be"},
	"own traits, wrong":     {"/v1/track", order(`"order_id":"o1","$profile":{"traits":5}`), 400, "properties.$profile", "number"},
	"a subject of ours":     {"/v1/track", `{"userId":"$identity","event":"Cart Viewed"}`, 400, "userId", "marks ids of Rapport's own"},
	"an alias of ours":      {"/v1/alias", `{"userId":"c1","previousId":"$identity"}`, 400, "previousId", "marks ids of Rapport's own"},
	"an alias of nobody":    {"/v1/alias", `{"userId":"c1"}`, 400, "previousId", "is missing"},
	"an unalias of nobody":  {"/v1/unalias", `{"userId":"c1","anonymousId":"a1"}`, 400, "previousId", "is missing"},
	"unalias, by its name":  {"/v1/track", `{"userId":"c1","event":"profile.unaliased","properties":{"previous_id":7}}`, 400, "properties.previous_id", "is a number"},
	"also of ours":          {"/v1/track", order(`"order_id":"o1","$profile":{"also":["$identity"]}`), 400, "properties.$profile.also[0]", "marks ids of Rapport's own"},
	"identity events":       {"/v1/track", `{"userId":"c1","event":"identity.stated"}`, 400, "event", "only Rapport itself"},
	"historical by a word":  {"/v1/track", `{"userId":"c1","event":"Cart Viewed","context":{"historical":"yes"}}`, 400, "context.historical", "must be true or false"},
	"a long visitor":        {"/v1/track", `{"userId":"c1","anonymousId":"` + strings.Repeat("a", 250) + `","event":"Cart Viewed"}`, 400, "anonymousId", "at most 256"},
	"a product, no shelf":   {"/v1/track", `{"userId":"c1","event":"Product Updated","properties":{"product_id":"p1"}}`, 501, "event", "does not run here"},
	"previousId is a list":  {"/v1/alias", `{"userId":"c1","previousId":[]}`, 400, "previousId", "is an array"},
}

func consentOf(members string) string {
	return `{"userId":"c1","context":{"consent":[{` + members + `}]}}`
}

func TestBadInput(t *testing.T) {
	t.Parallel()
	for name, c := range badInput {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := &recording{}
			p := refused(t, post(t, newService(t, r, small).Handler(), c.path, c.body), c.status)
			if p.Field != c.field || !strings.Contains(p.Detail, c.detail) {
				t.Errorf("the problem is %q: %s; want %q: ... %s ...", p.Field, p.Detail, c.field, c.detail)
			}
			if n := len(r.Events(t)); n != 0 {
				t.Errorf("%d events were published", n)
			}
		})
	}
}

// refused checks the form of a problem.
func refused(t *testing.T, a answer, status int) problem {
	t.Helper()
	var p problem
	a.into(t, &p)
	if a.status != status || p.Status != status {
		t.Errorf("the status is %d, and %d in the body, want %d: %s", a.status, p.Status, status, a.body)
	}
	if ct := a.header.Get("Content-Type"); ct != "application/problem+json" {
		t.Errorf("the content type is %s", ct)
	}
	if p.RequestID == "" || p.RequestID != a.header.Get("X-Request-Id") {
		t.Errorf("the request id is %q in the body and %q in the header", p.RequestID, a.header.Get("X-Request-Id"))
	}
	if !strings.HasPrefix(p.Type, "urn:rapport:problem:") || p.Title == "" || !strings.HasSuffix(p.Detail, ".") {
		t.Errorf("not a whole problem: %s", a.body)
	}
	return p
}

func TestBadRequests(t *testing.T) {
	t.Parallel()
	good := []byte(`{"messageId":"m1","userId":"c1","event":"Cart Viewed"}`)
	key := "Bearer secret"
	for name, c := range map[string]struct {
		method, path string
		body         []byte
		headers      map[string]string
		status       int
		detail       string
		header       [2]string // of the answer
	}{
		"no key":            {"POST", "/v1/track", good, nil, 401, "There is no write key. Send it as the user name", [2]string{"Www-Authenticate", `Basic realm="rapport write key", charset="UTF-8"`}},
		"unknown key":       {"POST", "/v1/track", []byte("not even read"), map[string]string{"Authorization": "Basic d3Jvbmc6"}, 401, "in the header is not known", [2]string{}},
		"unknown in body":   {"POST", "/v1/track", []byte(`{"writeKey":"wrong"}`), nil, 401, "writeKey in the body is not known", [2]string{}},
		"key is a number":   {"POST", "/v1/track", []byte(`{"writeKey":5}`), nil, 400, "writeKey: is a number", [2]string{}},
		"another scheme":    {"POST", "/v1/track", good, map[string]string{"Authorization": "Digest x"}, 401, "user name of Basic", [2]string{}},
		"a form":            {"POST", "/v1/track", good, map[string]string{"Authorization": key, "Content-Type": "application/x-www-form-urlencoded"}, 415, "-H 'Content-Type: application/json'", [2]string{}},
		"another charset":   {"POST", "/v1/track", good, map[string]string{"Authorization": key, "Content-Type": "application/json; charset=latin1"}, 415, "UTF-8", [2]string{}},
		"another encoding":  {"POST", "/v1/track", good, map[string]string{"Authorization": key, "Content-Encoding": "br"}, 415, `Content-Encoding is "br"`, [2]string{}},
		"gzip that is not":  {"POST", "/v1/track", good, map[string]string{"Authorization": key, "Content-Encoding": "gzip"}, 400, "not valid gzip", [2]string{}},
		"gzip cut short":    {"POST", "/v1/track", zipped(t, good)[:30], map[string]string{"Authorization": key, "Content-Encoding": "gzip"}, 400, "could not be read to its end", [2]string{}},
		"gzip bomb":         {"POST", "/v1/track", zipped(t, bytes.Repeat([]byte(" "), 1<<20)), map[string]string{"Authorization": key, "Content-Encoding": "gzip"}, 413, "unfolded", [2]string{}},
		"gzip bomb, batch":  {"POST", "/v1/batch", zipped(t, bytes.Repeat([]byte(" "), 1<<20)), map[string]string{"Authorization": key, "Content-Encoding": "gzip"}, 413, "4000 bytes", [2]string{}},
		"GET":               {"GET", "/v1/track", nil, nil, 405, "Use POST here", [2]string{"Allow", "POST"}},
		"POST to health":    {"POST", "/healthz", nil, nil, 405, "Use GET here", [2]string{"Allow", "GET"}},
		"elsewhere":         {"POST", "/v2/track", good, nil, 404, "POST /v1/batch, POST /v1/track, POST /v1/identify", [2]string{}},
		"their request id":  {"GET", "/", nil, map[string]string{"X-Request-Id": "abc-1"}, 404, "routes", [2]string{"X-Request-Id", "abc-1"}},
		"a wild request id": {"GET", "/", nil, map[string]string{"X-Request-Id": "a b"}, 404, "routes", [2]string{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := &recording{}
			a := send(t, newService(t, r, small).Handler(), c.method, c.path, c.body, c.headers)
			if p := refused(t, a, c.status); !strings.Contains(p.Detail, c.detail) {
				t.Errorf("the detail is %s; want ... %s ...", p.Detail, c.detail)
			}
			if got := a.header.Get(c.header[0]); got != c.header[1] {
				t.Errorf("the header %s is %q, want %q", c.header[0], got, c.header[1])
			}
			if id := a.header.Get("X-Request-Id"); id == "a b" {
				t.Error("a wild request id was taken over")
			}
			if n := len(r.Events(t)); n != 0 {
				t.Errorf("%d events were published", n)
			}
		})
	}
}

func TestABatchIsTakenItemByItem(t *testing.T) {
	t.Parallel()
	r := &recording{}
	h := newService(t, r, func(o *ingest.Options) { o.Limits.Event = 1000 }).Handler()
	a := post(t, h, "/v1/batch", fmt.Sprintf(`{"batch":[
		{"type":"track","messageId":"m0","userId":"c1","event":"Cart Viewed"},
		"not an object",
		{"type":"track","messageId":"m2","userId":"c1","event":"Order Completed","properties":{"order_id":"o1","products":[{"sku":"s","price":"x"}]}},
		{"messageId":"m3","userId":"c1"},
		{"type":"dance","messageId":"m4","userId":"c1"},
		{"type":7,"messageId":"m5","userId":"c1"},
		null,
		[],
		{"type":"track","messageId":"m8","userId":"c1","event":"Cart Viewed","properties":{"x":%q}},
		{"type":"identify","messageId":"m9","userId":"c1"}]}`, strings.Repeat("x", 1000)))
	var got struct {
		Success  bool
		Accepted int
		Rejected []rejected
	}
	a.into(t, &got)
	if a.status != http.StatusOK || !got.Success || got.Accepted != 2 {
		t.Fatalf("answered %d %s", a.status, a.body)
	}
	want := []rejected{
		{1, "", "batch[1]", "is a string, must be an object"},
		{2, "m2", "properties.products[0].price", `is a string, "x", must be a number such as 19.99`},
		{3, "m3", "type", "is missing: say track, identify, page, screen, group or alias"},
		{4, "m4", "type", `"dance" is not known: say track, identify, page, screen, group or alias`},
		{5, "m5", "type", "is a number, must be a string"},
		{6, "", "batch[6]", "is null, must be an object"},
		{7, "", "batch[7]", "is an array, must be an object"},
		{8, "m8", "properties", "make an event of more than 1000 bytes: send less in properties, traits and context"},
	}
	if len(got.Rejected) != len(want) {
		t.Fatalf("rejected %v", got.Rejected)
	}
	for i, w := range want {
		if got.Rejected[i] != w {
			t.Errorf("rejected %v, want %v", got.Rejected[i], w)
		}
	}
	events := r.Events(t)
	if len(events) != 2 || events[0].ID != "m0" || events[1].ID != "m9" {
		t.Errorf("published %v, want m0 and m9, in this order", events)
	}
}

func TestABatchWithNothingGood(t *testing.T) {
	t.Parallel()
	r := &recording{}
	a := post(t, newService(t, r, nil).Handler(), "/v1/batch", `{"batch":[{"type":"track","messageId":"m0"},5]}`)
	p := refused(t, a, http.StatusBadRequest)
	if len(p.Rejected) != 2 || p.Rejected[0].Field != "userId" || p.Rejected[1].Field != "batch[1]" {
		t.Errorf("answered %s", a.body)
	}
}

func TestEscapesMayNotOutgrowAMessage(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("<", 400<<10)
	large := func(o *ingest.Options) { o.Limits.Event = ingest.MaxEvent }
	body := track(`"properties":{"order_id":"o1"},"context":{"traits":{"name":"` + long + `"}}`)
	p := refused(t, post(t, newService(t, &recording{}, large).Handler(), "/v1/track", body), http.StatusRequestEntityTooLarge)
	if p.Field != "properties" {
		t.Errorf("the problem is %v", p)
	}
	// Properties pass as they came, without escapes of ours.
	r := &recording{}
	body = track(`"properties":{"order_id":"o1","html":"` + long + `"}`)
	if a := post(t, newService(t, r, large).Handler(), "/v1/track", body); a.status != http.StatusOK || !strings.Contains(string(only(t, r).Data), long) {
		t.Errorf("answered %d %s", a.status, a.body)
	}
}
