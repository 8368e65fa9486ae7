// Package telemetry sets up traces, metrics and the trace ids of log lines.
//
// It promises:
//
//   - what is exported, and where to, is said by the standard OTEL_* variables
//     (https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/)
//     and by nothing else. Beside that, whoever asks for it gets a handler that Prometheus
//     scrapes, with the same metrics: to be asked is no export, and needs no variable;
//   - with neither, nothing is exported and nothing is recorded. The
//     specification's default is "OTLP to localhost", which on a machine without
//     a collector is an error message every few seconds; a shop that has not
//     asked for traces should not hear of them. Spans then come from the no-op
//     provider: no identifiers, no attributes, no allocation worth measuring;
//   - trace context crosses processes as W3C traceparent and tracestate
//     (https://www.w3.org/TR/trace-context/). Baggage is not carried on: it is
//     free text from strangers, and our headers are stored for weeks;
//   - there is no global: services are given a trace.TracerProvider and a
//     metric.MeterProvider, and name their tracer by Tracer.
//
// Spans and log lines name ids, counts and verdicts, never an address or the
// text of a message. The package telemetrytest checks that.
package telemetry
