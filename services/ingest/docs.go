package ingest

import (
	"bytes"
	_ "embed" // the page's template
	"encoding/json"
	"fmt"
	"html/template"
	"maps"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

//go:embed docs.html
var docsTemplate string

// docsPage writes the document for people. It asks for nothing from elsewhere, so that it can be read
// without a network, and needs no script.
func docsPage(api *huma.OpenAPI) []byte {
	page := template.Must(template.New("docs").Funcs(template.FuncMap{
		"operations": func(tag string) []*huma.Operation { return ordered(api, tag) },
		"pretty":     pretty,
		"fields":     func(s *huma.Schema) []field { return fieldsOf(api, s) },
		"codes":      func(m map[string]*huma.Response) []string { return slices.Sorted(maps.Keys(m)) },
		"curl":       curl,
		"lower":      func(s string) string { return strings.ReplaceAll(strings.ToLower(s), " ", "-") },
	}).Parse(docsTemplate))
	var out bytes.Buffer
	if err := page.Execute(&out, api); err != nil { // the template is ours, and a test reads the page
		return []byte("the page could not be made: " + template.HTMLEscapeString(err.Error()))
	}
	return out.Bytes()
}

// field is a row of a table.
type field struct {
	Name, Type, Doc string
	Required        bool
}

// fieldsOf are the fields of an object, those of the other side of a reference too.
func fieldsOf(api *huma.OpenAPI, s *huma.Schema) []field {
	if s.Ref != "" {
		s = api.Components.Schemas.SchemaFromRef(s.Ref)
	}
	var list []field
	for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
		p := s.Properties[name]
		typ := p.Type
		switch {
		case len(p.OneOf) > 0:
			typ = "string or integer"
		case p.Ref != "":
			typ = huma.TypeObject
		case p.Items != nil && p.Items.Ref != "":
			typ = "array of objects"
		}
		list = append(list, field{name, typ, p.Description, slices.Contains(s.Required, name)})
	}
	return list
}

// pretty is an example as it is shown.
func pretty(v any) string {
	if s, ok := v.(string); ok {
		return s
	}
	out, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return fmt.Sprint(v)
	}
	return string(out)
}

// curl is the command that sends an example to this server.
func curl(op *huma.Operation, mediaType string, v any) string {
	body, ok := v.(string)
	if !ok {
		raw, err := json.Marshal(v)
		if err != nil {
			return ""
		}
		body = string(raw)
	}
	return fmt.Sprintf("curl -u \"$KEY:\" -H 'Content-Type: %s' --data-binary '%s' \"$URL%s\"", mediaType, strings.TrimSuffix(body, "\n"), op.Path)
}
