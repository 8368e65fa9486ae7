// Package preview is the page of `rapport preview`: every message of a workspace as the people who get it will see it, while
// it is being written.
//
// It shows each message by journey and step: a mail at the width of a desk and of a phone, in the light and in the dark, as
// plain text, as source and with the data it was made of, with its line in the inbox and its size beside what Gmail clips; a
// text message as a bubble, with its segments; a webhook as its request. Languages are those of the workspace, people those of package sample. The
// address holds the whole choice, so that it can be sent to somebody else who looks at the same workspace.
//
// # Promises
//
// It only reads: there is no request that changes anything. What a file lacks or has too much of is said on the page at its
// place, and beside it the last good state stays to be seen. The page follows the files by server-sent events, and without
// scripts is the same page after a reload.
//
// A message is foreign HTML, so it is in a frame of its own, without scripts and forms by its sandbox and again by the policy
// it comes with. What a mail itself loads, as pictures from the shop, is loaded as mail programs do; the page around it
// loads nothing from elsewhere. Pictures at hosts which exist for examples only, and those of sample products, are quiet
// coloured tiles.
//
// Only this machine is answered unless somebody asks for more (Options.Remote), and then by its own names only, so that a
// page of elsewhere cannot read unpublished messages by pointing a name of its own here. No customers' data is read.
//
// # How the dark is shown
//
// A browser gives a frame the scheme of the person's system, and no script may run in it that says otherwise. So the copy
// that goes into the frame is rewritten: in style sheets and media attributes, (prefers-color-scheme: dark) becomes (min-width:0),
// which always holds, and light becomes (max-width:0), which never does, or the other way round; and of a mail that says it
// knows both schemes, color-scheme is fixed. That is what a mail program with support for dark mail does. Others
// recolour mails as they see fit, which nothing here can show.
package preview
