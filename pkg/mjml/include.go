package mjml

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// maxIncludes is how deep files may include each other.
const maxIncludes = 8

// Include finds the file that mj-include names: from is the file that says so, name what it says. It returns the file's
// own name, by which problems in it are told, and its text.
type Include func(from, name string) (file, text string, err error)

// FromFS includes files of a file system, named relative to the file that includes them; none outside of it.
func FromFS(fsys fs.FS) Include {
	return func(from, name string) (string, string, error) {
		file := path.Join(path.Dir(from), name)
		if path.IsAbs(name) || !fs.ValidPath(file) {
			return "", "", fmt.Errorf("%s lies outside of the templates", name)
		}
		text, err := fs.ReadFile(fsys, file)
		if err != nil {
			return "", "", fmt.Errorf("there is no file %s", file)
		}
		return file, string(text), nil
	}
}

// includer puts included files in the place of mj-include, as the official compiler does: what stands in their body comes
// in its place, what stands in their head at the end of the document's head.
type includer struct {
	find   Include
	report *report
	files  []*source
	bytes  int
	nodes  int
	heads  []*node // what included heads hold
	within []string
}

// resolve reads a file with all that it includes.
func (in *includer) resolve(src *source) *node {
	in.files = append(in.files, src)
	if in.bytes += len(src.text); in.bytes > maxBytes {
		in.report.fail(src, 0, 1, fmt.Sprintf("the document has more than %d bytes with what it includes", maxBytes), "split the mail")
		return &node{src: src}
	}
	in.within = append(in.within, src.name)
	root := parse(src, in.report)
	in.children(root)
	in.within = in.within[:len(in.within)-1]
	return root
}

func (in *includer) children(n *node) {
	var out []*node
	for _, child := range n.children {
		if in.nodes++; in.nodes > maxElements+maxTokens {
			in.report.fail(child.src, child.at, child.open, fmt.Sprintf("there are more than %d elements with what is included", maxElements), "split the mail")
			return
		}
		if child.kind == elementNode && child.name == "mj-include" {
			out = append(out, in.included(child)...)
			continue
		}
		in.children(child)
		out = append(out, child)
	}
	for _, child := range out {
		child.parent = n
	}
	n.children = out
}

// included is what comes in the place of one mj-include.
func (in *includer) included(n *node) []*node {
	fail := func(message, hint string) []*node {
		in.report.fail(n.src, n.at, n.open, message, hint)
		return nil
	}
	name, kind := n.value("path"), n.value("type")
	switch {
	case in.find == nil:
		return fail("mj-include is not possible here", "write what it would include into this file")
	case name == "":
		return fail("mj-include names no file", `write <mj-include path="..." />`)
	case strings.Contains(name, "{{") || strings.Contains(name, "{%"):
		return fail("the path of mj-include cannot hold Liquid: files are included when the template is compiled", `write a path, or {% render "name" %}`)
	case len(in.within) >= maxIncludes:
		return fail(fmt.Sprintf("files include each other deeper than %d", maxIncludes), "")
	}
	file, text, err := in.find(n.src.name, name)
	if err != nil {
		return fail("cannot include: "+err.Error(), "")
	}
	if slices.Contains(in.within, file) {
		return fail(file+" includes itself: "+strings.Join(append(in.within, file), " -> "), "leave out one of them")
	}
	src := &source{name: file, text: clean(text)}
	switch kind {
	case "", "mjml":
		return in.parts(in.resolve(src))
	case "html", "css":
		return in.foreign(n, src, kind)
	}
	return fail("there is no mj-include of the type "+kind, "write mjml, html or css")
}

// parts are the nodes of an included document that take the place of mj-include.
func (in *includer) parts(root *node) []*node {
	i := slices.IndexFunc(root.children, func(n *node) bool { return n.kind == elementNode && n.name == "mjml" })
	if i < 0 {
		return root.children // a piece of a document
	}
	var body []*node
	for _, part := range root.children[i].children {
		switch part.name {
		case "mj-body":
			body = append(body, part.children...)
		case "mj-head":
			in.heads = append(in.heads, part.children...)
		}
	}
	return body
}

// foreign is an included file of HTML or CSS, as if it stood in mj-raw or mj-style.
func (in *includer) foreign(n *node, src *source, kind string) []*node {
	in.files = append(in.files, src)
	if in.bytes += len(src.text); in.bytes > maxBytes {
		in.report.fail(src, 0, 1, fmt.Sprintf("the document has more than %d bytes with what it includes", maxBytes), "split the mail")
		return nil
	}
	name := map[string]string{"html": "mj-raw", "css": "mj-style"}[kind]
	// Its end is one that no file has: the text is read as if the closing tag stood behind it.
	whole := &source{name: src.name, text: src.text + "\n</" + name + ">"}
	out := &node{src: whole, name: name}
	p := &parser{src: whole, cur: &node{}, report: in.report}
	p.content(out)
	if kind == "html" {
		return []*node{out}
	}
	if n.value("css-inline") == "inline" {
		out.attrs = []attr{{name: "inline", quote: '"', pieces: nil}}
	}
	in.heads = append(in.heads, out)
	return nil
}

// clean makes line ends "\n", and drops a byte order mark.
func clean(text string) string {
	return strings.ReplaceAll(strings.TrimPrefix(text, "\ufeff"), "\r\n", "\n")
}
