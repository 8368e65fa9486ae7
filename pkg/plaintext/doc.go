// Package plaintext makes the plain-text part of an e-mail out of its HTML, for mails that have none written by hand.
//
//	text := plaintext.Of(page)
//
// It promises a text that a person can read aloud: headings stand out by a line below, lists keep their marks and
// numbers, a link is "label: address", a picture is what its alt says. Rows of a table that hold two or more short
// cells become columns that line up, amounts on the right, by the width that characters have on a screen (wide ones of
// East Asia and emoji count two); tables that only lay out a page disappear. What no reader of the HTML sees is left out:
// comments with what they hold for Outlook, hidden elements such as a preheader, and the invisible characters that pad it.
//
// Lines are not wrapped: where a line ends is known to the device that shows it, and to nobody else. There are no marks
// for bold or italic, which screen readers would read out. An address is not repeated when the label is the address, and
// links within rows of a table stand below the row, so that columns stay columns.
//
// Any input gives a text, and the same input the same text. The package only computes. A written text is still better:
// it knows what matters; this one knows only what was there.
package plaintext
