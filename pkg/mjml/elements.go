package mjml

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

//go:embed bundle/elements.json
var elementsFile []byte

// element is what MJML says of one of its elements.
type element struct {
	Ending     bool              `json:"ending"` // its content is HTML, which MJML hands on as it is
	Attributes map[string]string `json:"attributes"`
	Children   []string          `json:"children"`
}

// table is all of MJML's elements, by name.
type table map[string]element

// readTable reads the table, which takes a moment, so that a compiler does it once, and when it is needed.
func readTable() table {
	var out table
	if err := json.Unmarshal(elementsFile, &out); err != nil {
		panic(fmt.Sprintf("mjml: the embedded elements.json cannot be read: %v", err)) // a broken build
	}
	// These have no component of their own, and MJML's table leaves them out. mj-include is resolved before it compiles.
	for name, children := range map[string][]string{"mj-all": nil, "mj-class": nil, "mj-selector": {"mj-html-attribute"}, "mj-include": nil} {
		e := out[name]
		e.Children = children
		out[name] = e
	}
	attribute := out["mj-html-attribute"]
	attribute.Ending = true // its content is the value
	out["mj-html-attribute"] = attribute
	return out
}

// names are sorted.
func (t table) names() []string { return slices.Sorted(maps.Keys(t)) }

// plain are elements whose content is text and no HTML, so that no comment can stand there.
func plain(name string) bool {
	switch name {
	case "mj-style", "mj-title", "mj-preview", "mj-html-attribute":
		return true
	}
	return false
}

// attributes are what an element may have, sorted.
func (t table) attributes(name string) []string {
	return append(slices.Sorted(maps.Keys(t[name].Attributes)), "css-class", "mj-class")
}

// typeOf is the type of an attribute as MJML writes it: "color", "unit(px,%){1,4}", "enum(left,right)", "string";
// "" for one that MJML does not check. The defaults in mj-all and mj-class have the type that they have elsewhere.
func (t table) typeOf(name, attribute string) string {
	if name != "mj-all" && name != "mj-class" {
		return t[name].Attributes[attribute]
	}
	for _, other := range t.names() {
		if kind := t[other].Attributes[attribute]; kind != "" {
			return kind
		}
	}
	return ""
}

// fixed reports whether values of a type take part in what is decided when the document is compiled.
func fixed(kind string) bool {
	for _, k := range []string{"unit", "enum", "integer", "boolean"} {
		if strings.HasPrefix(kind, k) {
			return true
		}
	}
	return false
}
