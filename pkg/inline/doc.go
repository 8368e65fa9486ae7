// Package inline moves the rules of style elements into the style attributes of the elements that they are for, because
// some mail programs drop style elements, and some keep them only in parts.
//
//	rest, sheet, notes := inline.Take(layout) // once, when the file is read
//	page = sheet.Append(page[:0], rendered)   // for each mail
//
// The style elements are read once, from the source of a template, and what went out of them is no longer in it. The
// elements are found in the page as it was rendered: only there is it known what stands in what, when a layout, a mail and
// its partials come together. To make that cheap the page is not parsed into a tree: it is read once from begin to end
// with a stack of open elements, and only the tags that a rule is for are written anew. That is why selectors that need
// what comes later are left alone.
//
// # What is moved
//
// Rules whose selectors are made of element names, classes, ids, attributes, :first-child and :nth-child, joined by
// nesting (a b) or by > . Of several the cascade decides, as in a browser: weight, then order; what stands in the style
// attribute wins over them, unless the rule is !important. A declaration that loses is not written; one rule's fallbacks
// all are.
//
// # What stays
//
// At-rules such as @media and @font-face, pseudo-classes such as :hover, *, siblings (a + b), and rules that list such a
// selector among others. A rule inside @media has to be !important now, because what was beside it stands in attributes:
// Take notes where one is not. Style elements that hold Liquid, lie in a comment (for Outlook) or say data-inline="off"
// stay as they are.
//
// Take keeps the lines and columns of everything else, so that a mistake in the Liquid behind a style element is told
// where it was written.
package inline
