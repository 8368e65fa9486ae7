package store_test

import (
	"reflect"
	"testing"

	"rapport/pkg/store"
)

func TestCountsAdd(t *testing.T) {
	t.Parallel()
	got := store.Counts{Events: map[string]int{}, Journeys: map[string]store.JourneyCounts{}}
	for i, kind := range []store.Kind{
		store.KindEvent, store.KindEntered, store.KindLeft, store.KindFinished, store.KindJoined, store.KindMoved, store.KindPublished, "unknown",
	} {
		got.Add(kind, "a", i+1)
		got.Add(kind, "b", 10)
	}
	got.Add(store.KindEntered, "a", 3)
	want := store.Counts{
		Events:   map[string]int{"a": 1, "b": 10},
		Journeys: map[string]store.JourneyCounts{"a": {Entered: 5, Left: 3, Finished: 4}, "b": {Entered: 10, Left: 10, Finished: 10}},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
}
