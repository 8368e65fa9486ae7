package services_test

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/nats-io/nats-server/v2/server"
)

// compose is what these tests need of docker-compose.yml (https://docs.docker.com/reference/compose-file/). Keys that are not
// here are not looked at; that they exist is for TestComposeLoads.
type compose struct {
	Services map[string]composeService `yaml:"services"`
	Volumes  map[string]any            `yaml:"volumes"`
}

type composeService struct {
	Image string `yaml:"image"`
	Build *struct {
		Context    string `yaml:"context"`
		Dockerfile string `yaml:"dockerfile"`
	} `yaml:"build"`
	Command     []string          `yaml:"command"`
	Environment map[string]string `yaml:"environment"`
	Ports       []string          `yaml:"ports"`
	Volumes     []string          `yaml:"volumes"`
	Tmpfs       []string          `yaml:"tmpfs"`
	DependsOn   map[string]struct {
		Condition string `yaml:"condition"`
	} `yaml:"depends_on"`
	Healthcheck *struct {
		Test []string `yaml:"test"`
	} `yaml:"healthcheck"`
	ReadOnly        bool     `yaml:"read_only"`
	CapDrop         []string `yaml:"cap_drop"`
	SecurityOpt     []string `yaml:"security_opt"`
	MemLimit        string   `yaml:"mem_limit"`
	StopGracePeriod string   `yaml:"stop_grace_period"`
	Profiles        []string `yaml:"profiles"`
}

func readCompose(t *testing.T) compose {
	t.Helper()
	var c compose
	// What a container says itself stands beside what it takes over by <<; real duplicates are for TestComposeLoads.
	if err := yaml.UnmarshalWithOptions([]byte(readRoot(t, "docker-compose.yml")), &c, yaml.AllowDuplicateMapKey()); err != nil {
		t.Fatalf("docker-compose.yml: %v", err)
	}
	if len(c.Services) == 0 {
		t.Fatal("docker-compose.yml has no services")
	}
	return c
}

// linkKey is a secret of links.
const linkKey = "a-third-long-random-text-that-has-32-bytes"

// readRoot reads a file by its path from the root of the repository.
func readRoot(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// run is how a container starts the program.
func (s composeService) run() run {
	return parseRun(s.Command, slices.Collect(maps.Keys(s.Environment)))
}

// ours reports whether a container is one of Rapport.
func (s composeService) ours() bool { return s.Build != nil }

// TestComposeLoads: the file loads as `docker compose` loads it, and says what is missing when a secret is.
func TestComposeLoads(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		env  []string
		want []string
	}{
		"all is set":  {[]string{"RAPPORT_WRITE_KEYS=shop:key", "RAPPORT_DB_PASSWORD=secret", "RAPPORT_LINK_KEYS=" + linkKey}, nil},
		"no links":    {[]string{"RAPPORT_WRITE_KEYS=shop:key", "RAPPORT_DB_PASSWORD=secret"}, []string{"RAPPORT_LINK_KEYS is missing a value: set it to 32"}},
		"no password": {[]string{"RAPPORT_WRITE_KEYS=shop:key", "RAPPORT_LINK_KEYS=" + linkKey}, []string{"RAPPORT_DB_PASSWORD is missing a value: set it to"}},
		"no keys":     {[]string{"RAPPORT_DB_PASSWORD=secret", "RAPPORT_LINK_KEYS=" + linkKey}, []string{"RAPPORT_WRITE_KEYS is missing a value: set it to name:key"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			said := strings.Join(deploycheck(t, "", tt.env, "compose", "docker-compose.yml", "observe", "answers"), "")
			if len(tt.want) == 0 && said != "" {
				t.Error(said)
			}
			for _, want := range tt.want {
				if !strings.Contains(said, want) {
					t.Errorf("it says %q, want %q", said, want)
				}
			}
		})
	}
}

// TestComposeRunsEachServiceApart: every service of this directory is run, by one container that runs nothing else.
func TestComposeRunsEachServiceApart(t *testing.T) {
	t.Parallel()
	runBy := map[string]string{}
	for name, s := range readCompose(t).Services {
		if !s.ours() {
			continue
		}
		services := s.run().services()
		if len(services) != 1 || services[0] != name || runBy[name] != "" {
			t.Errorf("%s runs %v", name, services)
		}
		runBy[name] = name
	}
	if got := slices.Sorted(maps.Keys(runBy)); !slices.Equal(got, runnable(t)) {
		t.Errorf("there are containers for %v, want %v", got, runnable(t))
	}
}

// TestComposeSpeaksTheProgramsLanguage: the flags and variables of the containers are ones that the program reads, as its
// source has them, and each is given only the secrets that it needs.
func TestComposeSpeaksTheProgramsLanguage(t *testing.T) {
	t.Parallel()
	p := readProgram(t)
	for name, s := range readCompose(t).Services {
		if !s.ours() {
			continue
		}
		s.run().check(t, name, p)
		mounted := slices.ContainsFunc(s.Volumes, func(v string) bool { return strings.HasSuffix(v, ":/workspace:ro") })
		if reads, given := s.run().readsWorkspace(), s.run().flags["workspace"] == "/workspace"; reads != given || reads != mounted {
			t.Errorf("%s reads the workspace: %t; it is told where that is: %t, and has it: %t", name, reads, given, mounted)
		}
	}
}

// TestComposeConfinesContainers: nothing is written but to volumes and memory, no privileges, bounded memory, and time to
// finish what is in hand.
func TestComposeConfinesContainers(t *testing.T) {
	t.Parallel()
	p := readProgram(t)
	for name, s := range readCompose(t).Services {
		if !s.ReadOnly || !slices.Equal(s.CapDrop, []string{"ALL"}) || !slices.Contains(s.SecurityOpt, "no-new-privileges:true") {
			t.Errorf("%s may write to its image (%v), has capabilities (%v) or may get some (%v)", name, s.ReadOnly, s.CapDrop, s.SecurityOpt)
		}
		limit := memory(t, s.MemLimit)
		if !s.ours() {
			continue
		}
		if grace, err := time.ParseDuration(s.StopGracePeriod); err != nil || grace < p.drain+5*time.Second {
			t.Errorf("%s is killed after %s (%v); a process may take %s to stop", name, s.StopGracePeriod, err, p.drain)
		}
		if soft := memory(t, s.Environment["GOMEMLIMIT"]); soft > limit*9/10 || soft < limit/2 {
			t.Errorf("%s: GOMEMLIMIT is %d of the %d bytes that it has: keep about four fifths", name, soft, limit)
		}
		data := s.run().flags["data"]
		if !slices.Contains(s.Tmpfs, data) && !slices.ContainsFunc(s.Volumes, func(v string) bool { return strings.HasSuffix(v, ":"+data) }) {
			t.Errorf("%s writes to %s, which is in the image", name, data)
		}
	}
}

// memory reads 512m, 400MiB, 256Mi and the like.
func memory(t *testing.T, text string) int64 {
	t.Helper()
	digits := strings.TrimRight(text, "KMGiBbkmg")
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil {
		t.Fatalf("%q is no amount of memory", text)
	}
	switch strings.ToLower(text[len(digits):])[:1] {
	case "m":
		return n << 20
	case "g":
		return n << 30
	}
	t.Fatalf("%q: write m or g", text)
	return 0
}

// TestComposeHangsTogether: what one part of the file names, another part or the repository has.
func TestComposeHangsTogether(t *testing.T) {
	t.Parallel()
	c := readCompose(t)
	used := map[string]string{}
	pinned := regexp.MustCompile(`:v?\d+\.\d+(\.\d+)?(-|$)`)
	for name, s := range c.Services {
		if !s.ours() && !pinned.MatchString(s.Image) {
			t.Errorf("%s: the image %s has no full version", name, s.Image)
		}
		for other, d := range s.DependsOn {
			needed, exists := c.Services[other]
			if !exists || d.Condition == "service_healthy" && needed.Healthcheck == nil {
				t.Errorf("%s waits for %s, which does not exist or cannot say that it is healthy", name, other)
			}
		}
		for _, v := range s.Volumes {
			source, _, _ := strings.Cut(v, ":")
			if !strings.HasPrefix(source, ".") {
				if _, declared := c.Volumes[source]; !declared || used[source] != "" {
					t.Errorf("%s: the volume %s is not declared, or used by %s too", name, source, used[source])
				}
				used[source] = name
			} else if _, err := os.Stat(filepath.Join("..", source)); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	for v := range c.Volumes {
		if used[v] == "" {
			t.Errorf("nothing uses the volume %s", v)
		}
	}
}

// TestComposePortsMatch: published ports stay on this machine and lead to where the program listens; health checks ask
// what the endpoint for operators answers.
func TestComposePortsMatch(t *testing.T) {
	t.Parallel()
	p := readProgram(t)
	for name, s := range readCompose(t).Services {
		flags := s.run().flags
		for _, published := range s.Ports {
			parts := strings.Split(published, ":")
			if len(parts) != 3 || parts[0] != "127.0.0.1" {
				t.Errorf("%s publishes %s to more than this machine", name, published)
			} else if s.ours() && !slices.Contains(s.run().listens(), ":"+parts[2]) {
				t.Errorf("%s publishes port %s; its command listens on %v", name, parts[2], s.run().listens())
			}
		}
		if !s.ours() {
			continue
		}
		if s.Healthcheck == nil {
			t.Errorf("%s has no health check", name)
			continue
		}
		asked, path, _ := strings.Cut(strings.TrimPrefix(s.Healthcheck.Test[len(s.Healthcheck.Test)-1], "http://127.0.0.1"), "/")
		if asked != flags["ops"] || !slices.Contains(p.paths, "/"+path) {
			t.Errorf("%s is asked for /%s at %s; it answers %v at %s", name, path, asked, p.paths, flags["ops"])
		}
		if s.Environment["OTEL_SERVICE_NAME"] != "rapport-"+name {
			t.Errorf("%s is called %q in traces", name, s.Environment["OTEL_SERVICE_NAME"])
		}
	}
}

// TestComposeAddressesLead: addresses of one container in another's environment lead to a port that it listens on, and
// whoever is told of one waits until it is healthy.
func TestComposeAddressesLead(t *testing.T) {
	t.Parallel()
	c := readCompose(t)
	catcher := c.Services["catcher"].run().flags
	listens := map[string][]string{
		"nats": {":4222"}, "postgres": {":5432"}, "jaeger": {":4318"},
		"catcher": {catcher["catcher-http"], catcher["catcher-smtp"]},
	}
	address := regexp.MustCompile(`(?:^|[-/@])([a-z]+)(:\d+)`)
	for name, s := range c.Services {
		for variable, value := range s.Environment {
			for _, m := range address.FindAllStringSubmatch(value, -1) {
				if m[1] == "localhost" { // For people: a port that is published.
					if !slices.ContainsFunc(slices.Collect(maps.Values(c.Services)), func(s composeService) bool { return slices.Contains(s.Ports, "127.0.0.1"+m[2]+m[2]) }) {
						t.Errorf("%s: %s leads to the port %s of this machine, which nobody publishes", name, variable, m[2])
					}
					continue
				}
				if !slices.Contains(listens[m[1]], m[2]) {
					t.Errorf("%s: %s leads to %s%s, where nobody listens", name, variable, m[1], m[2])
				}
				if _, waits := s.DependsOn[m[1]]; !waits && c.Services[m[1]].Healthcheck != nil {
					t.Errorf("%s needs %s (%s) and does not wait for it", name, m[1], variable)
				}
			}
		}
	}
}

// TestComposeObservesAll: Prometheus asks every container of Rapport where it answers, and finds the files that its
// configuration names; Grafana finds its dashboards and where its data is.
func TestComposeObservesAll(t *testing.T) {
	t.Parallel()
	c := readCompose(t)
	var config struct {
		RuleFiles []string `yaml:"rule_files"`
		Scrape    []struct {
			DNS []struct {
				Names []string
				Port  int
			} `yaml:"dns_sd_configs"`
		} `yaml:"scrape_configs"`
	}
	if err := yaml.Unmarshal([]byte(readRoot(t, "deploy/observe/prometheus.yml")), &config); err != nil {
		t.Fatal(err)
	}
	// Prometheus 3.x.y is v0.30x.y as a module, from 3.10 on v0.3xx.y.
	if m := regexp.MustCompile(`prometheus/prometheus v0\.3(\d\d)\.(\d+)`).FindStringSubmatch(readRoot(t, "services/rapport/ops/testdata/promql/go.mod")); m == nil {
		t.Error("nothing says which Prometheus the alerts are checked with")
	} else if want := "prom/prometheus:v3." + strings.TrimPrefix(m[1], "0") + "." + m[2]; c.Services["prometheus"].Image != want {
		t.Errorf("the image is %s, and the alerts are checked with %s", c.Services["prometheus"].Image, want)
	}
	var asked []string
	for _, s := range config.Scrape {
		for _, d := range s.DNS {
			for _, name := range d.Names {
				asked = append(asked, name)
				if ops := c.Services[name].run().flags["ops"]; ops != ":"+strconv.Itoa(d.Port) {
					t.Errorf("Prometheus asks %s at %d, which answers at %q", name, d.Port, ops)
				}
			}
		}
	}
	if slices.Sort(asked); !slices.Equal(asked, runnable(t)) {
		t.Errorf("Prometheus asks %v, want %v", asked, runnable(t))
	}
	mounts := strings.Join(append(c.Services["prometheus"].Volumes, c.Services["grafana"].Volumes...), "\n")
	for _, f := range config.RuleFiles {
		if !strings.Contains(mounts, ":/etc/prometheus/"+f+":ro") {
			t.Errorf("the rules %s are not mounted beside the configuration", f)
		}
	}
	path := regexp.MustCompile(`path: (\S+)`).FindStringSubmatch(readRoot(t, "deploy/observe/grafana/dashboards.yaml"))
	if path == nil || !strings.Contains(mounts, "./deploy/observe/dashboards:"+path[1]+":ro") {
		t.Errorf("the dashboards are not mounted at %v", path)
	}
	for _, m := range regexp.MustCompile(`url: http://(\w+):(\d+)`).FindAllStringSubmatch(readRoot(t, "deploy/observe/grafana/datasources.yaml"), -1) {
		if !slices.ContainsFunc(c.Services[m[1]].Ports, func(p string) bool { return strings.HasSuffix(p, ":"+m[2]) }) {
			t.Errorf("Grafana's data is to be at %s:%s, which is not there", m[1], m[2])
		}
	}
}

// TestComposeDatabaseIsTheTested: the major version that the tests of the store run, when they can.
func TestComposeDatabaseIsTheTested(t *testing.T) {
	t.Parallel()
	installed, err := filepath.Glob("/usr/lib/postgresql/*/bin/postgres")
	if err != nil || len(installed) == 0 {
		t.Skip("no PostgreSQL is installed here to compare with")
	}
	image := readCompose(t).Services["postgres"].Image
	if !slices.ContainsFunc(installed, func(p string) bool {
		return strings.HasPrefix(image, "postgres:"+filepath.Base(filepath.Dir(filepath.Dir(p)))+".")
	}) {
		t.Errorf("the image is %s, and the tests run %v", image, installed)
	}
}

// TestComposeBrokerKeepsThePromises: the broker is the version that the other tests run, its configuration is one that it
// reads, and says what the guarantees need.
func TestComposeBrokerKeepsThePromises(t *testing.T) {
	t.Parallel()
	nats := readCompose(t).Services["nats"]
	required := parseModFile(readRoot(t, "services/go.mod")).require["github.com/nats-io/nats-server/v2"]
	if !strings.HasPrefix(nats.Image, "nats:"+strings.TrimPrefix(required, "v")+"-") {
		t.Errorf("the broker is %s, and the tests run %s", nats.Image, required)
	}
	options, err := server.ProcessConfigFile("../deploy/nats.conf")
	if err != nil {
		t.Fatal(err)
	}
	if !options.JetStream || !options.SyncAlways {
		t.Error("what the broker acknowledges has to be on disk: JetStream, sync_interval: always")
	}
	if options.StoreDir != "/data" || !slices.Contains(nats.Volumes, "broker:/data") {
		t.Errorf("the streams are in %s, which is no volume", options.StoreDir)
	}
	if options.MaxPayload < 1<<20 || options.JetStreamMaxStore < 4<<30 {
		t.Errorf("messages may take %d bytes and streams %d; pkg/bus needs 1 MiB and 4 GiB", options.MaxPayload, options.JetStreamMaxStore)
	}
	if options.Port != 4222 || !strings.Contains(strings.Join(nats.Healthcheck.Test, " "), ":8222/") || options.HTTPPort != 8222 {
		t.Errorf("the broker listens on %d and is checked on %d", options.Port, options.HTTPPort)
	}
}
