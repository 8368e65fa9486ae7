// Package workspace reads what marketers edit: a directory with rapport.yaml, journeys and
// templates, into one Snapshot that is checked as a whole.
//
//	rapport.yaml              the shop, and who its messages come from
//	journeys/NAME.yaml        one journey each
//	email/NAME.html.liquid    e-mails, with NAME.txt.liquid beside each,
//	email/layouts/            what goes around them,
//	email/partials/           and pieces that several of them use
//	sms/NAME.txt.liquid       text messages
//
// Promises. Load reports every mistake of every file in one run, each at its place and with
// a remedy; a workspace with a mistake gives no Snapshot at all, because a journey that runs
// with half of its messages is worse than yesterday's. What the language will have and does
// not have yet is refused in so many words, never ignored. A Snapshot is immutable; Live
// replaces one by the next in one step when files change, and keeps the last good one
// while they do not read.
//
// The version of a journey is a hash of what decides what happens to people inside: of
// its YAML without comments, order of keys, title and status. So rewording a comment or
// pausing a journey is no new version of it.
package workspace
