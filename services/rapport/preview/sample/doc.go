// Package sample knows the messages of a workspace and people to render them for, when nobody is there yet: for
// `rapport preview` and `rapport send-test`.
//
// People are of three kinds. Those that are built in are the ones whom templates are usually forgotten for: without a
// first name, with a very long one, with emoji, writing in German. Those of samples/*.json beside the templates are the
// shop's own. And whoever a journey's tests let get a message is there with exactly the data that the message had then,
// because the tests are run to find out.
//
// A message needs the data of the event that led to it, which only the journey knows. People who are built in have an
// order, a basket and a product at once, all of one kind; what a test's event has beyond that is added, so that templates
// for events of the shop's own render as well.
//
// # Promises
//
// The same files, message, person and time make the same command. Nothing of a real customer is read. Pictures of products that are
// built in lie under Pictures, at the shop's address; nobody has them, and a page may show something else in their place.
package sample
