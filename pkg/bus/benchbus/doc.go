// Command benchbus measures package bus beside plain nats.go on an embedded
// server, and prints rates, processor time per message and ratios:
//
//	go run rapport/pkg/bus/benchbus
//
// Both sides do the same work: the same bodies, message ids, acknowledgements
// and connection. The variants take turns in every round and medians are
// compared, because a shared machine is never equally fast twice. Processor
// time counts client and server together and varies less than the rate.
package main
