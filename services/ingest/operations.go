package ingest

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// idText is an id: text, or a whole number that is taken for its digits.
type idText string

// Schema implements huma.SchemaProvider.
func (idText) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{
		OneOf:       []*huma.Schema{{Type: huma.TypeString}, {Type: huma.TypeInteger}},
		Description: "An id; a whole number is taken for its digits. Ids that begin with $ are reserved.",
	}
}

// callBody is what the document says of a call. Its members are those of call.
type callBody struct {
	_                 struct{}       `additionalProperties:"true"`
	UserID            idText         `json:"userId,omitempty" doc:"The customer, as the shop knows them."`
	AnonymousID       idText         `json:"anonymousId,omitempty" doc:"A visitor who is not known (yet). With userId: the same person."`
	MessageID         idText         `json:"messageId,omitempty" doc:"The event's own id; repeat it when you retry. Without one it gets one."`
	Timestamp         string         `json:"timestamp,omitempty" doc:"When it happened, ISO 8601; absent: now."`
	SentAt            string         `json:"sentAt,omitempty" doc:"When it was sent by the same clock as timestamp, which is put right by it."`
	Context           map[string]any `json:"context,omitempty" doc:"traits, timezone, locale, consent; historical: true for what is told long after it happened."`
	Event             string         `json:"event,omitempty" doc:"track: what happened, such as Order Completed."`
	Name              string         `json:"name,omitempty" doc:"page, screen: its name."`
	Category          string         `json:"category,omitempty" doc:"page, screen: its category."`
	Properties        map[string]any `json:"properties,omitempty" doc:"What belongs to the event."`
	Traits            map[string]any `json:"traits,omitempty" doc:"identify: what is known of the person. group: of the group."`
	GroupID           idText         `json:"groupId,omitempty" doc:"group: its id."`
	PreviousID        idText         `json:"previousId,omitempty" doc:"alias, unalias: the other id. That of a visitor begins with anonymous: or equals anonymousId."`
	OriginalTimestamp string         `json:"originalTimestamp,omitempty" doc:"What some libraries have for timestamp."`
	WriteKey          string         `json:"writeKey,omitempty" doc:"The write key, if it is not in a header."`
}

// itemBody is a call of a batch.
type itemBody struct {
	Type string `json:"type,omitempty" doc:"track, identify, page, screen, group or alias."`
	callBody
}

// batchBody is the body of a batch.
type batchBody struct {
	_        struct{}       `additionalProperties:"true"`
	Batch    []itemBody     `json:"batch" doc:"The calls. One that is wrong does not hold up the others."`
	SentAt   string         `json:"sentAt,omitempty" doc:"For calls without one of their own."`
	Context  map[string]any `json:"context,omitempty" doc:"For all calls; a call's own context wins."`
	WriteKey string         `json:"writeKey,omitempty" doc:"The write key, if it is not in a header."`
}

// ofCalls are the problems of everything that takes a write key and a body.
func ofCalls(more ...int) []int {
	return append([]int{
		http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden, http.StatusRequestTimeout, http.StatusRequestEntityTooLarge,
		http.StatusUnsupportedMediaType, http.StatusTooManyRequests, http.StatusServiceUnavailable,
	}, more...)
}

func describeCall(verb string) func(*describer, *huma.Operation) {
	said := map[string]struct{ summary, does, body string }{
		"track":    {"Something happened", "The name gives the event's type: Order Completed becomes order.completed.", `{"userId":"c-17","event":"Order Completed","messageId":"order-1001","properties":{"order_id":"1001","total":49.90,"currency":"EUR","products":[{"product_id":"p1","price":49.90,"quantity":1}]}}`},
		"identify": {"Who somebody is", "Traits are merged over what is known.", `{"userId":"c-17","anonymousId":"a-3","messageId":"id-1","traits":{"firstName":"Ada"},"context":{"consent":[{"channel":"email","purpose":"marketing","granted":true}]}}`},
		"page":     {"A page was seen", "Becomes page.viewed.", `{"anonymousId":"a-3","messageId":"page-1","name":"Home","properties":{"url":"https://shop.example/"}}`},
		"screen":   {"A screen was seen", "Becomes screen.viewed.", `{"anonymousId":"a-3","messageId":"screen-1","name":"Cart"}`},
		"group":    {"Somebody joined a group", "Becomes group.joined. With a server's key only.", `{"userId":"c-17","messageId":"group-1","groupId":"g-1","traits":{"name":"Initech"}}`},
		"alias":    {"Two ids are one person", "Becomes profile.aliased. Browsers' keys may only join the visitor of the same call.", `{"userId":"c-17","messageId":"alias-1","previousId":"anonymous:a-3"}`},
		"unalias":  {"Two ids are not one person after all", "Takes an alias back: profile.unaliased. With a server's key only; no call of Segment's.", `{"userId":"c-17","messageId":"unalias-1","previousId":"anonymous:a-3"}`},
	}[verb]
	return func(d *describer, op *huma.Operation) {
		op.Tags, op.Summary, op.Description = []string{tagCalls}, said.summary, said.does+" At most "+kilobytes(d.limits.Event)+"."
		d.body(op, "application/json", d.schema(callBody{}), example{verb, said.summary, said.body})
		problems := ofCalls()
		if verb == "track" {
			problems = ofCalls(http.StatusNotImplemented)
		}
		d.answers(op, http.StatusOK, "Stored.", callAnswer{}, problems...)
		secured(op, true)
	}
}

func describeBatch(d *describer, op *huma.Operation) {
	op.Tags, op.Summary = []string{tagCalls}, "Many calls"
	op.Description = fmt.Sprintf("At most %s (unfolded, if gzip) and %d calls. Each is taken or rejected by itself; the answer comes when all that are taken are stored.", kilobytes(d.limits.Batch), d.limits.Items)
	d.body(op, "application/json", d.schema(batchBody{}), example{"two calls", "A customer and what they did", `{"batch":[{"type":"identify","userId":"c-17","messageId":"b-1","traits":{"plan":"gold"}},{"type":"track","userId":"c-17","messageId":"b-2","event":"Cart Viewed"}],"sentAt":"2026-01-02T10:00:00Z"}`})
	d.answers(op, http.StatusOK, "What became of each item.", batchAnswer{}, ofCalls()...)
	secured(op, true)
}

func describeDropped(d *describer, op *huma.Operation) {
	op.Tags, op.Summary, op.Description = []string{tagShort}, "A library about itself", "What browsers' libraries measure of themselves; answered, and not kept."
	d.answers(op, http.StatusOK, "Heard.", struct {
		Success bool `json:"success"`
	}{})
}

func describeSettings(d *describer, op *huma.Operation) {
	op.Tags, op.Summary, op.Description = []string{tagCalls}, "Settings for Segment's library in pages", "Set the library's cdnURL to this server, and it sends here."
	op.Parameters = []*huma.Param{{Name: "key", In: "path", Required: true, Description: "A write key for browsers.", Schema: &huma.Schema{Type: huma.TypeString}}}
	d.answers(op, http.StatusOK, "Where to send.", settingsAnswer{}, http.StatusUnauthorized, http.StatusForbidden)
}

// cloudEventBody is a CloudEvent in JSON.
type cloudEventBody struct {
	_               struct{}       `additionalProperties:"true"`
	SpecVersion     string         `json:"specversion" enum:"1.0"`
	ID              string         `json:"id" doc:"Unique within the source."`
	Source          string         `json:"source" doc:"Who publishes; it is put behind the name of the key."`
	Type            string         `json:"type" doc:"Such as cart.viewed."`
	Subject         string         `json:"subject" doc:"The profile: a customer's id, or anonymous: and a visitor's."`
	Time            string         `json:"time,omitempty" doc:"RFC 3339; absent: now."`
	DataContentType string         `json:"datacontenttype,omitempty"`
	Data            map[string]any `json:"data,omitempty"`
}

func describeCloudEvents(d *describer, op *huma.Operation) {
	op.Tags, op.Summary = []string{tagShops}, "CloudEvents 1.0"
	op.Description = "Structured, batched, or binary: then attributes are headers (ce-id, ce-source, ce-type, ce-subject) and the body is the data. With a server's key only."
	const one = `{"specversion":"1.0","id":"ce-1","source":"till","type":"cart.viewed","subject":"c-17","data":{"cart_id":"k1"}}`
	d.body(op, "application/cloudevents+json", d.schema(cloudEventBody{}), example{"structured", "One event", one})
	list := &huma.Schema{Type: huma.TypeArray, Items: &huma.Schema{Type: huma.TypeObject}}
	d.body(op, "application/cloudevents-batch+json", list, example{"batched", "Several events", "[" + strings.Replace(one, "ce-1", "ce-2", 1) + "]"})
	for _, name := range []string{"ce-specversion", "ce-id", "ce-source", "ce-type", "ce-subject", "ce-time"} {
		op.Parameters = append(op.Parameters, &huma.Param{Name: name, In: "header", Description: "Binary mode.", Schema: &huma.Schema{Type: huma.TypeString}})
	}
	d.body(op, "application/json", &huma.Schema{Type: huma.TypeObject, Description: "Binary mode: the data."})
	d.answers(op, http.StatusOK, "Stored. Of a batch: what became of each event.", callAnswer{}, ofCalls(http.StatusNotImplemented)...)
	op.Responses["200"].Content["application/json"].Schema = &huma.Schema{OneOf: []*huma.Schema{d.schema(callAnswer{}), d.schema(batchAnswer{})}}
	secured(op, false)
}

func describeWebhook(d *describer, op *huma.Operation) {
	op.Tags, op.Summary = []string{tagShops}, "A webhook of a shop system"
	op.Description = "The source is a file of the workspace, sources/NAME.yaml, which says how a delivery is verified and what it becomes. The shop system's signature is the key."
	op.Parameters = []*huma.Param{{Name: "source", In: "path", Required: true, Description: "The source's name.", Schema: &huma.Schema{Type: huma.TypeString}}}
	d.body(op, "application/json", &huma.Schema{Description: "As the shop system sends it."})
	d.answers(op, http.StatusOK, "Stored, or nothing to keep.", hookAnswer{}, http.StatusBadRequest, http.StatusUnauthorized, http.StatusNotFound,
		http.StatusRequestTimeout, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType, http.StatusServiceUnavailable)
	d.answers(op, http.StatusAccepted, "Genuine, and cannot be understood: it lies among the dead letters.", hookAnswer{})
}

func describeProducts(d *describer, op *huma.Operation) {
	op.Tags, op.Summary = []string{tagShops}, "Products"
	op.Description = "One product, an array of them, or one to a line. What is told replaces what was known; null takes a field out. With a server's key only."
	const one = `{"product_id":"p1","name":"Teapot","price":24.90,"currency":"EUR","stock":12}`
	d.body(op, "application/json", &huma.Schema{OneOf: []*huma.Schema{{Type: huma.TypeObject}, {Type: huma.TypeArray, Items: &huma.Schema{Type: huma.TypeObject}}}},
		example{"one", "One product", one}, example{"several", "An array", "[" + one + "]"})
	d.body(op, "application/x-ndjson", &huma.Schema{Type: huma.TypeString}, example{"lines", "JSON Lines", one + "\n" + `{"product_id":"p2","stock":0}` + "\n"})
	d.answers(op, http.StatusOK, "What became of each record.", batchAnswer{}, ofCalls(http.StatusNotImplemented)...)
	secured(op, false)
}

func describeDocument(d *describer, op *huma.Operation) {
	op.Tags, op.Summary = []string{tagAbout}, "This document, OpenAPI 3.1"
	d.answers(op, http.StatusOK, "The document.", map[string]any{})
}

func describeDocs(_ *describer, op *huma.Operation) {
	op.Tags, op.Summary = []string{tagAbout}, "This document, to read"
	op.Responses["200"] = &huma.Response{Description: "A page.", Content: map[string]*huma.MediaType{"text/html": {Schema: &huma.Schema{Type: huma.TypeString}}}}
}

func describeHealth(d *describer, op *huma.Operation) {
	op.Tags, op.Summary = []string{tagAbout}, "Whether the process is alive"
	d.answers(op, http.StatusOK, "It is.", map[string]string{})
}

func describeReady(d *describer, op *huma.Operation) {
	op.Tags, op.Summary = []string{tagAbout}, "Whether events can be stored"
	d.answers(op, http.StatusOK, "They can.", map[string]string{}, http.StatusServiceUnavailable)
}
