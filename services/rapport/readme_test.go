package main_test

import (
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// untried are the README's commands that no test here runs.
var untried = map[string]bool{
	// It is what runs this.
	"make test": true,
	// They fetch images. tryTraces has a receiver of its own; the tests in services hold
	// docker-compose.yml to the program's flags.
	"docker run --rm -p 16686:16686 -p 4318:4318 jaegertracing/all-in-one:1.76.0": true,
	"export RAPPORT_WRITE_KEYS=shop:a-long-random-text":                           true,
	"export RAPPORT_DB_PASSWORD=another-long-random-text":                         true,
	"docker compose up --build":                                                   true,
	// It takes minutes: .ci/run runs its tests.
	"make chaos": true,
	// They too: TestEveryRow runs all rows small.
	"bin/rapport bench --rows accept,apply":                          true,
	"bin/rapport bench --rows mail,latency,memory --profiles 100000": true,
	"make bench-portal bench-render":                                 true,
	"bin/rapport bench --rows timers --timers 1000000":               true,
	"bin/rapport bench --rows growth,timers,start":                   true,
}

// tried are the README's commands, with what runs them; nil: another of the list does, or
// the test that is named.
func tried() map[string]func(*testing.T, string) {
	all := map[string]func(*testing.T, string){}
	all["make up"] = tryMakeUp
	all["make demo"] = tryMakeDemo
	all["bin/rapport replay --data demo-data services/rapport/demo/online-retail-extract.csv.gz"] = nil
	all["bin/rapport up --data demo-data"] = tryDemoData
	all["curl -u dev: http://127.0.0.1:8080/v1/track"] = nil // TestFirstOrder pastes the banner's, which is the same.
	all["curl -s 'http://127.0.0.1:8025/api/messages?to=ada@example.com'"] = tryCurl
	for _, s := range tour() {
		all[s.line] = nil // TestReadmeTour
	}
	all["make bench-engine"] = tryBenchEngine
	all["bin/rapport up --workspace my-shop"] = tryMyShop
	// TestConsentAndErasureBesideARunningStack, TestSuppressBesideARunningStack, TestKeysAndDoctor: with other files.
	for _, line := range []string{
		"bin/rapport consent show --data data ada", "bin/rapport suppress check --data data email ada@example.com", "bin/rapport erase ada",
		"bin/rapport dkim new --domain shop.example --selector 2026a", "bin/rapport doctor --workspace my-shop",
		"bin/rapport preview my-shop", "bin/rapport send-test thank-you --to me@example.com --workspace my-shop",
	} {
		all[line] = nil
	}
	all["bin/rapport replay --json online-retail.csv.gz"] = tryReplayJSON
	all["OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4318 OTEL_METRICS_EXPORTER=none make up"] = tryTraces
	all["bin/rapport migrate-store --data data --store postgres://rapport@db.example.com/rapport"] = nil // TestMoveToPostgreSQL, with another address.
	all["bin/rapport up --data data --store postgres://rapport@db.example.com/rapport"] = nil
	all["bin/rapport up --services ingest --nats-url nats://127.0.0.1:4222 --http 127.0.0.1:8090 --ops 127.0.0.1:8091 --data door-data"] = trySecondDoor
	return all
}

func readme(t *testing.T) string {
	t.Helper()
	b, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// blocks are the README's code blocks of a language.
func blocks(t *testing.T, language string) []string {
	t.Helper()
	var all []string
	for _, m := range regexp.MustCompile("(?ms)^```"+language+"\n(.*?)^```$").FindAllStringSubmatch(readme(t), -1) {
		all = append(all, m[1])
	}
	if len(all) == 0 {
		t.Fatalf("the README has no %s", language)
	}
	return all
}

// Every command of the README is run by a test, or there is a reason.
func TestReadmeCommands(t *testing.T) {
	t.Parallel()
	known := tried()
	seen := map[string]bool{}
	for _, block := range blocks(t, "sh") {
		for _, line := range commandsOf(block) {
			if strings.HasPrefix(line, "curl -u dev:") {
				line, _, _ = strings.Cut(line, " -H")
			}
			seen[line] = true
			_, runs := known[line]
			if !runs && !untried[line] {
				t.Errorf("no test runs this command of the README: %s", line)
			}
		}
	}
	for line, try := range known {
		if !seen[line] {
			t.Errorf("the README has no such command: %s", line)
		}
		if try != nil {
			t.Run(line, func(t *testing.T) {
				t.Parallel()
				try(t, line)
			})
		}
	}
	for line := range untried {
		if !seen[line] {
			t.Errorf("the README has no such command: %s", line)
		}
	}
}

// commandsOf parts a block into commands: a quote that is open at the end of a line goes on.
func commandsOf(block string) []string {
	var all []string
	var now string
	for line := range strings.Lines(block) {
		now += line
		if strings.Count(now, "'")%2 == 0 {
			all = append(all, strings.TrimSpace(now))
			now = ""
		}
	}
	return all
}

// The first order of the README is the one of the banner.
func TestReadmeShowsTheBannersOrder(t *testing.T) {
	t.Parallel()
	banner := up(t, t.TempDir())
	want := strings.Replace(banner.curl, banner.events, "http://127.0.0.1:8080", 1)
	if !strings.Contains(readme(t), strings.ReplaceAll(want, "\n  ", "\n")) {
		t.Errorf("the README's first order is not the banner's:\n%s", want)
	}
}

// The example in Go is the one that TestEventsOverNATS runs.
func TestReadmeShowsGoThatRuns(t *testing.T) {
	t.Parallel()
	source, err := os.ReadFile("nats_test.go")
	if err != nil {
		t.Fatal(err)
	}
	tight := func(s string) string { return strings.Join(strings.Fields(s), " ") }
	for _, block := range blocks(t, "go") {
		if !strings.Contains(tight(string(source)), tight(block)) {
			t.Errorf("nats_test.go does not run this:\n%s", block)
		}
	}
}

// The tables of flags and variables are those of the program.
func TestReadmeListsFlagsAndVariables(t *testing.T) {
	t.Parallel()
	text := readme(t)
	help := execute(t, command(t, t.TempDir(), "up", "--help")).out
	var want []string
	for _, m := range regexp.MustCompile(`(?m)^ +--([a-z-]+)(?: (?:string|strings|int|duration))? +(.*?)(?: \(default "?([^"):]*:?[^"):]*)"?\))?$`).FindAllStringSubmatch(help, -1) {
		want = append(want, "--"+m[1])
		row := regexp.MustCompile("(?m)^\\| `--" + m[1] + "` \\| .*\\|$").FindString(text)
		about, _, _ := strings.Cut(m[2], " (default:")
		if !strings.Contains(row, about) || !strings.Contains(row, m[3]) {
			t.Errorf("--%s: the README says %q, the program %q, default %q", m[1], row, m[2], m[3])
		}
	}
	var have []string
	for _, m := range regexp.MustCompile("(?m)^\\| `(--[a-z-]+)` \\|").FindAllStringSubmatch(text, -1) {
		have = append(have, m[1])
	}
	if len(want) < 10 || !slices.Equal(have, want) {
		t.Errorf("flags in the README: %v\nof the program:      %v", have, want)
	}
	for _, name := range variables(t) {
		if !strings.Contains(text, "`"+name+"`") {
			t.Errorf("the README does not know %s", name)
		}
	}
}

// variables are the names that the command reads from the environment.
func variables(t *testing.T) []string {
	t.Helper()
	var all []string
	read := regexp.MustCompile(`os\.(?:Getenv|LookupEnv)\("([A-Z_]+)"\)`)
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if strings.HasSuffix(path, "_chaos.go") {
			return err // It is not in the program.
		}
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		b, err := os.ReadFile(path)
		for _, m := range read.FindAllStringSubmatch(string(b), -1) {
			all = append(all, m[1])
		}
		return err
	})
	if err != nil || len(all) == 0 {
		t.Fatalf("%v, %v", all, err)
	}
	return all
}

// root is a directory that looks like the repository's to commands: templates and demo.
func root(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"templates", "services/rapport/demo"} {
		if err := os.CopyFS(filepath.Join(dir, name), os.DirFS(filepath.Join("../..", name))); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// arguments are those of a bin/rapport command.
func arguments(t *testing.T, line string) []string {
	t.Helper()
	args := strings.Fields(line)
	if args[0] != "bin/rapport" {
		t.Fatalf("not a command of the program: %s", line)
	}
	return args[1:]
}

// makes is the command that a target of the Makefile ends with.
func makes(t *testing.T, target string) string {
	t.Helper()
	if _, err := exec.LookPath("make"); err != nil {
		t.Skip("no make here")
	}
	cmd := exec.CommandContext(t.Context(), "make", "--no-print-directory", "-n", target)
	cmd.Dir = "../.."
	cmd.Env = append(os.Environ(), "MAKEFLAGS=", "MAKELEVEL=", "ARGS=")
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	return strings.TrimPrefix(lines[len(lines)-1], "exec ")
}

func tryMakeUp(t *testing.T, _ string) {
	if got := makes(t, "up"); strings.TrimSpace(got) != "bin/rapport up" {
		t.Errorf("make up runs %s", got)
	}
	r := upIn(t, root(t)) // With the default data directory and ./templates.
	if banner := r.out.String(); !strings.Contains(banner, "workspace templates") || !strings.Contains(banner, "data      data\n") {
		t.Errorf("not on ./templates and ./data:\n%s", banner)
	}
}

// The benchmarks of which the README tells figures are there to be run.
func tryBenchEngine(t *testing.T, _ string) {
	if got := makes(t, "bench-engine"); !strings.Contains(got, "-bench . -benchmem ./pkg/journey") {
		t.Errorf("make bench-engine runs %s", got)
	}
}

// The table in the README is that of the demo, but for the line of costs.
func tryMakeDemo(t *testing.T, _ string) {
	got := execute(t, command(t, root(t), arguments(t, makes(t, "demo"))...))
	if got.code != 0 {
		t.Fatalf("exit code %d: %s", got.code, got.errors)
	}
	table, _, _ := strings.Cut(got.out, "COST")
	want := fieldsOf(table)
	for _, block := range blocks(t, "text") {
		if slices.Equal(fieldsOf(block), want) {
			return
		}
	}
	t.Errorf("the README does not show the demo's table:\n%s", table)
}

func fieldsOf(table string) []string { return strings.Fields(table) }

func tryDemoData(t *testing.T, line string) {
	dir := root(t)
	got := execute(t, command(t, dir, arguments(t, "bin/rapport replay --data demo-data services/rapport/demo/online-retail-extract.csv.gz")...))
	if got.code != 0 {
		t.Fatalf("exit code %d: %s", got.code, got.errors)
	}
	r := upIn(t, dir, arguments(t, line)[1:]...)
	if n := len(r.caught(t, nil)); n < 1000 {
		t.Errorf("%d messages of the demo can be read, want more than 1000", n)
	}
}

func tryCurl(t *testing.T, line string) {
	if _, err := exec.LookPath("curl"); err != nil {
		t.Skip("no curl here")
	}
	r := up(t, t.TempDir())
	r.accepted(t, order("A-1", "ada", "Ada", "Lamp"))
	r.await(t, 1, nil)
	out, err := exec.CommandContext(t.Context(), "sh", "-c", strings.Replace(line, "http://127.0.0.1:8025", r.messages, 1)).CombinedOutput()
	if err != nil || !strings.Contains(string(out), "ada@example.com") {
		t.Errorf("%v: %s", err, out)
	}
}

func tryMyShop(t *testing.T, line string) {
	dir := root(t)
	if err := os.CopyFS(filepath.Join(dir, "my-shop"), os.DirFS(filepath.Join(dir, "templates"))); err != nil {
		t.Fatal(err)
	}
	if got := execute(t, command(t, dir, "check", "my-shop")); got.code != 0 {
		t.Errorf("check: %s", got.errors)
	}
	r := upIn(t, dir, arguments(t, line)[1:]...)
	if !strings.Contains(r.out.String(), "workspace my-shop   (saved changes take effect at once)") {
		t.Errorf("not on my-shop:\n%s", r.out)
	}
}

func tryReplayJSON(t *testing.T, line string) {
	dir := root(t)
	if err := os.Rename(filepath.Join(dir, "services/rapport", demo), filepath.Join(dir, "online-retail.csv.gz")); err != nil {
		t.Fatal(err)
	}
	if got := execute(t, command(t, dir, arguments(t, line)...)); got.code != 0 || !strings.Contains(got.out, `"rows": 19141`) || got.errors != "" {
		t.Errorf("exit code %d: %s%s", got.code, got.errors, got.out)
	}
}

// The variables of the README's example bring traces to an OTLP receiver, and a stop sends
// what is left of them.
func tryTraces(t *testing.T, line string) {
	got := make(chan string, 100)
	receiver := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		b, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		got <- r.URL.Path + " " + string(b)
	}))
	t.Cleanup(receiver.Close)
	var env []string
	for _, word := range strings.Fields(line) {
		if strings.HasPrefix(word, "OTEL_") {
			env = append(env, strings.Replace(word, "http://127.0.0.1:4318", receiver.URL, 1))
		}
	}
	r := upWith(t, t.TempDir(), env)
	r.accepted(t, order("A-1", "ada", "Ada", "Lamp"))
	r.await(t, 1, nil)
	if code := r.interrupt(t); code != 0 {
		t.Errorf("Ctrl-C ends with %d:\n%s", code, r.errs)
	}
	close(got)
	var all strings.Builder
	for body := range got {
		if !strings.HasPrefix(body, "/v1/traces ") {
			t.Errorf("posted to %.20s", body)
		}
		all.WriteString(body)
	}
	for _, span := range []string{"POST /v1/track", "apply order.completed", "decide thank-you", "smtp send"} {
		if !strings.Contains(all.String(), span) {
			t.Errorf("no span %q was exported", span)
		}
	}
	if strings.Contains(all.String(), "ada@example.com") {
		t.Error("an address was exported")
	}
}

// A second process is another door to the first one's streams.
func trySecondDoor(t *testing.T, line string) {
	whole := up(t, t.TempDir())
	args := arguments(t, strings.NewReplacer("nats://127.0.0.1:4222", whole.nats, "127.0.0.1:8090", "127.0.0.1:0", "127.0.0.1:8091", "127.0.0.1:0").Replace(line))
	door := launch(t, command(t, t.TempDir(), args...))
	door.events = find(t, door.out.String(), `events +(http://[^/\s]+)/v1/track`)
	door.accepted(t, order("A-1", "ada", "Ada", "Lamp"))
	whole.await(t, 1, url.Values{"to": {"ada@example.com"}})
	if code := door.interrupt(t); code != 0 {
		t.Errorf("Ctrl-C ends with %d:\n%s", code, door.errs)
	}
}
