package services_test

import (
	"slices"
	"strings"
	"testing"
)

// run is how a deployment file starts the program.
type run struct {
	flags     map[string]string
	bare      []string // arguments that are no flags
	variables []string
}

// parseRun reads a command line: --flag value or --flag=value.
func parseRun(args, variables []string) run {
	r := run{flags: map[string]string{}, variables: variables}
	for i := 0; i < len(args); i++ {
		name, isFlag := strings.CutPrefix(args[i], "--")
		if !isFlag {
			r.bare = append(r.bare, args[i])
			continue
		}
		name, value, given := strings.Cut(name, "=")
		if !given && i+1 < len(args) {
			i++
			value = args[i]
		}
		r.flags[name] = value
	}
	return r
}

// services are those that a process runs.
func (r run) services() []string { return strings.Split(r.flags["services"], ",") }

// listens are the addresses that a process is called at, besides that for operators.
func (r run) listens() []string {
	var all []string
	for _, flag := range []string{"http", "catcher-http", "catcher-smtp", "portal", "listener", "inbound"} {
		if addr := r.flags[flag]; addr != "" {
			all = append(all, addr)
		}
	}
	return all
}

// usesStore reports whether a process opens the store.
func (r run) usesStore() bool {
	return slices.ContainsFunc(r.services(), func(s string) bool {
		return slices.Contains([]string{"orchestrator", "mailer", "texter", "caller", "portal", "listener", "postmaster"}, s)
	})
}

// readsWorkspace reports whether a process goes by the workspace: who uses the store, and the door, which looks up
// sources and events there.
func (r run) readsWorkspace() bool { return r.usesStore() || slices.Contains(r.services(), "ingest") }

// check holds a process to what the program takes and needs.
func (r run) check(t *testing.T, name string, p program) {
	t.Helper()
	if !slices.Equal(r.bare, []string{"up"}) {
		t.Errorf("%s runs %v, want up", name, r.bare)
	}
	for flag := range r.flags {
		if !slices.Contains(p.flags["upCommand"], flag) {
			t.Errorf("%s uses the flag --%s, which rapport up does not have", name, flag)
		}
	}
	for _, s := range r.services() {
		if !slices.Contains(p.services, s) {
			t.Errorf("%s runs %q, which is no service", name, s)
		}
	}
	for _, v := range r.variables {
		// The Go runtime and OpenTelemetry read theirs by themselves, and the workspace's files name secrets.
		named := strings.HasPrefix(v, "RAPPORT_SECRET_") || strings.HasPrefix(v, "OTEL_")
		if v != "GOMEMLIMIT" && v != "GOMAXPROCS" && !named && !slices.Contains(p.variables, v) {
			t.Errorf("%s sets %s, which the program does not read", name, v)
		}
	}
	if !slices.Contains(r.variables, "RAPPORT_NATS_URL") {
		t.Errorf("%s names no broker: it would start one of its own", name)
	}
	if r.usesStore() != slices.Contains(r.variables, "RAPPORT_STORE_URL") {
		t.Errorf("%s runs %v: whoever uses the store has to be told where it is, or opens a SQLite of its own; nobody else needs its password", name, r.services())
	}
	for variable, services := range secretsOf() {
		has := slices.Contains(r.variables, variable)
		needs := slices.ContainsFunc(services, func(s string) bool { return slices.Contains(r.services(), s) })
		if has && !needs {
			t.Errorf("%s is given %s, which only %v need", name, variable, services)
		}
		if needs && !has && len(services) > 1 {
			t.Errorf("%s is not given %s, which all of %v have to have alike", name, variable, services)
		}
	}
}

// secretsOf are secrets and the services that need them.
func secretsOf() map[string][]string {
	all := map[string][]string{
		"RAPPORT_WRITE_KEYS": {"ingest"}, "RAPPORT_SMTP_PASSWORD": {"mailer"}, "TWILIO_AUTH_TOKEN": {"texter"}, "RAPPORT_SIGNING_KEYS": {"caller"},
		"RAPPORT_DKIM_KEYS": {"mailer"}, "RAPPORT_LINK_KEYS": {"mailer", "portal", "postmaster"}, "RAPPORT_LISTENER_STRANGERS": {"listener"},
	}
	for _, provider := range []string{
		"SENDGRID_KEY", "MAILGUN_SIGNING_KEY", "RESEND_SECRET", "MAILERSEND_SECRET", "MANDRILL_KEY", "POSTMARK_SECRET", "BREVO_SECRET",
		"MAILJET_SECRET", "SPARKPOST_SECRET", "TWILIO_AUTH_TOKEN",
	} {
		all["RAPPORT_"+provider] = []string{"listener"}
	}
	return all
}
