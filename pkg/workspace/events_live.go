package workspace

import (
	"rapport/pkg/event"
	"rapport/pkg/trackingplan"
)

// LivePlan is the tracking plan of the snapshot in force, at each question. When the files
// change between two questions about one event, each is answered by its own plan.
type LivePlan struct{ live *Live }

// Plan follows the tracking plan of the files.
func (l *Live) Plan() LivePlan { return LivePlan{l} }

func (p LivePlan) current() *trackingplan.Plan { return p.live.Current().Events() }

// Check is that of trackingplan.Plan.
func (p LivePlan) Check(e *event.Event) *event.FieldError { return p.current().Check(e) }

// Keeps is that of trackingplan.Plan.
func (p LivePlan) Keeps(typ string) bool { return p.current().Keeps(typ) }

// TypeOf is that of trackingplan.Plan.
func (p LivePlan) TypeOf(name string) string { return p.current().TypeOf(name) }
