// Command write writes the events of shops as the Go package that comes with the client:
//
//	go run ./client/shopevents/write client/shopevents/events_generated.go
//
// It is what go generate runs; a test of that package fails when the file is stale.
package main
