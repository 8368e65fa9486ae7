package workspace

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"

	"rapport/pkg/condition/spelling"
	"rapport/pkg/event"
	"rapport/pkg/journey"
	"rapport/pkg/shophook"
	"rapport/pkg/workspace/source"
)

var (
	sourceName = regexp.MustCompile(`^[a-z][a-z0-9-]{0,62}$`)
	headerName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9-]{0,99}$`)
	fieldName  = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]{0,62}$`)
)

// maxTolerance is how far a signed time may be from ours at most: what is older comes again for
// another reason than a slow network.
const maxTolerance = 24 * time.Hour

// Sources is what the files of sources/ say: whose webhooks are taken, and what they mean,
// sorted by name. They must not be changed.
func (s *Snapshot) Sources() []*shophook.Definition { return slices.Clone(s.sources) }

func isSource(name string) bool { return isYAML("sources/", name) }

// sources reads the files of sources/.
func sources(files []*source.File, refs *references, r *source.Report) []*shophook.Definition {
	var all []*shophook.Definition
	for _, f := range files {
		rd := &sourceReader{reader: reader{Report: r, references: refs, out: &journey.Definition{}}}
		d := rd.source(f)
		if d == nil {
			continue
		}
		if slices.ContainsFunc(all, func(o *shophook.Definition) bool { return o.Name == d.Name }) {
			r.File(f.Name, "there is a source "+d.Name+" already", "keep one of NAME.yaml and NAME.yml")
			continue
		}
		all = append(all, d)
	}
	return all
}

// sourceReader reads one file of sources/.
type sourceReader struct {
	reader
	def    *shophook.Definition
	names  []string // of let:, in their order
	people map[string]shophook.Person
	shapes map[string][]shophook.Field
}

func (r *sourceReader) source(f *source.File) *shophook.Definition {
	n := f.YAML(r.Report)
	if n == nil || !r.Fields(n, "a source", source.Keys{Known: []string{"verify", "topic", "delivery", "ignore", "let", "people", "shapes", "events"}}) {
		return nil
	}
	name, _, _ := strings.Cut(path.Base(f.Name), ".")
	if !sourceName.MatchString(name) || strings.Count(f.Name, "/") != 1 {
		r.File(f.Name, name+" cannot be the name of a source", "call the file by small letters, digits and hyphens, such as sources/shopify.yaml")
	}
	r.def = &shophook.Definition{Name: name, Let: map[string]*shophook.Expr{}}
	r.verify(needed(n, "verify", "say how deliveries are signed: verify: {scheme: shopify, secret: \"${SHOPIFY}\"}", r.Report))
	r.let(n.Get("let"))
	r.labels(n)
	for _, item := range items(n.Get("ignore"), "ignore", "a topic, such as app/uninstalled", r.Report) {
		if topic := r.Text(item, "a topic"); topic != "" {
			r.def.Ignored = append(r.def.Ignored, topic)
		}
	}
	r.parts(n)
	events := needed(n, "events", "say what topics become: events: [{on: orders/create, type: order.completed, ...}]", r.Report)
	for _, item := range items(events, "events", "what a topic becomes, such as {on: orders/create, type: order.completed}", r.Report) {
		r.mapping(item)
	}
	return r.def
}

// verify reads how deliveries are signed.
func (r *sourceReader) verify(n *source.Node) {
	if n == nil || !r.Fields(n, "verify", source.Keys{Known: []string{"scheme", "secret", "tolerance", "header", "encoding", "prefix", "timestamp"}}) {
		return
	}
	v := &r.def.Verify
	if scheme := needed(n, "scheme", "say which: scheme: shopify; "+spelling.OneOf(shophook.Schemes()), r.Report); scheme != nil {
		v.Scheme = shophook.Scheme(r.Choice(scheme, "scheme", shophook.Schemes()...))
	}
	r.secrets(needed(n, "secret", "name the variable that holds it: secret: ${SHOP}", r.Report))
	if header := n.Get("header"); header != nil {
		v.Header = r.headerName(header, "header")
	} else if v.Scheme == shophook.HMAC {
		r.At(n.File, n.Place, "header: is missing", "say where the signature stands: header: X-Signature")
	}
	v.Hex = r.Choice(n.Get("encoding"), "encoding", "base64", "hex") == "hex"
	v.Prefix = r.Text(n.Get("prefix"), "prefix")
	v.Timestamp = r.headerName(n.Get("timestamp"), "timestamp")
	for _, key := range []string{"header", "encoding", "prefix", "timestamp"} {
		if p := n.Get(key); p != nil && v.Scheme != shophook.HMAC {
			r.At(n.File, p.Place, key+": goes with scheme: hmac alone", "leave it out: how "+string(v.Scheme)+" signs is known")
		}
	}
	v.Tolerance = shophook.Tolerance
	if t := n.Get("tolerance"); t != nil {
		v.Tolerance = r.Duration(t, "tolerance")
		switch {
		case !v.Timed():
			r.At(n.File, t.Place, "nothing is tolerated here: the scheme signs no time", "leave it out: what is sent again is told by its content")
		case v.Tolerance > maxTolerance:
			r.At(n.File, t.Place, "tolerance is more than a day", "a few minutes cover clocks that differ; retries are signed anew")
		}
	}
}

func (r *sourceReader) headerName(n *source.Node, what string) string {
	name := r.Text(n, what)
	if name != "" && !headerName.MatchString(name) {
		r.At(n.File, n.Place, name+" cannot be the name of a header", "use letters, digits and hyphens, such as X-Signature")
	}
	return name
}

// secrets reads the variables that hold secrets. The secrets themselves never stand in a file.
func (r *sourceReader) secrets(n *source.Node) {
	if n == nil {
		return
	}
	named := []*source.Node{n}
	if n.Kind == source.List {
		if named = n.Items; len(named) == 0 {
			r.At(n.File, n.Place, "the list is empty", "name a variable: secret: ${SHOP}")
		}
	}
	for _, item := range named {
		text := r.Text(item, "secret")
		if text == "" {
			continue
		}
		if !envName.MatchString(text) {
			r.At(n.File, item.Place, "secret must name a variable of the environment", "write secret: ${SHOP} and set RAPPORT_SECRET_SHOP in the environment")
			continue
		}
		r.def.Secrets = append(r.def.Secrets, strings.TrimPrefix(text[len("${"):len(text)-1], shophook.SecretPrefix))
	}
}

// let reads named parts; each may name those before it.
func (r *sourceReader) let(n *source.Node) {
	for _, p := range r.named(n, "let", "an expression, such as order: body.data.object") {
		if slices.Contains(shophook.Roots(), p.Key) || !fieldName.MatchString(p.Key) {
			r.At(n.File, p.At, p.Key+" cannot be the name of a part", "use small letters and underscores, such as buyer")
			continue
		}
		r.def.Let[p.Key] = r.expr(p.Value)
		r.names = append(r.names, p.Key)
	}
}

// named are the pairs of a mapping from names that are the writer's own.
func (r *sourceReader) named(n *source.Node, what, such string) []source.Pair {
	if n == nil {
		return nil
	}
	if n.Kind != source.Map {
		r.At(n.File, n.Place, what+" must be a mapping, not "+n.Kind.String(), "write names, each with "+such)
		return nil
	}
	return n.Pairs
}

// labels read what tells deliveries apart: their topic, and what the shop calls them.
func (r *sourceReader) labels(n *source.Node) {
	d := r.def
	if d.Topic = r.expr(n.Get("topic")); n.Get("topic") == nil {
		if d.Topic = d.Verify.TopicOf(); d.Topic == nil && d.Verify.Scheme == shophook.HMAC {
			r.At(n.File, n.Place, "topic: is missing", `say what tells deliveries apart: topic: header("X-Topic"), or topic: body.type`)
		}
	}
	if d.Delivery = r.expr(n.Get("delivery")); n.Get("delivery") == nil {
		d.Delivery = d.Verify.DeliveryOf()
	}
}

// parts read what several events share.
func (r *sourceReader) parts(n *source.Node) {
	r.people, r.shapes = map[string]shophook.Person{}, map[string][]shophook.Field{}
	for _, p := range r.named(n.Get("people"), "people", "a subject, such as buyer: {subject: body.customer.id}") {
		r.people[p.Key] = r.person(p.Value, nil)
	}
	for _, p := range r.named(n.Get("shapes"), "shapes", "fields, such as order: {order_id: text(body.id)}") {
		r.shapes[p.Key] = r.fields(p.Value, "a shape", nil)
	}
}

// mapping reads what a topic becomes.
func (r *sourceReader) mapping(n *source.Node) {
	if !r.Fields(n, "an event", source.Keys{Known: []string{"on", "if", "each", "as", "type", "id", "time", "person", "data"}}) {
		return
	}
	m := &shophook.Mapping{At: fmt.Sprintf("%s:%d", n.File.Name, n.Place.Line)}
	for _, item := range several(needed(n, "on", "name the topic: on: orders/create", r.Report)) {
		topic := r.Text(item, "on")
		if slices.Contains(r.def.Ignored, topic) {
			r.At(n.File, item.Place, topic+" is ignored, and becomes an event as well", "keep it in one of them")
		}
		m.Topics = append(m.Topics, topic)
	}
	if typ := needed(n, "type", "say what happened: type: order.completed", r.Report); typ != nil {
		m.Type = r.eventType(typ)
		if strings.HasPrefix(m.Type, event.Identity) || event.Receipt(m.Type) || m.Type == event.ClockAdvanced {
			r.At(n.File, typ.Place, m.Type+" is for Rapport itself to say", "name what happened in the shop, such as order.completed")
		}
	}
	var inner []string
	m.Each, m.As, inner = r.loop(n, nil)
	m.When = r.expr(n.Get("if"), inner...)
	m.ID = r.expr(n.Get("id"), inner...)
	m.Time = r.exprs(n.Get("time"), inner)
	if person := needed(n, "person", "say who it is about: person: {subject: ...}, or a name of people:", r.Report); person != nil {
		m.Person = r.personOf(person, inner)
	}
	m.Data = r.data(n.Get("data"), inner)
	r.def.Mappings = append(r.def.Mappings, m)
}

// loop reads each: and as:, and adds the name of the element to those that can be read inside.
func (r *sourceReader) loop(n *source.Node, names []string) (of *shophook.Expr, as string, inner []string) {
	each := n.Get("each")
	as = "item"
	if word := n.Get("as"); word != nil {
		as = r.Text(word, "as")
		switch {
		case each == nil:
			r.At(n.File, word.Place, "as: names the elements of each:, which is not here", "leave it out, or add each:")
		case !fieldName.MatchString(as) || slices.Contains(slices.Concat(shophook.Roots(), r.names, names), as):
			r.At(n.File, word.Place, as+" cannot be the name of an element", "use another word, such as line")
		}
	}
	if each == nil {
		return nil, "", names
	}
	return r.expr(each, names...), as, append(slices.Clone(names), as)
}

// several are a list's items, or a value as the only one.
func several(n *source.Node) []*source.Node {
	switch {
	case n == nil:
		return nil
	case n.Kind == source.List:
		return n.Items
	}
	return []*source.Node{n}
}

// expr reads an expression, which may name what the file names and names; nil where there is
// none, or a mistake.
func (r *sourceReader) expr(n *source.Node, names ...string) *shophook.Expr {
	if !r.expression(n) {
		return nil
	}
	e, err := shophook.Compile(n.Value, fmt.Sprintf("%s:%d", n.File.Name, n.Place.Line), append(slices.Clone(r.names), names...)...)
	if err != nil {
		r.wrong(n, err)
		return nil
	}
	return e
}

func (r *sourceReader) exprs(n *source.Node, names []string) []*shophook.Expr {
	var out []*shophook.Expr
	for _, item := range several(n) {
		if e := r.expr(item, names...); e != nil {
			out = append(out, e)
		}
	}
	return out
}
