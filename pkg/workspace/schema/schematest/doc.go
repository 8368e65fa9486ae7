// Package schematest holds schemas and readers together: it draws documents that a schema
// takes, and compares, mapping by mapping, the keys that a reader allowed with those that the
// schema has.
package schematest
