package importing

import (
	"embed"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
)

// Mapping says what the columns of a file are, and how their values are written. In YAML it has
// the names of the tags.
type Mapping struct {
	// Columns gives a column's field, several with + between them, or - for none. A field may say of what
	// type it is: traits.points:number.
	Columns map[string]string `yaml:"columns"`
	// Values gives what a field is where no column says it.
	Values map[string]string `yaml:"values"`
	// Join are those of email and phone by which somebody is known as a guest too: rows
	// with an id say that the customer and that guest are one person.
	Join []string `yaml:"join"`
	// IDPrefix stands before each id, such as "shopify:".
	IDPrefix string `yaml:"id_prefix"`
	// Zone is where times are of that name no zone, IANA; UTC when empty.
	Zone string `yaml:"zone"`
	// TimeFormat is a layout of Go's package time for times that are written in another way.
	TimeFormat string `yaml:"time_format"`
	// Country is where phone numbers are from that name none, ISO 3166.
	Country string `yaml:"country"`
	// Decimal is what amounts have before their decimals, "." or ","; empty: what can be only that.
	Decimal string `yaml:"decimal"`
	// Encoding and Separator are those of Format.
	Encoding  string `yaml:"encoding"`
	Separator string `yaml:"separator"`
	// Skip names fields: rows in which one of them is empty are passed over.
	Skip []string `yaml:"skip"`

	// loose are the columns that need not be there: those of a preset, which fits many files.
	loose []string
}

//go:embed presets/*.yaml
var presets embed.FS

// Preset is the mapping that a shop system's exports need.
func Preset(system string, k Kind) (Mapping, error) {
	text, err := presets.ReadFile("presets/" + system + "-" + string(k) + ".yaml")
	if err != nil {
		return Mapping{}, fmt.Errorf("there is no preset %q for %s: use one of %s", system, k, strings.Join(Presets(), ", "))
	}
	m, err := parseMapping(text, system)
	for column := range m.Columns {
		m.loose = append(m.loose, column)
	}
	return m, err
}

// Presets are the names of all presets, with their kinds.
func Presets() []string {
	entries, err := presets.ReadDir("presets")
	if err != nil {
		return nil
	}
	var names []string
	for _, e := range entries {
		system, kind, _ := strings.Cut(strings.TrimSuffix(e.Name(), ".yaml"), "-")
		names = append(names, system+" ("+kind+")")
	}
	return names
}

// ReadMapping reads a mapping file.
func ReadMapping(path string) (Mapping, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return Mapping{}, fmt.Errorf("the mapping cannot be read: %w", err)
	}
	return parseMapping(text, path)
}

func parseMapping(text []byte, name string) (Mapping, error) {
	var m Mapping
	if err := yaml.UnmarshalWithOptions(text, &m, yaml.Strict()); err != nil {
		return m, fmt.Errorf("%s: %w", name, err)
	}
	return m, nil
}

// Over puts what another mapping says over this one.
func (m Mapping) Over(other Mapping) Mapping {
	merge := func(a, b map[string]string) map[string]string {
		all := map[string]string{}
		for _, part := range []map[string]string{a, b} {
			for k, v := range part {
				all[k] = v
			}
		}
		return all
	}
	m.Columns, m.Values = merge(m.Columns, other.Columns), merge(m.Values, other.Values)
	for _, f := range []struct{ mine, theirs *string }{
		{&m.IDPrefix, &other.IDPrefix},
		{&m.Zone, &other.Zone},
		{&m.TimeFormat, &other.TimeFormat},
		{&m.Country, &other.Country},
		{&m.Decimal, &other.Decimal},
		{&m.Encoding, &other.Encoding},
		{&m.Separator, &other.Separator},
	} {
		if *f.theirs != "" {
			*f.mine = *f.theirs
		}
	}
	if other.Join != nil {
		m.Join = other.Join
	}
	if other.Skip != nil {
		m.Skip = other.Skip
	}
	return m
}

// format is how the file is written, as far as the mapping says it.
func (m Mapping) format() (Format, error) {
	f := Format{Encoding: strings.ToLower(m.Encoding)}
	switch s := strings.ReplaceAll(m.Separator, `\t`, "\t"); {
	case s == "":
	case s == "tab":
		f.Separator = '\t'
	case len(s) == 1 && s != "\"" && s != "\n" && s != "\r":
		f.Separator = s[0]
	default:
		return f, fmt.Errorf("the separator is %q: use one character, or tab", m.Separator)
	}
	return f, nil
}

// columns is a mapping put on the columns of a file.
type columns struct {
	kind  kindOf
	m     Mapping
	zone  *time.Location
	at    map[string]target // by field
	extra []extra           // fields that are named in the file, in its order
	left  []string          // columns that are no field
	names []string          // of the columns that are mapped
	plain map[string]string // m.Columns by plain names
}

// target is where a field is and of what type.
type target struct {
	column int
	name   string // of the column
	typ    string
}

type extra struct {
	target
	key string // without the kind's prefix
}

// bind puts a mapping on the columns that a sheet has so far.
func bind(kind Kind, m Mapping, s *Sheet) (*columns, error) {
	c := &columns{kind: kinds[kind], m: m, zone: time.UTC, at: map[string]target{}, plain: map[string]string{}}
	if m.Zone != "" {
		zone, err := time.LoadLocation(m.Zone)
		if err != nil {
			return nil, fmt.Errorf("there is no time zone %q: name one such as Europe/Berlin", m.Zone)
		}
		c.zone = zone
	}
	for column, fields := range m.Columns {
		c.plain[plainName(column)] = fields
		for f := range strings.SplitSeq(fields, "+") {
			name, typ, _ := strings.Cut(f, ":")
			if name != "-" && !c.kind.has(name) {
				return nil, fmt.Errorf("the column %q cannot be %q: %s have %s, and - leaves a column out", column, name, kind, c.kind.names())
			}
			if !slices.Contains([]string{"", "text", "number", "bool", "json"}, typ) {
				return nil, fmt.Errorf("the column %q cannot be of type %q: use text, number, bool or json", column, typ)
			}
		}
	}
	for name := range m.Values {
		if !c.kind.has(name) {
			return nil, fmt.Errorf("no field is called %q: %s have %s", name, kind, c.kind.names())
		}
	}
	for _, by := range m.Join {
		if by != "email" && by != "phone" {
			return nil, fmt.Errorf("guests are not known by %q: use email or phone", by)
		}
	}
	c.extend(s.Columns())
	if s.lines != nil {
		return c, nil // rows say themselves what they have
	}
	for column := range m.Columns {
		if !slices.ContainsFunc(s.Columns(), func(have string) bool { return plainName(have) == plainName(column) }) && !slices.Contains(m.loose, column) {
			return nil, fmt.Errorf("%s:1: there is no column %q: there are %s", s.name, column, strings.Join(s.Columns(), ", "))
		}
	}
	return c, c.complete(s)
}

// extend maps columns that are new.
func (c *columns) extend(names []string) {
	for i := len(c.names); i < len(names); i++ {
		if ours(names[i]) || names[i] == "" {
			continue
		}
		fields, given := c.plain[plainName(names[i])]
		if !given {
			if fields = c.kind.fieldNamed(names[i]); fields == "" && c.kind.others != "" {
				fields = c.kind.others + plainName(names[i])
			}
		}
		c.take(i, names[i], fields, given)
	}
	c.names = slices.Clone(names)
}

func (c *columns) take(i int, column, fields string, given bool) {
	if fields == "" || fields == "-" {
		c.left = append(c.left, column)
		return
	}
	for f := range strings.SplitSeq(fields, "+") {
		name, typ, _ := strings.Cut(f, ":")
		t := target{i, column, typ}
		if key, ok := strings.CutPrefix(name, c.kind.others); ok && c.kind.others != "" {
			c.extra = append(c.extra, extra{t, key})
			continue
		}
		if have, twice := c.at[name]; twice && !given && c.plain[plainName(have.name)] == "" && plainName(have.name) != name && plainName(column) == name {
			c.left = append(c.left, have.name) // the column that has the field's own name is meant
		} else if twice && !given {
			c.left = append(c.left, column)
			continue
		}
		c.at[name] = t
	}
}

// complete says which field is missing that each row needs.
func (c *columns) complete(s *Sheet) error {
	for _, group := range c.kind.needed {
		found := slices.ContainsFunc(group, func(f string) bool {
			_, column := c.at[f]
			return column || c.m.Values[f] != ""
		})
		if !found {
			return fmt.Errorf("%s:1: no column says %s: the columns are %s; say which it is with --map COLUMN=%s",
				s.name, strings.Join(group, " or "), strings.Join(s.Columns(), ", "), group[0])
		}
	}
	return nil
}
