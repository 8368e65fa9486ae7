// Package stack is all of Rapport in one process: an embedded broker and database, the
// services in the order of the flow, and the catcher in place of the world.
//
// It is the same constructors that a cluster uses, wired in one place that reads from top
// to bottom: Open acquires (data directory, broker, store, workspace), services lists
// (ingest, orchestrator, recommender, mailer, texter, caller, catcher), Close gives back in
// reverse. The services are started from the end of the flow and stopped from its
// beginning, so that what comes in always finds somebody who takes it on.
package stack
