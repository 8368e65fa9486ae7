package main_test

import (
	"context"

	"github.com/nats-io/nats.go/jetstream"

	"rapport/pkg/bus"
	"rapport/services/ingest/natsdoor"
)

// overNATS has a shop publish an event and something else with its own key, the door read both with that of
// ingest, and the operator send the dead letter on its way again and drop it.
func (g *guarded) overNATS(ctx context.Context) {
	g.t.Helper()
	d, err := natsdoor.New(natsdoor.Options{JS: g.as("ingest"), Logger: g.log()})
	g.check("make the door", err)
	g.running("natsdoor", d.Run)
	shop := g.as("shop")
	_, err = shop.Publish(ctx, "in.shop.orders", []byte(`{"specversion":"1.0","id":"n1","source":"shop","type":"cart.viewed","subject":"ada"}`))
	g.check("the shop publishes", err)
	_, err = shop.Publish(ctx, "in.shop", []byte("something else"))
	g.check("the shop publishes something else", err)
	js := g.as("operator")
	letters, err := js.Stream(ctx, bus.StreamDead)
	g.check("the operator looks at the dead letters", err)
	consumer, err := js.OrderedConsumer(ctx, bus.StreamDead, jetstream.OrderedConsumerConfig{})
	g.check("the operator reads them", err)
	msg, err := consumer.Next(jetstream.FetchMaxWait(brokerPatience))
	g.check("the operator reads one", err)
	dead, err := bus.ReadDead(msg.Headers())
	g.check("read it", err)
	again, err := dead.Again(msg.Headers(), msg.Data())
	g.check("make it a message again", err)
	_, err = js.PublishMsg(ctx, again)
	g.check("the operator publishes it again", err)
	meta, err := msg.Metadata()
	g.check("read where it lies", err)
	g.check("the operator drops it", letters.DeleteMsg(ctx, meta.Sequence.Stream))
}
