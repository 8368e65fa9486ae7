package workspace

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"time"

	"rapport/pkg/condition"
	"rapport/pkg/journey"
	"rapport/pkg/message"
	"rapport/pkg/render"
	"rapport/pkg/workspace/source"
)

// Problem is one mistake in a workspace, with its place.
type Problem = source.Problem

// Problems is the error of Load: all mistakes, sorted by place.
type Problems = source.Problems

// The bounds of a workspace.
const (
	maxFile  = 1 << 20 // bytes
	maxFiles = 2000
	maxBytes = 32 << 20
)

// Load reads and checks a workspace. name is what the workspace is called in messages about
// it as a whole, such as its directory. The error is Problems when the files are at fault,
// warnings among them; those of a workspace without mistakes are the snapshot's.
func Load(fsys fs.FS, name string) (*Snapshot, error) {
	var r source.Report
	files, err := read(fsys, &r)
	if err != nil {
		return nil, fmt.Errorf("read workspace %s: %w", name, err)
	}
	return compile(files, name, &r)
}

// loadWith is Load with a compiler that others use again: for a workspace that is read time and again.
func loadWith(templates *render.Compiler, fsys fs.FS, name string) (*Snapshot, error) {
	var r source.Report
	files, err := read(fsys, &r)
	if err != nil {
		return nil, fmt.Errorf("read workspace %s: %w", name, err)
	}
	return compileWith(templates, files, name, &r)
}

// compile checks the files of a workspace as a whole.
func compile(files []*source.File, name string, r *source.Report) (*Snapshot, error) {
	templates := render.NewCompiler()
	defer func() { _ = templates.Close() }() // memory that it does not give back is no mistake of the workspace
	return compileWith(templates, files, name, r)
}

func compileWith(templates *render.Compiler, files []*source.File, name string, r *source.Report) (*Snapshot, error) {
	s := &Snapshot{version: version(files), files: files}
	main := pick(files, named("rapport.yaml"))
	if len(main) == 0 {
		r.File("rapport.yaml", "there is no such file in "+name, "a workspace begins with rapport.yaml, which names the shop and who its messages come from")
		s.shop.Locale = render.Locales()[0]
	} else {
		s.shop, s.clients = shop(main[0], r)
	}
	s.zone = zone(s.shop.Timezone)
	s.messages = templates.Compile(pick(files, isTemplate), s.shop, r)
	s.events = events(pick(files, named("events.yaml")), r)
	refs := &references{messages: s.messages, zone: s.zone, plan: s.events, catalogue: condition.Of(s.events)}
	s.delivery = delivery(pick(files, named("delivery.yaml")), s.zone, r)
	refs.mailServers = serversOf(s.delivery)
	policies := rules(pick(files, named("policy.yaml")), refs, r)
	s.policy = refs.policy
	s.segments = segments(pick(files, isSegment), refs, r)
	s.loyalty = loyalty(pick(files, named("loyalty.yaml")), refs, r)
	s.sources = sources(pick(files, isSource), refs, r)
	s.journeys = journeys(pick(files, isJourney), refs, r)
	journeysOf(policies, s.journeys, r)
	if len(s.messages.Names(message.Email)) > 0 && s.shop.FromAddress == "" && !r.Failed() {
		r.File("rapport.yaml", "there are e-mails, but nobody they come from", "add email: {from: {name: ..., address: ...}}")
	}
	if len(s.messages.Names(message.SMS)) > 0 && s.shop.SMSFrom == "" && s.shop.SMSService == "" && !r.Failed() {
		r.File("rapport.yaml", "there are text messages, but nobody they come from", "add sms: {from: ...}")
	}
	if len(s.messages.Names(message.WhatsApp)) > 0 && s.shop.WhatsAppFrom == "" && !r.Failed() {
		r.File("rapport.yaml", "there are WhatsApp messages, but nobody they come from", `add whatsapp: {from: "+44..."}`)
	}
	if !r.Failed() {
		try(s, r)
		// The engine has the last word on what it can run.
		if _, err := journey.NewSet(s.Config(time.Time{}, nil)); err != nil {
			r.File("journeys", err.Error(), "")
		}
	}
	if r.Failed() {
		return nil, r.Problems()
	}
	s.warnings = r.Problems()
	return s, nil
}

func named(file string) func(string) bool { return func(name string) bool { return name == file } }

func isJourney(name string) bool { return isYAML("journeys/", name) }

func isSegment(name string) bool { return isYAML("segments/", name) }

func isYAML(dir, name string) bool {
	return strings.HasPrefix(name, dir) && (strings.HasSuffix(name, ".yaml") || strings.HasSuffix(name, ".yml"))
}

// isTemplate reports whether a file is a part of messages: a template or a catalogue of their texts.
func isTemplate(name string) bool {
	return strings.HasPrefix(name, "locales/") || slices.ContainsFunc(message.Channels(), func(c message.Channel) bool { return strings.HasPrefix(name, string(c)+"/") })
}

// roots are the files and directories that belong to a workspace.
func roots() []string {
	return []string{"rapport.yaml", "policy.yaml", "loyalty.yaml", "delivery.yaml", "events.yaml", "segments", "journeys", "sources", "email", "sms", "whatsapp", "webhook", "locales"}
}

// mistaken are names that people give to parts of a workspace, and what they are called. A
// file that nothing reads is worse than one with a mistake in it.
func mistaken() map[string]string {
	return map[string]string{
		"rapport.yml": "rapport.yaml", "policy.yml": "policy.yaml", "policies.yaml": "policy.yaml", "loyalty.yml": "loyalty.yaml", "delivery.yml": "delivery.yaml", "events.yml": "events.yaml", "events": "events.yaml", "tracking-plan.yaml": "events.yaml",
		"segment": "segments", "segments.yaml": "segments", "journey": "journeys", "webhooks": "webhook", "source": "sources",
		"emails": "email", "loyalty": "loyalty.yaml", "locale": "locales", "translations": "locales",
	}
}

// read reads the files that belong to a workspace, sorted by name.
func read(fsys fs.FS, r *source.Report) ([]*source.File, error) {
	var files []*source.File
	total := 0
	for _, root := range roots() {
		err := fs.WalkDir(fsys, root, func(name string, d fs.DirEntry, err error) error {
			switch {
			case errors.Is(err, fs.ErrNotExist) && name == root:
				return fs.SkipDir // a workspace need not have all of them
			case err != nil:
				r.File(name, "cannot be read: "+err.Error(), "")
				return fs.SkipDir
			case ignored(path.Base(name)) && d.IsDir():
				return fs.SkipDir
			case ignored(path.Base(name)) || d.IsDir():
				return nil
			case len(files) >= maxFiles || total > maxBytes:
				return fmt.Errorf("there are more than %d files or %d bytes", maxFiles, maxBytes)
			}
			if f := readFile(fsys, name, r); f != nil {
				total += len(f.Text)
				files = append(files, f)
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	for _, name := range slices.Sorted(maps.Keys(mistaken())) {
		if _, err := fs.Stat(fsys, name); err == nil {
			r.File(name, "is not read", "call it "+mistaken()[name])
		}
	}
	return files, nil
}

// ignored are the files that editors and people leave beside their work.
func ignored(base string) bool {
	return strings.HasPrefix(base, ".") || strings.HasSuffix(base, "~") || strings.HasSuffix(base, ".md") ||
		strings.HasPrefix(base, "#") || strings.HasSuffix(base, ".swp") || strings.HasSuffix(base, ".tmp")
}

func readFile(fsys fs.FS, name string, r *source.Report) *source.File {
	f, err := fsys.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // gone since the directory was read
	}
	if err != nil {
		r.File(name, "cannot be read: "+err.Error(), "")
		return nil
	}
	defer func() { _ = f.Close() }() // read only
	text, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	switch {
	case err != nil:
		r.File(name, "cannot be read: "+err.Error(), "")
		return nil
	case len(text) > maxFile:
		r.File(name, fmt.Sprintf("has more than %d bytes", maxFile), "split it")
		return nil
	}
	out := source.NewFile(name, string(text))
	for dir, what := range map[string]string{"journeys/": "a journey", "segments/": "a segment", "sources/": "a source"} {
		if strings.HasPrefix(name, dir) && !isYAML(dir, name) {
			r.File(name, "is not "+what, "call it NAME.yaml, or move it out of "+dir)
			return nil
		}
	}
	return out
}

func pick(files []*source.File, want func(string) bool) []*source.File {
	return slices.DeleteFunc(slices.Clone(files), func(f *source.File) bool { return !want(f.Name) })
}

// version hashes all files.
func version(files []*source.File) string {
	parts := make([]string, 0, 2*len(files))
	for _, f := range files {
		parts = append(parts, f.Name, f.Text)
	}
	return hash(parts...)
}

// hash is 16 hexadecimal digits over the parts, each preceded by its length.
func hash(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		_, _ = fmt.Fprintf(h, "%d:%s", len(p), p) // a hash takes everything
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}
