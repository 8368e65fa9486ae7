// Package jsontext appends JSON to bytes, without reflection: the bytes are those that
// encoding/json writes for the same value, its HTML escapes included.
//
// It is for what is written for every event and every message. There encoding/json, and the
// maps that it needs where the members are not those of one struct, took a twentieth of all
// time; whatever is written less often had better be a struct for encoding/json.
package jsontext
