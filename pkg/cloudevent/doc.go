// Package cloudevent reads and writes CloudEvents 1.0 as they travel between a shop and
// Rapport: over HTTP in binary, structured and batched mode, and over NATS in binary and
// structured mode (https://github.com/cloudevents/spec/tree/v1.0.2/cloudevents, the HTTP and
// NATS protocol bindings and the JSON event format).
//
// # What comes from where
//
//	event.Event   attribute         rule
//	ID            id                required
//	Source        source            required; nothing that begins with "rapport/", which is Rapport's own
//	Type          type              required; none of the types that only Rapport itself makes, see Reserved
//	Subject       subject           required: whom it is about; product.* may go without
//	Time          time              RFC 3339; the time of arrival where it is missing
//	Past          rapportpast       an extension: true or false
//	Data          data              a JSON object, {} where it is missing; data_base64 is decoded first
//	(none)        specversion       required, "1.0"
//	(none)        datacontenttype   JSON ("application/json", anything that ends in "+json"), or missing
//
// All other attributes, dataschema among them, are kept: they become the members of the object
// ExtensionsProperty in Data, so that journeys can ask for them and nothing gets lost. Text stays
// text, and in JSON true, false and whole numbers stay what they are; in headers everything is text.
// The extension rapportof is refused: only the engine may say that an event came under another id.
// traceparent and tracestate are about the way and not the event: they stand in its Item.
//
// # What it promises
//
//   - It is pure: the time of arrival is handed in, and times in the future are left for the doors to
//     put right.
//   - What is wrong is told as *event.FieldError, which names the attribute and the remedy. A batch is
//     taken item by item: each has an event or an error, in the order they came in.
//   - No attribute has control characters, so that ids and sources may go into headers as they are.
//   - An attribute or header that is given twice is refused. Parsers differ about which one
//     counts, and a proxy before this one may have looked at the other.
//   - What is written holds against the specification's JSON Schema as long as the source is a URI
//     reference; it is part of the event's identity and is written as it is.
//   - Data is passed on as the bytes it came in: prices and totals are never parsed.
//
// # Where the bindings leave room
//
// Header values are unquoted where they are quoted, and percent-decoded once (HTTP binding,
// 3.1.3.2). A percent sign without two hexadecimal digits after it stays what it is, because
// libraries were seen to send texts unencoded; what decodes to no UTF-8 is refused, as the binding has it.
// Header names are compared without regard to case over NATS too, where they are case-sensitive.
// Over NATS, `ce-datacontenttype` counts before `content-type`, which some libraries send, and a message
// without any `ce-` header is taken for structured, whatever its content type.
package cloudevent
