// Command natskeys makes what a trial of deploy/nats/cluster.conf takes: a certificate authority
// with a certificate for the brokers, an nkey for each service, and the environment that tells
// the brokers about them.
//
//	go run ./pkg/bus/natskeys --dir trial --hosts 127.0.0.1,nats-0,nats-1,nats-2
//
// It promises: a directory that has anything in it is left alone, so that keys in use are never
// replaced; secrets (ca-key.pem, node-key.pem, *.nk) can be read by their owner only, and
// nats.env holds none.
//
// It is for a trial, because whoever can read the directory can be anybody. Where it matters,
// make each key where it is used and carry only the public one to the brokers.
package main
