// Package catalogue is what the shop sells now: one record for each product, as the shop said last.
//
// A record is a JSON object with at least product_id. Those that Rapport reads itself are the fields
// of Product, in the names of Segment's specification where it has them; a shop's own are kept for
// its templates.
//
// # What it promises
//
// What is said of a product changes what it names: a field that is left out stays as it was, null
// takes it out, so that a message about the stock alone does not lose the picture. Of two the one with
// the later updated_at counts: what was said earlier and comes late is passed over whole, so that
// a price that held once does not come back. One without updated_at was said when its event happened, and no product is said to
// have changed later than that: a clock that runs ahead would silence all that follows. A
// product that was taken out of the catalogue (Removed) stays as that, so that what is late does not
// bring it back; what is newer does.
//
// Records are kept in one form, names in order and no white space, so that what says nothing new changes no byte. Amounts
// keep their digits. Own fields may be any JSON; of more than MaxRecord bytes the longest own fields are
// left out, so that a shop that sends all it has is not refused for it, and nothing that was taken is refused later.
//
// A product is for sale unless it was removed, is said to be not available, or has a stock of
// nothing. What nobody ever spoke of is for sale, too: a shop without a catalogue sells all the same.
//
// The package is pure; package live keeps records in the broker, where every service reads them, and package feed reads
// the files in which shops list all they sell.
package catalogue
