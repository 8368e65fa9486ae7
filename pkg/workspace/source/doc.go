// Package source reads the files of a workspace so that every mistake in them can be shown
// at its place: file, line and column, an excerpt with a caret, and what to do.
//
// YAML is read as a tree with positions (Node) instead of into structs, because a decoder
// stops at its first error and loses the places of the rest; readers of a workspace
// report everything in one run. Anchors, aliases, merge keys and tags are refused: nobody
// needs them here, and they are how a small file becomes a large one in memory.
package source
