// Package workspace reads what marketers edit: a directory with rapport.yaml, journeys and
// templates, into one Snapshot that is checked as a whole.
//
//	rapport.yaml              the shop, and who its messages come from
//	policy.yaml               caps, quiet hours, purposes, the control group
//	loyalty.yaml              what earns points, and tiers
//	delivery.yaml             mail servers, and which messages go by which
//	events.yaml               the types of events that the team declares
//	sources/NAME.yaml         one shop system each, whose webhooks are taken
//	segments/NAME.yaml        one segment each
//	journeys/NAME.yaml        one journey each
//	email/NAME.html.liquid    e-mails, with NAME.txt.liquid beside each,
//	email/NAME.mjml           or in MJML, with the same beside them,
//	email/layouts/            what goes around them,
//	email/partials/           and pieces that several of them use
//	sms/NAME.txt.liquid       text messages
//	whatsapp/NAME.txt.liquid  WhatsApp messages
//	webhook/NAME.yaml         calls of the shop's own systems
//	tests/NAME.test.yaml      tests of journeys, read by pkg/rehearsal/script
//	schema/                   JSON Schemas of these files, for editors (package schema)
//
// Promises. Load reports every mistake of every file in one run, each at its place and with
// a remedy; a workspace with a mistake gives no Snapshot at all, because a journey that runs
// with half of its messages is worse than yesterday's. What is legal and probably not meant
// is a warning, which keeps nothing from running. A Snapshot is immutable; Live replaces one
// by the next in one step when files change, and keeps the last good one while they do not
// read. Whatever a file holds, it is refused within 100 ms: files, lines, nesting, steps and
// what is said about one file are bounded, and each bound is named where it is met. Only
// MJML takes longer: its compiler starts in about a second, and a file has at most three.
//
// # Choices in journeys
//
// Where the language's description is silent: a broadcast to all has to say so (audience:
// everyone). In set: and emit:, numbers, truths and lists stand for themselves, and a text is
// an expression; task: holds texts for people, with {{ expressions }} in them, and is for
// profile.account_manager unless it says otherwise. The event that a wait waited for can be
// read as event in its arm, until somebody may rest again. Steps that surely hold people
// (a wait, a message that is put off) must have an id; those that may are warned of.
//
// The version of a journey is a hash of what decides what happens to people inside: of
// its YAML without comments, order of keys, title and status. So rewording a comment or
// pausing a journey is no new version of it.
package workspace
