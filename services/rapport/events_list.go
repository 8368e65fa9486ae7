package main

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"rapport/pkg/journey"
	"rapport/pkg/trackingplan"
	"rapport/pkg/workspace"
)

func eventsList() *cobra.Command {
	var dir string
	var all, asJSON bool
	cmd := &cobra.Command{
		Use: "list [TYPE...]", Short: "Show types of events, their properties, and which journeys hear them", Args: cobra.ArbitraryArgs,
		Long: `Show the types that events.yaml declares or extends, and those that journeys or loyalty.yaml
hear; with --all, every type that Rapport knows; or those that are named.`,
		RunE: func(c *cobra.Command, args []string) error {
			snap, err := edited(c, dir)
			if err != nil {
				return err
			}
			list, err := listed(snap, args, all)
			if err != nil {
				return &usageError{c.CommandPath(), err}
			}
			if asJSON {
				return writeJSON(c.OutOrStdout(), list)
			}
			return showEvents(c.OutOrStdout(), list)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&dir, "workspace", "", "directory with the workspace (default: ./templates)")
	flags.BoolVar(&all, "all", false, "show every type that Rapport knows")
	flags.BoolVar(&asJSON, "json", false, "print the list as JSON")
	return cmd
}

// listing is one type as the list shows it.
type listing struct {
	Type       string                  `json:"type"`
	Title      string                  `json:"title,omitempty"`
	About      string                  `json:"description,omitempty"`
	Origin     string                  `json:"origin"` // declared, extended, known, or undeclared
	Deprecated string                  `json:"deprecated,omitempty"`
	HeardBy    []string                `json:"heard_by,omitempty"`
	EmittedBy  []string                `json:"emitted_by,omitempty"`
	Properties []trackingplan.Property `json:"properties,omitempty"`
}

// listed are the types to show, declared ones first.
func listed(snap *workspace.Snapshot, named []string, all bool) ([]listing, error) {
	plan := snap.Events()
	heard, emitted := usesOf(snap)
	names := plan.Declared()
	add := func(more []string) {
		slices.Sort(more)
		for _, name := range more {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	for _, by := range []map[string][]string{heard, emitted} {
		var used []string
		for name := range by {
			used = append(used, name)
		}
		add(used)
	}
	if all {
		add(plan.Types())
	}
	if len(named) > 0 {
		for _, name := range named {
			if _, ok := plan.Type(name); !ok && !slices.Contains(names, name) {
				return nil, fmt.Errorf("there is no type %q: leave it out to see those that are used, or see all with --all", name)
			}
		}
		names = named
	}
	list := make([]listing, len(names))
	for i, name := range names {
		t, ok := plan.Type(name)
		list[i] = listing{
			Type: name, Title: t.Title, About: t.Description, Deprecated: t.Deprecated, HeardBy: heard[name], EmittedBy: emitted[name], Properties: t.Properties,
			Origin: origin(plan, name, ok),
		}
	}
	return list, nil
}

func origin(plan *trackingplan.Plan, name string, planned bool) string {
	_, known := trackingplan.KnownType(name)
	switch declared := slices.Contains(plan.Declared(), name); {
	case declared && known:
		return "extended"
	case declared:
		return "declared"
	case planned:
		return "known"
	}
	return "undeclared"
}

// usesOf are the journeys that hear each type, and those that emit it; loyalty.yaml hears, too.
func usesOf(snap *workspace.Snapshot) (heard, emitted map[string][]string) {
	heard, emitted = map[string][]string{}, map[string][]string{}
	note := func(in map[string][]string, typ, who string) {
		if typ != "" && !slices.Contains(in[typ], who) {
			in[typ] = append(in[typ], who)
		}
	}
	for _, d := range snap.Journeys() {
		note(heard, d.Enter.On, d.Name)
		for _, l := range d.Leave {
			note(heard, l.On, d.Name)
		}
		if d.Goal != nil {
			note(heard, d.Goal.On, d.Name)
		}
		journey.Walk(d.Steps, func(s *journey.Step) {
			if s.Wait != nil {
				for _, e := range s.Wait.Events {
					note(heard, e.On, d.Name)
				}
			}
			if s.Emit != nil {
				note(emitted, s.Emit.Type, d.Name)
			}
		})
	}
	for _, e := range snap.Config(time.Time{}, nil).Loyalty.Earn {
		note(heard, e.On, "loyalty.yaml")
	}
	return heard, emitted
}

// showEvents prints a list of types.
func showEvents(w io.Writer, list []listing) error {
	out := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	var failed error
	line := func(form string, args ...any) {
		_, err := fmt.Fprintf(out, form+"\n", args...)
		failed = errors.Join(failed, err)
	}
	for i, t := range list {
		if i > 0 {
			line("")
		}
		title := ""
		if t.Title != "" {
			title = fmt.Sprintf(", %q", t.Title)
		}
		line("%s (%s%s)", t.Type, t.Origin, title)
		for _, what := range []struct{ label, text string }{
			{"", t.About}, {"deprecated: ", t.Deprecated}, {"heard by ", strings.Join(t.HeardBy, ", ")}, {"emitted by ", strings.Join(t.EmittedBy, ", ")},
		} {
			if what.text != "" {
				line("  %s%s", what.label, what.text)
			}
		}
		for j := range t.Properties {
			p := &t.Properties[j]
			line("    %s\t%s\t%s", p.Name, holds(p), p.Description)
		}
	}
	return errors.Join(failed, out.Flush())
}

// holds says what a property is, in a few words.
func holds(p *trackingplan.Property) string {
	text := string(p.Kind)
	switch {
	case p.Of != nil:
		text += " of " + string(p.Of.Kind)
	case len(p.Enum) > 0:
		text = strings.Join(p.Enum, "|")
	case p.Format != "":
		text += " (" + string(p.Format) + ")"
	}
	if p.Required {
		text += ", required"
	}
	return text
}
