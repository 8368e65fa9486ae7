// Command extract makes the shipped demo data from the full file of real purchases:
//
//	go run ./services/rapport/demo/extract FULL.csv.gz EXTRACT.csv.gz
//
// It keeps every twelfth customer, by number, with the complete history (a customer's gaps between orders are what the
// win-back journey is about, so that no order of a customer may be left out), and every twelfth anonymous invoice, by
// number, which is the same share. Choosing by number and not by how well a customer suits the demo keeps the mix of
// the real shop: one-time buyers, resellers, cancellations, rows that cannot be sold.
//
// Kept rows are copied byte by byte, in the order of the file, so that the extract has the faults of the original too.
// The same input gives the same output: the gzip header carries no time and no name.
package main
