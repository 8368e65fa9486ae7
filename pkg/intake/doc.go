// Package intake bounds how many bytes a service has in hand at one moment, over all that its peers send at once.
//
// A limit of one body is no bound of memory: a thousand peers may each send the largest that is allowed. A Budget is
// shared by all of them; whoever reads past it gets ErrSpent, and has to be told to come again a little later.
//
// It promises:
//
//   - bytes count from when they were read until Counted.Release, whether the reading went well or not, so that a body
//     which is refused is given back as well as one that is worked off;
//   - readers never wait for each other: a peer that sends slowly would otherwise keep all others out. Past the budget
//     everybody who still reads is refused, and each of them is late by no more than one read;
//   - many use a Budget at once.
package intake
