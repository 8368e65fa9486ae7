// Package mjml compiles e-mails written in MJML to HTML.
//
// A skeleton so far: the compiler is embedded and nothing calls it.
package mjml
