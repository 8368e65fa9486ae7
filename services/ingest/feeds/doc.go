// Package feeds reads the product feeds of shops, again and again, and keeps the catalogue as they say.
//
// Consumes: files by HTTP, as package catalogue/feed reads them.
//
// Publishes: products to Options.Catalogue; nothing to a stream.
//
// Owns: the field "feed" of a product's record, which says by which feed it is listed. What was read last (ETag and
// Last-Modified) is kept in memory alone: after a start each feed is read once more, which changes nothing.
//
// Guarantees:
//
//   - a product changes only in what its feed says of it, and is stored only if that is new;
//   - what a feed says holds from its Last-Modified, without one from when it was asked for: a webhook that told of a
//     product since then counts more;
//   - a product that its feed lists no longer is taken out of the catalogue, but only when the feed was read to its end and
//     at least half of its products are still there: a feed that lost more is broken more often than the shop has shrunk. Then nothing is taken out,
//     and the log says so until the feed is mended, or the products are sent to POST /v1/products with "removed": true;
//   - a product that cannot be read counts as listed, and stays as it was;
//   - of several with one id the first counts;
//   - feeds that were not changed are not read (If-None-Match, If-Modified-Since); what takes longer than Options.Within or is
//     longer than feed.MaxSize is given up, and tried again when it is time for the next reading;
//   - addresses in private networks are refused, also behind a redirect, unless Options.AllowPrivate.
//
// Several processes may read the same feed: they say the same.
package feeds
