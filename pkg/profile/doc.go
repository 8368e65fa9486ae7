// Package profile is one customer as the engine knows them: traits and addresses, consent
// with its proof, what was bought, and what they may not be sent.
//
// A profile is the fold of its events: Apply takes one event and changes the profile, and
// the same events in the same order always give the same profile. The package is pure;
// time comes with the events.
package profile
