// Package recommender answers what goes with a purchase.
//
// Consumes: the whole EVENTS stream, in order; requests on recommend.suggest.
// With a catalogue, what is not for sale now is not suggested, and what is has the name, link and
// picture that the catalogue says: answers are then about now, whatever time they are asked for.
// Publishes: replies to those requests. Who is in the same process calls Suggest, which
// is the same without the way there and back.
// What the engine passes on from one id of a person to another (event.Event.Of) has been read under
// the id that it came with, and is not counted again.
// Owns: the co-purchase model (pkg/recommend), in memory. It is what the events say, so a
// start reads it anew from the stream; nothing is kept beside it.
//
// Guarantees: an answer to (as of T, through sequence S) counts exactly the orders with a
// time before T among those read so far, after at least everything up to S has been read.
// Where events arrive in the order of their times, that is all orders from before T and no
// other, whoever asks, however often, and however far the reader is ahead: replays agree.
// A request for what has not been read yet waits, briefly, and is then answered with an
// error, which the asker may repeat.
package recommender
