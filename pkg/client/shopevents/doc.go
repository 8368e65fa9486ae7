// Package shopevents has what shops send as Go structs: the events of Segment's e-commerce
// specification, with the properties that Rapport knows of them. They are made to be passed to
// package client:
//
//	err := client.Track(ctx, "ada", shopevents.OrderCompleted{
//		OrderID: "A-1001", Total: "27.50", Currency: "EUR",
//		Products: []shopevents.Product{{ProductID: "lamp-7", Price: "18.99", Quantity: new(2.0)}},
//	})
//
// The structs are generated from package trackingplan, by `go generate`; a test fails when they
// are stale. Events of your own become such structs by `rapport events generate`.
package shopevents

//go:generate go run ./write events_generated.go
