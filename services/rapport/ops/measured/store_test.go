package measured_test

import (
	"errors"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"rapport/pkg/store"
	"rapport/pkg/store/sqlite"
	"rapport/pkg/store/storetest"
	"rapport/services/rapport/ops/measured"
)

// A measured store is a store: it passes the suite that every store passes.
func TestIsAStore(t *testing.T) {
	storetest.Run(t, storetest.Options{Open: func(t *testing.T, dir string) store.Store {
		t.Helper()
		db, err := sqlite.Open(t.Context(), sqlite.Options{Dir: dir})
		if err != nil {
			t.Fatal(err)
		}
		m, err := measured.New(db, nil, true)
		if err != nil {
			t.Fatal(err)
		}
		return m
	}})
}

func TestMeasuresWhatIsDone(t *testing.T) {
	t.Parallel()
	db, err := sqlite.Open(t.Context(), sqlite.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	reader := sdkmetric.NewManualReader()
	s, err := measured.New(db, sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader)), true)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Acquire(t.Context(), 0, 2); err != nil {
		t.Fatal(err)
	}
	due := time.Now().Add(-time.Hour)
	batch := store.Batch{
		Partition: 0, Epoch: 2, To: store.Position{Seq: 1},
		Profiles: []store.ProfileRow{{ID: "ada", State: []byte("x"), UpdatedAt: time.Now(), Wake: due}},
	}
	if err := s.Commit(t.Context(), &batch); err != nil {
		t.Fatal(err)
	}
	batch.Epoch = 1
	if err := s.Commit(t.Context(), &batch); !errors.Is(err, store.ErrFenced) {
		t.Fatalf("an old owner's commit: %v, want ErrFenced", err)
	}
	if wakes, err := s.Due(t.Context(), 0, time.Now(), 10); err != nil || len(wakes) != 1 {
		t.Fatalf("due: %v, %v", wakes, err)
	}
	counts, sums := read(t, reader)
	for name, want := range map[string]float64{
		"store.operation.duration ok=true,operation=commit":  1,
		"store.operation.duration ok=false,operation=commit": 1,
		"store.operation.duration ok=true,operation=due":     1,
		"store.commit.rows table=profiles":                   1,
		"store.partitions.acquired ":                         1,
		"store.fenced ":                                      1,
		"store.timer.lateness ":                              1,
	} {
		if counts[name] != want {
			t.Errorf("%s counts %v, want %v", name, counts[name], want)
		}
	}
	if late := sums["store.timer.lateness "]; late < 3600 || late > 3700 {
		t.Errorf("the timer was %v s late, want an hour", late)
	}
}

// read returns counts of all and sums of histograms.
func read(t *testing.T, reader *sdkmetric.ManualReader) (counts, sums map[string]float64) {
	t.Helper()
	var got metricdata.ResourceMetrics
	if err := reader.Collect(t.Context(), &got); err != nil {
		t.Fatal(err)
	}
	counts, sums = map[string]float64{}, map[string]float64{}
	for _, scope := range got.ScopeMetrics {
		for _, m := range scope.Metrics {
			switch data := m.Data.(type) {
			case metricdata.Sum[int64]:
				for _, p := range data.DataPoints {
					counts[m.Name+" "+p.Attributes.Encoded(attribute.DefaultEncoder())] = float64(p.Value)
				}
			case metricdata.Histogram[float64]:
				for _, p := range data.DataPoints {
					key := m.Name + " " + p.Attributes.Encoded(attribute.DefaultEncoder())
					counts[key], sums[key] = float64(p.Count), p.Sum
				}
			}
		}
	}
	return counts, sums
}
