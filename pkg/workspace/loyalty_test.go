package workspace

import (
	"testing"

	"rapport/pkg/journey"
)

func TestLoyalty(t *testing.T) {
	t.Parallel()
	files := small()
	files["loyalty.yaml"] = `earn:
  - {on: order.completed, if: event.total >= 20, points: event.total * 2}
  - {on: survey.answered, points: 50}
tiers:
  - {name: bronze, from: 0}
  - {name: silver, from: 500}
  - {name: gold, from: 2000}
`
	s, err := load(files)
	if err != nil {
		t.Fatal(err)
	}
	l := s.loyalty
	if len(l.Earn) != 2 || l.Earn[0].On != "order.completed" || l.Earn[0].If.String() != "event.total >= 20" || l.Earn[0].Points.String() != "event.total * 2" ||
		l.Earn[1].If != nil || l.Earn[1].Points.String() != "50" {
		t.Errorf("earn: %+v", l.Earn)
	}
	if len(l.Tiers) != 3 || l.Tiers[2] != (journey.Tier{Name: "gold", From: 2000}) {
		t.Errorf("tiers: %+v", l.Tiers)
	}
}
