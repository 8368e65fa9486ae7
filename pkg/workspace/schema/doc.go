// Package schema describes the forms of a workspace's files, once: as JSON Schemas
// (https://json-schema.org/draft/2020-12) by which editors complete, explain and check what
// marketers write. A file says which one is its own in its first line:
//
//	# yaml-language-server: $schema=../schema/journey.json
//
// The forms are Go values (Schema) made of a few constructors, each key with the sentence
// that an editor shows beside it. The files in templates/schema are written from them by go
// generate, and so are the tables in templates/LANGUAGE.md, which marketers read; a test fails
// when they are stale.
//
// Promises. A schema and the reader of its files (package workspace, and rehearsal/script for
// tests) know the same keys in the same places: tests hold them together both ways, by
// documents made from the schemas, which the readers must find no unknown key in, and by
// comparing what each reader allows at each place. What a schema refuses, the reader refuses.
// The converse cannot hold: that a template is there, or that a condition makes sense, is
// for the reader alone.
//
// Why not structs with tags: keys that exclude each other, forms that are a word or a
// mapping, and a sentence for every key do not fit into tags, and nothing is decoded into
// such structs, because a decoder loses the places of mistakes (package source).
package schema

//go:generate go run ./write ../../../templates
