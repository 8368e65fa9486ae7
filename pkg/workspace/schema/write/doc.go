// Write writes the JSON Schemas of a workspace's files into a directory:
//
//	go run ./write ../../../templates/schema
//
// It is what go generate runs in package schema. The same forms give the same bytes, so that
// a difference in the files is a difference in the forms.
package main
