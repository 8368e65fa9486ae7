// Package backtest runs a changed workspace over events that have happened, and counts what
// it would have done: who enters, what is sent when, what is kept back and why, who walks
// through two journeys at once, and where that differs from what really happened.
//
// Promises. The engine is the live one (package rehearsal), and nothing is touched: what is
// read is events and recorded messages, what comes out is a Report. Run is pure and the
// same input gives the same report. Memory is the states of the profiles and some bytes for
// each message; events are streamed.
//
// Events before Input.Since fill profiles, histories and segments and cause nothing, so that
// the journeys begin warm and empty. What a back-test cannot know it says: people act as
// they did, whatever they would have been sent, so that conversions are not measured but
// expected from each journey's own past.
package backtest
