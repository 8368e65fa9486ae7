// Package audit judges a run from records that Rapport did not make for the judge: what
// producers offered and heard, what lies in the streams, the rows of the tables, what the
// mail and text message servers took, and when what was broken. It computes only; package
// ledger collects.
//
// It promises to name every breach of what Rapport promises, with the ids concerned:
// accepted events that are missing, applied twice or by nobody's word; effects that differ
// from the events; order that was lost; messages without an outcome, with two, or with one
// that the servers' records contradict; hand-overs that nobody decided; repeats that nothing
// explains; lag and leftovers.
//
// A repeat is explained by the mail server's silence, or by something that was broken
// between the first hand-over and the second, and that touched one of the two workers (the
// first died, or the second was stopped with the message in hand and woke up too late), its
// links, or what all workers share. Rapport has to know of it too: a repeat that
// the table does not show as sent again is a breach, whatever was broken.
package audit
