// Package shophook turns the webhooks of shop systems into events: it verifies a delivery, and
// maps it by what a file of the workspace says (sources/NAME.yaml), so that another shop system
// is another file.
//
//	sources := shophook.Open(snapshot.Sources(), os.Getenv)
//	delivery, err := sources.Get("shopify").Receive(r.Header, body, time.Now())
//
// What it promises:
//
//   - Nothing is read of a body before its signature fits; there is no way to take deliveries
//     without a secret. Several secrets may stand side by side while one is changed.
//   - A delivery becomes all of its events, each valid, or none.
//   - The same delivery becomes the same events with the same ids, whenever and however often it
//     comes.
//   - Amounts keep their digits: they are decimals from the body to the event, never binary
//     fractions. "10.00" stays 10.00.
//   - Bodies, depth, steps of expressions, bytes of events and their number are bounded; what is
//     beyond is ErrMapping. Errors hold no secret and nothing of a body, save topics.
//   - There is no clock, randomness, I/O, goroutine or logger here.
//
// # What becomes of a delivery
//
// What to answer follows from what the shop does next. ErrSignature is 401 and ErrStale 400:
// either is not the shop, or its retry is signed anew. ErrClosed is 503, so that it tries again
// once somebody has set the secret. ErrMapping is 202, after the raw bytes are kept as a dead
// letter: the delivery is genuine, trying again would not help, and shops switch webhooks off
// that fail for some time (Shopify after eight in a row, WooCommerce after five, Stripe after
// days), which would lose those that do map. Source.Again maps a dead letter once the file is
// mended. An unknown or ignored topic is 202 as well, and is counted by its Outcome: shops send
// whatever somebody has ticked.
//
// # Replays
//
// What keeps a delivery that somebody has seen from being sent again differs:
//
//	scheme       signed              an old one sent again
//	stripe       time, body          refused beyond the tolerance; within it the event's own id, body.id, repeats
//	standard     id, time, body      refused beyond the tolerance; within it the id repeats
//	hmac         body, a time if     refused beyond the tolerance where timestamp: names one;
//	             there is one        the digest of the body repeats
//	shopify      body                the digest of the body repeats
//	woocommerce  body                the digest of the body repeats
//
// An event's id is its type and what the mapping's id: says, which is made of the body and so
// signed; without one it is what the last column names. So a replay repeats ids, and changes
// nothing for as long as ids are remembered. The delivery ids of Shopify and WooCommerce stand in
// headers that nobody signs: an id made of them would be another one whenever somebody likes.
// For the same reason a body could be sent under another topic; a mapping for which that matters
// asks the body (customers/redact in the file for Shopify), and retries of a provider may
// differ in their bytes, so mappings that count name their own id.
//
// WooCommerce's ping, when a webhook is saved, is not signed and holds nothing but a number. It
// is answered and becomes nothing.
//
// # Expressions
//
// The grammar is that of expr-lang, read by its parser; evaluating is ours, as in package
// condition and for its reasons: what is missing has to be missing instead of an error, numbers
// have to stay decimals, and each evaluation has to be bounded exactly. They differ from
// conditions in what they read (any JSON, of which nothing is known beforehand) and in what they
// may give (any value). Functions are listed in function.go and loop.go.
//
// Who reads the file builds a Definition and reports mistakes at their places (package
// workspace); errors while a delivery is mapped name the same places.
package shophook
