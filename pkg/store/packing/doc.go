// Package packing makes what a store keeps of people smaller: their states, and the data of their events.
//
// # What it promises
//
//   - Unpack gives back what Pack was given, to the byte, whatever bytes they are.
//   - What was packed once can be unpacked by every later version: a way to pack keeps its number and its
//     dictionary for ever. A better one gets a new number.
//   - Damaged bytes are an error, or other bytes; they neither panic nor ask for memory without bound.
//
// # Why it is so
//
// A state says what all states say: names of journeys and channels, times of one day, an order in the words of
// Segment's specification. Among two thousand bytes there is little to find twice; nearly all of it stands in a
// dictionary, so that an S2 block (github.com/klauspost/compress/s2) beside dictionary1.bin takes 39 % of the states
// that `rapport bench` seeds and 30 % of their orders' data, for 2.6 and 1.1 µs to write and 1.0 and 0.4 µs to read.
// BenchmarkPacking has a short order: 44 %, 1.0 and 0.2 µs. zstd and flate, beside a smaller dictionary, took a tenth fewer
// bytes and several times as long.
//
// It is worth it for the pages: a B-tree of pages of 4 KB held 1.4 states in one, every second state that grew split its
// page, and ten million people took more disk than machines have memory to keep it at hand.
//
// dictionary1.bin was made once, and is never made again: events as JSON as a shop's tracking writes them, names of the
// starter workspace, and the state of a made-up customer after two orders, as pkg/journey encodes it.
package packing
