// Package jsontext appends JSON to bytes, without reflection: the bytes are those that
// encoding/json writes for the same value, its HTML escapes included. Its Scanner reads JSON
// of a known shape.
//
// It is for what is written or read for every event and every message. There encoding/json, and the
// maps that it needs where the members are not those of one struct, took a twentieth of all
// time; whatever is rarer had better be a struct for encoding/json.
package jsontext
