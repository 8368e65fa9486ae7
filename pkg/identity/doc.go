// Package identity decides which ids are one person, and how the ids' nodes (each id's state in
// its own partition) come to agree on it. It only computes: the orchestrator loads, stores and
// sends.
//
// # Ids
//
// Handles are ids that begin with "anonymous:", "email:" or "phone:"; all others are customers.
// Of handles, addresses and numbers come before anonymous ids, and smaller ids before larger.
//
// # Statements
//
// A Statement says of two ids that they are one person, or no longer. Of a pair counts: whether
// they are joined (what the latest statement says; at the very same time "no longer" wins),
// since when (its earliest joined statement) and which of the two was ever the former id. None
// of these depends on the order in which statements come, nor on how often.
//
// # The rule
//
//   - A handle follows the customer that it was first joined with (at the same time, the smaller
//     id), and no other: a computer that two customers share does not make them one. A handle
//     that no customer has follows, of the handles that it is joined with and that come before
//     it, the one it was first joined with.
//   - Customers that statements join, one by one, are one person. Its root is the smallest of
//     those that were never the former id of a pair that is joined, and if there are none, the
//     smallest.
//   - At most MaxCustomers customers are one person, and at most MaxClaims ids are told apart
//     for one id; what goes beyond is refused, and the decision says why.
//
// A handle is decided from its own row alone, so that nothing grows with the number of handles
// that a customer has. A customer is decided from the rows of all customers of the person.
//
// # The nodes
//
// Every id's node points to another (Node.Into) or to none: then it is its person's root, and
// the engine works there. Messages from one node to another keep their order.
//
//  1. A node that hears of a statement that could change what the authority knows (Node.Say)
//     sends it as Stated to the subject Authority, whose partition decides it (Decide) and sends
//     Pointings.
//  2. A pointing to a customer goes to that customer, the root, which passes it on (Tell) after
//     it has turned itself. So a node that points to another one of version v, points to one that
//     knows of v; a node on a circle would point by a lower version than itself, and there are no
//     circles at any time. Handles point to what comes before them in a fixed order, and need
//     no such care.
//  3. A node that is pointed elsewhere sends Detached to where it pointed, then Joined (its view
//     and the engine's state) to where it points now (Node.Point).
//  4. A node keeps what it was sent by each node that points to it as a Part, beside its own; its
//     view is the join of them all. When they change, and it points on, it sends its view on as
//     Joined. When Detached comes, it drops the part.
//  5. An event is applied to the part of the node that it came from (its own, when it came from
//     outside), and then passed on to where the node points, until it is at a root: there alone
//     the engine acts on it.
//  6. Who says a pair that is no longer joined, or ends one, has that sent back to both ids,
//     because a node says a pair again only if it must: if it has heard since that the two
//     are one person, it now says so (Node.Undone).
//  7. An erasure goes up to the root, and from there down to all parts (Node.Erase); each id it
//     comes to is also forgotten by the authority (Forget).
//
// A root's view is therefore what all its ids have, each once; it is so in any order in which
// statements, events and messages come, when they have come. Until then a person may be seen with
// less, or with an id of another. The engine acts once on every event, whatever moves meanwhile.
//
// # What the carrying out must see to
//
//   - What a node sends is sent in the order given, and comes in that order from node to node; a
//     message may come again. Joined and Detached that come again are seen to be old; events are
//     not, and are known by their id together with the node that passed them on (event.Event.Of):
//     one that comes back to an id it began at, because roots changed on the way, is not a
//     repetition.
//   - Statements are those of events from outside: those passed on have said theirs.
//
// # Bounds
//
// A node remembers MaxSaid pairs, and says again what it forgot. It keeps the parts of MaxParts
// handles apart; more are folded into one: their events count on, but what they had cannot be
// taken out again, and what others bring to them after that is not seen here. Of the last 4096
// folded ones it is known whose they were; an erasure does not come to others by itself.
package identity
