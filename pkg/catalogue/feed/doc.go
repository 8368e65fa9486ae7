// Package feed reads the files in which shops list all they sell, for shopping portals as a rule.
//
// It knows Google's product data (https://support.google.com/merchants/answer/7052112) as RSS 2.0 and Atom, and as tables
// whose first line names the attributes, with commas, tabs, semicolons or bars; and JSON, as an array or one
// object to a line, in Google's names or those of package catalogue. What a feed is, is seen from its beginning;
// gzip is unpacked.
//
// # What it promises
//
// Feeds are read as they come, one product at a time, whatever their length. Prices keep their digits: "12.50 GBP", "GBP
// 12.50" and "12,50 EUR" are amounts and currencies. A sale_price that holds at the time of reading is the price, and
// price what it was before. What is "preorder" or "backorder" can be bought. The category is the last level of
// product_type, else of google_product_category. Attributes that package catalogue has no name for are left out, but for
// item_group_id and gtin.
//
// A product that cannot be read is told with its place and the reason, and the others are read.
// An error of Read is one of the whole: it says that the feed was not read to its end, so that nothing may be
// concluded from what it does not list.
//
// The package is pure: who fetches feeds is another's part.
package feed
