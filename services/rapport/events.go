package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"rapport/pkg/trackingplan"
	"rapport/pkg/trackingplan/generate"
	"rapport/pkg/workspace"
)

func eventsCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "events", Short: "Show the types of events, and write them as Go or JSON Schema", Args: command, RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
		Long: `Show the tracking plan: the types of events that Rapport knows without being told, and those
that events.yaml in the workspace declares. Programs that send events can have them as Go
structs, or as JSON Schemas.`,
	}
	cmd.AddCommand(eventsList(), eventsGenerate())
	return cmd
}

func eventsGenerate() *cobra.Command {
	var dir, pkg, out string
	var known, schema bool
	cmd := &cobra.Command{
		Use: "generate", Short: "Write the declared events as Go structs, or as JSON Schemas", Args: noArgs,
		Long: `Write the types of events that events.yaml declares or extends as Go structs, with a
constructor, Validate and EventType, to be sent with Rapport's client for Go. They need nothing
but the standard library. What shops send anyway is in the client already (shopevents); --known
writes it too.`,
		Example: `  rapport events generate --go events --out events/events.go
  rapport events generate --json-schema --out events.json`,
		RunE: func(c *cobra.Command, _ []string) error {
			if (pkg == "") == !schema {
				return &usageError{c.CommandPath(), errors.New("say what to write: --go PACKAGE, or --json-schema")}
			}
			snap, err := edited(c, dir)
			if err != nil {
				return err
			}
			types := generated(snap, known)
			if len(types) == 0 {
				return errors.New("nothing is declared in this workspace: add events: to events.yaml, or write what Rapport knows with --known")
			}
			var code []byte
			if schema {
				code, err = generate.JSONSchema(types)
			} else if code, err = generate.Go(pkg, "events.yaml", types); err != nil {
				return &usageError{c.CommandPath(), fmt.Errorf("--go: %w", err)}
			}
			if err != nil {
				return err
			}
			return deliver(c, out, code, len(types))
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&dir, "workspace", "", "directory with the workspace (default: ./templates)")
	flags.StringVar(&pkg, "go", "", "write Go, as a package of this name")
	flags.BoolVar(&schema, "json-schema", false, "write JSON Schemas")
	flags.BoolVar(&known, "known", false, "write what shops send, too, as Rapport knows it")
	flags.StringVar(&out, "out", "", "the file to write (default: print it)")
	return cmd
}

// generated are the types to write, declared ones by name, then what else is known.
func generated(snap *workspace.Snapshot, known bool) []trackingplan.Type {
	plan := snap.Events()
	var types []trackingplan.Type
	declared := map[string]bool{}
	for _, name := range plan.Declared() {
		t, _ := plan.Type(name)
		types = append(types, t)
		declared[name] = true
	}
	for _, t := range trackingplan.Commerce() {
		if known && !declared[t.Name] {
			types = append(types, t)
		}
	}
	return types
}

// deliver prints what was written, or puts it into a file, whole or not at all.
func deliver(c *cobra.Command, file string, text []byte, types int) error {
	if file == "" {
		_, err := c.OutOrStdout().Write(text)
		return err
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return fmt.Errorf("write %s: %w", file, err)
	}
	next := file + ".new"
	if err := os.WriteFile(next, text, 0o644); err != nil {
		return fmt.Errorf("write %s: %w", file, err)
	}
	if err := os.Rename(next, file); err != nil {
		return errors.Join(fmt.Errorf("write %s: %w", file, err), os.Remove(next))
	}
	_, err := fmt.Fprintf(c.OutOrStdout(), "%s: %s\n", file, counted(types, "type"))
	return err
}
