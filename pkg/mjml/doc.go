// Package mjml compiles e-mails written in MJML to HTML, in process: with no Node, no network and no access to files.
//
// The compiler is the official one, MJML 5.4.1, as its browser build (npm's mjml-browser) bundled with the two packages
// that it expects beside it, and it runs in QuickJS, which modernc.org/quickjs has in pure Go. 5.4.1 rather than the
// ready-made file of 4.18.0, because it costs one step of bundling and is what people find documented; HTML of the
// official suite is the same tree for all 150 documents that are valid. quickjs is at v0.25.0 because that one needs the
// same modernc.org/libc as modernc.org/sqlite, which wants exactly its own.
//
// # What it promises
//
//   - The same document gives the same bytes, whatever was compiled before: chance is seeded anew for each.
//   - A document ends: time, memory, size, elements and nesting are bounded. After one that was stopped, the machine is
//     thrown away and the next document gets a new one.
//   - A mistake has a file, a line, a column and a remedy. MJML drops text between elements, forgives tags that are not
//     closed and reports what it dislikes by line; here these are errors (Problems), as are unknown elements and
//     attributes. What is inside mj-text, mj-table, mj-raw and the like is HTML, and left alone.
//   - Liquid comes out as it was written, character for character: in text, in attributes, and as blocks around elements
//     (a {% for %} around mj-section, mj-column, mj-text, mj-social-element and others needs no mj-raw). The document that
//     the official compiler sees has words and comments in its place, and Result.Place tells for a place in the HTML where
//     its Liquid was written. A block has to begin and end inside the same element. What is decided when a template is
//     compiled (widths, paddings, alignment, mj-class) cannot hold Liquid, which is an error that says so; colours can.
//   - <mj-style inline="inline"> puts its rules into style attributes; the inliner is part of MJML.
//   - mj-include is resolved here, by what Options.Include finds, or refused.
//
// # What it costs
//
// Nothing until a document is compiled. Measured on two shared cores: a machine starts in 0.6 to 1.6 s and takes 30 MiB;
// a small document then takes 10 ms, an order confirmation with a table, a style to inline and a dozen pieces of Liquid 30
// to 60 ms, and one that is kept 0.4 ms. Results are kept by the hash of all files that went into them, in memory and, if
// wanted, in a directory that outlives the process. A machine without work for Config.Idle is given back: 20 MiB of the
// 30 return to the system, and what stays does not grow from one machine to the next.
//
// # The bundle
//
// bundle holds what is embedded, with the licences of its packages in THIRD_PARTY.txt and its checksums in bundle.json.
// It is made of the versions and checksums in _bundle/package-lock.json, by npm and Node, which only this needs:
//
//go:generate sh -c "cd _bundle && npm ci && node build.mjs && rm -r node_modules"
package mjml
