// Package catalogue is what the shop sells now: one record for each product, as the shop said last.
//
// A record is a JSON object with at least product_id. Those that Rapport reads itself are the fields
// of Product, in the names of Segment's specification where it has them; a shop's own are kept for
// its templates.
//
// # What it promises
//
// A record that is told replaces what it names: a field that is left out stays as it was, null
// takes it out, so that a message about the stock alone does not lose the picture. Of two the one with
// the later updated_at counts, whatever order they come in; one without counts as told now. A
// product that was taken out of the catalogue (Removed) stays as that, so that what is late does not
// bring it back.
//
// A product is for sale unless it was removed, is said to be not available, or has a stock of
// nothing. What nobody ever spoke of is for sale, too: a shop without a catalogue sells all the same.
//
// The package is pure; package live keeps records in the broker, where every service reads them.
package catalogue
