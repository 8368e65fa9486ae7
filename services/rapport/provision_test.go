package main_test

import (
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"rapport/pkg/bus"
	"rapport/pkg/bus/natslocal"
	"rapport/pkg/store/postgres/pgtest"
)

// Streams, buckets and tables are made by a command that ends, and made again changes nothing; a
// process finds them.
func TestProvision(t *testing.T) {
	t.Parallel()
	store := pgtest.URL(t)
	cluster, err := natslocal.Start(t.Context(), natslocal.Options{Dir: t.TempDir(), Nodes: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cluster.Close() })
	dir := t.TempDir()
	for range 2 {
		got := execute(t, command(t, dir, "provision", "--nats-url", cluster.URLs()[0], "--partitions", "4", "--store", store))
		if got.code != 0 || got.out != "Streams and tables are as they should be.\n" {
			t.Fatalf("exit code %d: %s%s", got.code, got.out, got.errors)
		}
	}
	nc, err := nats.Connect(cluster.URLs()[0])
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	for _, bucket := range []string{bus.BucketLease, bus.BucketNonces, bus.BucketWarmUp, bus.BucketCatalogue} {
		if _, err := js.KeyValue(t.Context(), bucket); err != nil {
			t.Errorf("there is no bucket %s: %v", bucket, err)
		}
	}
	other := execute(t, command(t, dir, "provision", "--nats-url", cluster.URLs()[0], "--partitions", "8"))
	if other.code != 1 {
		t.Errorf("another number of partitions: exit code %d: %s", other.code, other.errors)
	}
}
