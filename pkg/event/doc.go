// Package event is the vocabulary in which everything meets: the envelope, the
// catalogue of types and the codec.
//
// An event is a CloudEvent 1.0 in JSON (structured mode,
// https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md). Its id is
// the producer's idempotency key, its subject is the profile it is about, its
// type is a dotted lower-case past tense such as "order.completed", and its data
// uses the property names of Segment's e-commerce specification
// (https://segment.com/docs/connections/spec/ecommerce/v2/).
//
// What an event says about the person rather than about the deed (traits,
// addresses, consent) travels in the one reserved property "$profile", so that
// an order can introduce its customer without a second event that might arrive
// in another order.
//
// The package is pure: it imports no clock, so an event without a time stays
// without one until a door (services/ingest) stamps it.
package event
