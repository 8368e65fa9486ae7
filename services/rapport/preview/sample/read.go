package sample

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"

	"rapport/pkg/workspace"
)

// Dir is where a workspace keeps people of its own.
const Dir = "samples"

// The bounds of samples.
const (
	mostFiles = 100
	mostBytes = 256 << 10
)

// read reads samples/*.json.
func read(files fs.FS) ([]Person, workspace.Problems) {
	names, err := fs.Glob(files, Dir+"/*.json")
	if err != nil {
		return nil, workspace.Problems{{File: Dir, Message: "cannot be read: " + err.Error()}}
	}
	var all []Person
	var problems workspace.Problems
	for i, name := range names {
		if i == mostFiles {
			problems = append(problems, workspace.Problem{File: name, Message: fmt.Sprintf("is one more than the %d samples that are read", mostFiles), Warning: true})
			break
		}
		file, err := files.Open(name)
		if err != nil {
			continue // gone meanwhile
		}
		p, wrong := Decode(name, file)
		_ = file.Close() // read only
		if wrong != nil {
			problems = append(problems, *wrong)
			continue
		}
		all = append(all, p)
	}
	return all, problems
}

// Decode reads one person: a JSON object with title, locale, timezone, email, phone, and what templates read as profile,
// trigger, recommendations and survey, each of which may be left out.
func Decode(name string, r io.Reader) (Person, *workspace.Problem) {
	raw, err := io.ReadAll(io.LimitReader(r, mostBytes+1))
	wrong := func(at int64, message, hint string) (Person, *workspace.Problem) {
		p := &workspace.Problem{File: name, Message: message, Hint: hint}
		if at >= 0 {
			before := raw[:min(int(at), len(raw))]
			p.Line = bytes.Count(before, []byte("\n")) + 1
			p.Col = max(1, len([]rune(string(before[bytes.LastIndexByte(before, '\n')+1:]))))
		}
		return Person{}, p
	}
	if err != nil {
		return wrong(-1, "cannot be read: "+err.Error(), "")
	}
	if len(raw) > mostBytes {
		return wrong(-1, fmt.Sprintf("has more than %d bytes", mostBytes), "leave out what templates do not read")
	}
	var p Person
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	const keys = "title, locale, timezone, email, phone, profile, trigger, recommendations and survey are known"
	switch err = d.Decode(&p); {
	case errors.As(err, &syntax):
		return wrong(syntax.Offset, "is no JSON: "+syntax.Error(), "look at commas and quotes")
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return wrong(int64(len(raw)), "ends too early", "look at the last bracket")
	case errors.As(err, &kind):
		return wrong(kind.Offset, strings.TrimPrefix(kind.Field, ".")+" cannot be "+kind.Value, keys)
	case err != nil:
		return wrong(-1, strings.TrimPrefix(err.Error(), "json: "), keys)
	}
	for member, is := range map[string]json.RawMessage{"profile": p.Profile, "trigger": p.Trigger, "survey": p.Survey} {
		if len(is) > 0 && is[0] != '{' {
			return wrong(-1, member+" must be an object", "")
		}
	}
	if len(p.Recommendations) > 0 && p.Recommendations[0] != '[' {
		return wrong(-1, "recommendations must be a list", "")
	}
	p.Name = name
	p.Title = cmp.Or(p.Title, strings.TrimSuffix(path.Base(name), ".json"))
	return p, nil
}
