// Package trackingplan says which properties the types of events have: those that shops and
// Rapport itself send (Known), and those that a team declares beside them (Plan.With).
//
// A Plan judges events at the doors (Check), tells package condition what expressions may
// ask for, and is written out as Go structs and JSON Schemas.
package trackingplan
