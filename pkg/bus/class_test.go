package bus_test

import (
	"errors"
	"fmt"
	"maps"
	"testing"

	"github.com/nats-io/nats.go"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"rapport/pkg/bus"
)

func TestClassesAreToldByTheError(t *testing.T) {
	t.Parallel()
	why := errors.New("why")
	for _, c := range []struct {
		err  error
		want bus.Class
	}{
		{nil, bus.GaveUp},
		{why, bus.GaveUp},
		{fmt.Errorf("publish: %w", nats.ErrMaxPayload), bus.TooLarge},
		{bus.Permanent(fmt.Errorf("publish: %w", nats.ErrMaxPayload)), bus.TooLarge},
		{bus.Permanent(why), bus.Refused},
		{fmt.Errorf("read: %w", bus.Because(bus.Unreadable, bus.Permanent(why))), bus.Unreadable},
		{bus.Because(bus.Poison, bus.Because(bus.TooLarge, why)), bus.Poison},
	} {
		if got := bus.ClassOf(c.err); got != c.want {
			t.Errorf("%v is %s, want %s", c.err, got, c.want)
		}
	}
	if marked := bus.Because(bus.Poison, why); !errors.Is(marked, why) || marked.Error() != "why" || bus.Because(bus.Poison, nil) != nil {
		t.Errorf("marked: %v", marked)
	}
}

// What is buried is counted by who gave up and by the class of the reason.
func TestBuriedMessagesAreCounted(t *testing.T) {
	t.Parallel()
	js := newBus(t)
	reader := metric.NewManualReader()
	_, msgs := subscribe(t, js, bus.SubscriberOptions{
		Service: "post office", MaxAttempts: 1, Meters: metric.NewMeterProvider(metric.WithReader(reader)),
	})
	for i, why := range []error{bus.Permanent(errors.New("no such template")), errors.New("busy"), errors.New("busy")} {
		publish(t, js, bus.SendSubject("email", "ada"), fmt.Sprint(i), "x")
		bus.Nack(receive(t, msgs), why)
	}
	settled(t, js, "mailer")
	var all metricdata.ResourceMetrics
	if err := reader.Collect(t.Context(), &all); err != nil {
		t.Fatal(err)
	}
	got := map[string]int64{}
	for _, p := range all.ScopeMetrics[0].Metrics[0].Data.(metricdata.Sum[int64]).DataPoints {
		service, _ := p.Attributes.Value("service")
		class, _ := p.Attributes.Value("class")
		if p.Value > 0 {
			got[service.AsString()+" "+class.AsString()] += p.Value
		}
	}
	if n := len(all.ScopeMetrics[0].Metrics[0].Data.(metricdata.Sum[int64]).DataPoints); n != len(bus.Classes()) {
		t.Errorf("%d classes are told, want all, from the start", n)
	}
	if want := map[string]int64{"post office refused": 1, "post office gave_up": 2}; !maps.Equal(got, want) {
		t.Errorf("counted %v, want %v", got, want)
	}
}
