package workspace

import (
	"fmt"
	"net"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"rapport/pkg/condition/spelling"
	"rapport/pkg/message"
	"rapport/pkg/routing"
	"rapport/pkg/workspace/source"
)

var (
	providerName = regexp.MustCompile(`^[a-z][a-z0-9-]{0,62}$`)
	domainName   = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+$`)
	envName      = regexp.MustCompile(`^\$\{[A-Z][A-Z0-9_]*\}$`)
)

// The bounds of delivery.yaml.
const (
	maxConnections = 1000
	maxEach        = 1_000_000
	maxProportion  = 1000
	maxStages      = 366
	maxDaily       = 1_000_000_000
)

// Delivery is what delivery.yaml says: by which mail servers messages go; nil without the file.
// It must not be changed.
func (s *Snapshot) Delivery() *routing.Config { return s.delivery }

// delivery reads delivery.yaml.
func delivery(files []*source.File, zone *time.Location, r *source.Report) *routing.Config {
	if len(files) == 0 {
		return nil
	}
	n := files[0].YAML(r)
	if n == nil || !r.Fields(n, "delivery.yaml", source.Keys{Known: []string{"providers", "routes", "domains"}}) {
		return nil
	}
	d := &deliveryReader{reader: reader{Report: r, references: &references{}}, zone: zone}
	// Domains first: the others name their groups.
	for _, item := range items(n.Get("domains"), "domains", "a rule, such as {domain: gmail, connections: 4}", r) {
		d.domain(item)
	}
	for _, item := range items(n.Get("providers"), "providers", "a mail server, such as {name: main, smtp: \"smtp.example.com:587\"}", r) {
		d.provider(item)
	}
	if list := n.Get("providers"); list != nil && list.Kind == source.List && len(list.Items) == 0 {
		r.At(n.File, list.Place, "there are no providers", "name one, such as {name: main, smtp: \"smtp.example.com:587\"}, or leave the key out: mail goes by --smtp then")
	}
	for _, item := range items(n.Get("routes"), "routes", "a rule, such as {match: {category: transactional}, to: [main]}", r) {
		d.route(item)
	}
	if routes := n.Get("routes"); routes != nil && len(d.out.Providers) == 0 && len(routes.Items) > 0 && n.Get("providers") == nil {
		r.At(n.File, routes.Place, "there are routes, but no providers to go by", "add providers: with the mail servers")
	}
	return &d.out
}

// serversOf are the names of a configuration's providers.
func serversOf(c *routing.Config) []string {
	var names []string
	if c != nil {
		for _, p := range c.Providers {
			names = append(names, p.Name)
		}
	}
	return names
}

// deliveryReader reads the parts of delivery.yaml.
type deliveryReader struct {
	reader
	zone *time.Location
	out  routing.Config
}

func (r *deliveryReader) provider(n *source.Node) {
	var p routing.Provider
	if !r.Fields(n, "a provider", source.Keys{Known: []string{
		"name", "smtp", "tls", "username", "password", "hello", "connections",
		"messages_per_connection", "rate", "pass_metadata", "warm_up",
	}}) {
		return
	}
	if name := needed(n, "name", "give it one, such as name: main", r.Report); name != nil {
		p.Name = r.Text(name, "name")
		switch {
		case p.Name == "":
		case !providerName.MatchString(p.Name):
			r.At(n.File, name.Place, p.Name+" cannot be the name of a provider", "use small letters, digits and hyphens, such as main")
		case r.out.Provider(p.Name) != nil:
			r.At(n.File, name.Place, "there is a provider "+p.Name+" already", "give each a name of its own")
		}
	}
	if server := needed(n, "smtp", "say where its mail server is: smtp: smtp.example.com:587", r.Report); server != nil {
		p.Addr = r.Text(server, "smtp")
		host, port, err := net.SplitHostPort(p.Addr)
		if number, wrong := strconv.Atoi(port); p.Addr != "" && (err != nil || host == "" || wrong != nil || number < 1 || number > 65535) {
			r.At(n.File, server.Place, p.Addr+" is not the address of a mail server", "write its name and port, such as smtp.example.com:587")
		}
	}
	p.TLS = r.Choice(n.Get("tls"), "tls", "opportunistic", "mandatory", "implicit", "none")
	p.Username, p.Password = r.secret(n.Get("username"), "username"), r.secret(n.Get("password"), "password")
	switch user, pass := n.Get("username"), n.Get("password"); {
	case user != nil && pass == nil:
		r.At(n.File, user.Place, "there is a user name, but no password", "add password: ${SMTP_PASSWORD}")
	case user == nil && pass != nil:
		r.At(n.File, pass.Place, "there is a password, but no user name", "add username: ${SMTP_USERNAME}")
	}
	if hello := n.Get("hello"); hello != nil {
		if p.Hello = r.Text(hello, "hello"); p.Hello != "" && !domainName.MatchString(p.Hello) {
			r.At(n.File, hello.Place, p.Hello+" is not the name of a host", "use the one that your address leads back to, such as mail.shop.example")
		}
	}
	p.Connections = r.Int(n.Get("connections"), "connections", 1, maxConnections, 0)
	p.MessagesEach = r.Int(n.Get("messages_per_connection"), "messages_per_connection", 1, maxEach, 0)
	p.Rate = r.rate(n.Get("rate"))
	if service := n.Get("pass_metadata"); service != nil {
		p.PassMetadata = r.Choice(service, "pass_metadata", routing.Services()...)
	}
	p.WarmUp = r.warmUp(n.Get("warm_up"))
	r.out.Providers = append(r.out.Providers, p)
}

// secret reads the name of a secret. The secret itself never stands in a file.
func (r *deliveryReader) secret(n *source.Node, what string) string {
	text := r.Text(n, what)
	if text != "" && !envName.MatchString(text) {
		r.At(n.File, n.Place, what+" must name a variable of the environment", fmt.Sprintf("write %s: ${SMTP_%s} and set SMTP_%s in the environment", what, strings.ToUpper(what), strings.ToUpper(what)))
		return ""
	}
	return text
}

func (r *deliveryReader) rate(n *source.Node) (rate routing.Rate) {
	if n == nil || !r.Fields(n, "rate", source.Keys{Known: []string{"at_most", "per"}}) {
		return rate
	}
	rate.AtMost = r.Int(needed(n, "at_most", "say how many messages: at_most: 100", r.Report), "at_most", 1, maxThrottle, 0)
	if per := needed(n, "per", "say in how much time: per: 1m", r.Report); per != nil {
		rate.Per = r.Duration(per, "per")
	}
	return rate
}

func (r *deliveryReader) warmUp(n *source.Node) *routing.WarmUp {
	if n == nil || !r.Fields(n, "warm_up", source.Keys{Known: []string{"from", "per_day", "domains"}}) {
		return nil
	}
	w := &routing.WarmUp{Parts: map[string]routing.Ramp{}}
	if from := needed(n, "from", "say on which day it begins: from: 2026-12-01", r.Report); from != nil {
		day, err := time.ParseInLocation(time.DateOnly, from.Value, r.zone)
		if !from.Scalar() || err != nil {
			r.At(n.File, from.Place, "from must be a day", "write it as 2026-12-01")
		}
		w.From = day
	}
	w.Ramp = r.ramp(needed(n, "per_day", "say how many messages each day, as [100, 150, 225], or name a ramp: per_day: steady", r.Report), "per_day")
	own := n.Get("domains")
	if own == nil {
		return w
	}
	if own.Kind != source.Map {
		r.At(n.File, own.Place, "domains must be a mapping, not "+own.Kind.String(), "write a ramp for each, such as gmail: careful")
		return w
	}
	for _, p := range own.Pairs {
		group := r.group(p.Key)
		if group == "" {
			r.At(n.File, p.At, p.Key+" is no domain", "write a domain such as web.de, or one of "+strings.Join(routing.Groups(), ", "))
			continue
		}
		w.Parts[group] = r.ramp(p.Value, p.Key)
	}
	return w
}

// ramp reads a list of numbers that grow, or the name of one.
func (r *deliveryReader) ramp(n *source.Node, what string) routing.Ramp {
	switch {
	case n == nil:
		return nil
	case n.Kind != source.List:
		return routing.NamedRamp(r.Choice(n, what, routing.RampNames()...))
	case len(n.Items) == 0 || len(n.Items) > maxStages:
		r.At(n.File, n.Place, fmt.Sprintf("%s has %d stages, and needs 1 to %d", what, len(n.Items), maxStages), "write as [100, 150, 225]")
		return nil
	}
	var ramp routing.Ramp
	for i, item := range n.Items {
		daily := r.Int(item, "a stage", 1, maxDaily, 0)
		if i > 0 && daily > 0 && daily < ramp[i-1] {
			r.At(n.File, item.Place, "a warm-up does not go back: the stage before has "+strconv.Itoa(ramp[i-1]), "sort the stages")
		}
		ramp = append(ramp, daily)
	}
	return ramp
}

// group is the group that a domain or a group's name means; empty when it is neither.
func (r *deliveryReader) group(word string) string {
	switch {
	case slices.Contains(routing.Groups(), word):
		return word
	case domainName.MatchString(word):
		return r.out.GroupOf(word)
	}
	return ""
}

func (r *deliveryReader) domain(n *source.Node) {
	if !r.Fields(n, "a rule of domains", source.Keys{Known: []string{"domain", "connections", "rate", "warm_up_share"}}) {
		return
	}
	var d routing.Domain
	of := needed(n, "domain", "say which: domain: gmail, or domain: [web.de, gmx.de]", r.Report)
	if of == nil {
		return
	}
	names := []*source.Node{of}
	if of.Kind == source.List {
		names = of.Items
	}
	for _, item := range names {
		name := r.Text(item, "domain")
		switch {
		case name == "":
		case slices.Contains(routing.Groups(), name) && len(names) == 1:
			d.Name = name
		case !domainName.MatchString(name):
			r.At(n.File, item.Place, name+" is no domain", "write a domain in small letters, such as web.de, or one of "+strings.Join(routing.Groups(), ", ")+" alone")
		case slices.ContainsFunc(r.out.Domains, func(o routing.Domain) bool { return slices.Contains(o.Domains, name) }):
			r.At(n.File, item.Place, name+" stands in another rule already", "keep it in one of them")
		default:
			d.Domains = append(d.Domains, name)
		}
	}
	switch {
	case len(d.Domains) > 0:
		d.Name = d.Domains[0]
	case d.Name == "" && of.Kind == source.List && len(names) == 0:
		r.At(n.File, of.Place, "the list is empty", "name a domain, such as web.de")
	case d.Name != "" && r.out.Domain(d.Name) != nil:
		r.At(n.File, of.Place, "there is a rule for "+d.Name+" already", "keep one of them")
	}
	d.Connections = r.Int(n.Get("connections"), "connections", 1, maxConnections, 0)
	d.Rate = r.rate(n.Get("rate"))
	if share := n.Get("warm_up_share"); share != nil {
		d.WarmShare = r.share(share, "warm_up_share")
		sum := d.WarmShare
		for _, o := range r.out.Domains {
			sum += o.WarmShare
		}
		if sum >= 1 {
			r.At(n.File, share.Place, "the shares leave nothing for all other domains", "let them come to less than 100% together")
		}
	}
	r.out.Domains = append(r.out.Domains, d)
}

func (r *deliveryReader) route(n *source.Node) {
	if !r.Fields(n, "a route", source.Keys{Known: []string{"match", "to"}}) {
		return
	}
	var rule routing.Rule
	if m := n.Get("match"); m != nil && r.Fields(m, "match", source.Keys{Known: []string{"category", "journey", "domain", "share"}}) {
		rule.Match.Category = message.Category(anyOr(m.Get("category"), "category", []string{string(message.Marketing), string(message.Transactional)}, r.Report))
		rule.Match.Journey = r.Text(m.Get("journey"), "journey")
		if of := m.Get("domain"); of != nil {
			if rule.Match.Domain = r.Text(of, "domain"); rule.Match.Domain != "" && r.group(rule.Match.Domain) == "" {
				r.At(n.File, of.Place, rule.Match.Domain+" is no domain", "write a domain in small letters, such as web.de, or one of "+strings.Join(routing.Groups(), ", "))
			}
		}
		rule.Match.Share = r.share(m.Get("share"), "share")
	}
	to := needed(n, "to", "say by which providers: to: [main, spare]", r.Report)
	if to != nil && to.Kind == source.List && len(to.Items) == 0 {
		r.At(n.File, to.Place, "there is no provider to go by", "name one: to: [main]")
	}
	for _, item := range items(to, "to", "the name of a provider", r.Report) {
		r.target(item, &rule)
	}
	weighed := 0
	for _, t := range rule.To {
		if t.Weight > 0 {
			weighed++
		}
	}
	if weighed > 0 && weighed < len(rule.To) {
		r.At(n.File, to.Place, "some of the providers have a weight and some have none", "give each a weight, or none: then they are tried in their order")
	}
	r.out.Routes = append(r.out.Routes, rule)
}

// target reads a provider of a route: its name, or its name and weight.
func (r *deliveryReader) target(n *source.Node, rule *routing.Rule) {
	var t routing.Target
	name := n
	if n.Kind == source.Map {
		if !r.Fields(n, "a provider of a route", source.Keys{Known: []string{"provider", "weight"}}) {
			return
		}
		if name = needed(n, "provider", "name it: provider: main", r.Report); name == nil {
			return
		}
		t.Weight = r.Int(needed(n, "weight", "say how often it comes first: weight: 80", r.Report), "weight", 1, maxProportion, 0)
	}
	t.Provider = r.Text(name, "a provider")
	names := serversOf(&r.out)
	switch {
	case t.Provider == "":
		return
	case !slices.Contains(names, t.Provider):
		r.At(n.File, name.Place, "there is no provider "+t.Provider, spelling.DidYouMean(t.Provider, names))
	case slices.ContainsFunc(rule.To, func(o routing.Target) bool { return o.Provider == t.Provider }):
		r.At(n.File, name.Place, t.Provider+" is here twice", "keep it once")
	}
	rule.To = append(rule.To, t)
}
