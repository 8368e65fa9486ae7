package services_test

import (
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/nats-io/nats-server/v2/server"
)

// compose is what these tests need of docker-compose.yml (https://docs.docker.com/reference/compose-file/). Keys that are not
// here are not looked at.
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
	DependsOn   map[string]struct {
		Condition string `yaml:"condition"`
	} `yaml:"depends_on"`
	Healthcheck *struct {
		Test []string `yaml:"test"`
	} `yaml:"healthcheck"`
}

func readCompose(t *testing.T) compose {
	t.Helper()
	var c compose
	if err := yaml.Unmarshal([]byte(readRoot(t, "docker-compose.yml")), &c); err != nil {
		t.Fatalf("docker-compose.yml: %v", err)
	}
	if len(c.Services) == 0 {
		t.Fatal("docker-compose.yml has no services")
	}
	return c
}

// readRoot reads a file by its path from the root of the repository.
func readRoot(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// flag returns the value that a command gives a flag, and "" without it.
func (s composeService) flag(name string) string {
	if i := slices.Index(s.Command, name); i >= 0 && i+1 < len(s.Command) {
		return s.Command[i+1]
	}
	return ""
}

// ours reports whether a container is one of Rapport.
func (s composeService) ours() bool { return s.Build != nil }

// TestComposeRunsEachServiceOnce: every service of this directory is run, by one container, and none that does not exist.
func TestComposeRunsEachServiceOnce(t *testing.T) {
	t.Parallel()
	runBy := map[string]string{}
	for name, s := range readCompose(t).Services {
		if !s.ours() {
			continue
		}
		for service := range strings.SplitSeq(s.flag("--services"), ",") {
			if other, twice := runBy[service]; twice {
				t.Errorf("%s and %s both run %s", other, name, service)
			}
			runBy[service] = name
		}
	}
	dirs, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range dirs {
		if _, runs := runBy[d.Name()]; d.IsDir() && d.Name() != "rapport" && !runs {
			t.Errorf("no container runs %s", d.Name())
		}
		delete(runBy, d.Name())
	}
	for service, name := range runBy {
		t.Errorf("%s runs %q, which is no service", name, service)
	}
}

// TestComposeSpeaksTheCommandsLanguage: the flags and variables of the containers are ones that the command reads, as its
// source has them.
func TestComposeSpeaksTheCommandsLanguage(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("rapport/*.go")
	if err != nil || len(files) == 0 {
		t.Fatalf("no source of the command: %v", err)
	}
	var source strings.Builder
	for _, f := range files {
		source.WriteString(readRoot(t, path.Join("services", f)))
	}
	for name, s := range readCompose(t).Services {
		if !s.ours() {
			continue
		}
		for _, arg := range s.Command {
			if flag, isFlag := strings.CutPrefix(arg, "--"); isFlag && !regexp.MustCompile(`\w+Var\([^"\n]+"`+flag+`",`).MatchString(source.String()) {
				t.Errorf("%s uses the flag %s, which the command does not have", name, arg)
			}
		}
		for variable := range s.Environment {
			if !strings.HasPrefix(variable, "OTEL_") && !strings.Contains(source.String(), `os.Getenv("`+variable+`")`) {
				t.Errorf("%s sets %s, which the command does not read", name, variable)
			}
		}
	}
}

// TestComposeKeepsOneProcessAtTheStore: SQLite is a file that one process opens, so that what uses the store is together.
func TestComposeKeepsOneProcessAtTheStore(t *testing.T) {
	t.Parallel()
	var withStore []string
	for name, s := range readCompose(t).Services {
		services := strings.Split(s.flag("--services"), ",")
		if slices.ContainsFunc([]string{"orchestrator", "mailer", "texter", "caller"}, func(n string) bool { return slices.Contains(services, n) }) {
			withStore = append(withStore, name)
		}
	}
	if len(withStore) != 1 {
		t.Errorf("%d containers use the store (%v), want 1", len(withStore), withStore)
	}
}

// TestComposeHangsTogether: what one part of the file names, another part or the repository has.
func TestComposeHangsTogether(t *testing.T) {
	t.Parallel()
	c := readCompose(t)
	used := map[string]string{}
	pinned := regexp.MustCompile(`:\d+\.\d+\.\d+`)
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

// TestComposePortsMatch: published ports stay on this machine and lead to where the command listens; so do health checks.
func TestComposePortsMatch(t *testing.T) {
	t.Parallel()
	for name, s := range readCompose(t).Services {
		var listens []string
		for _, flag := range []string{"--http", "--catcher-http"} {
			if _, port, ok := strings.Cut(s.flag(flag), ":"); ok {
				listens = append(listens, port)
			}
		}
		for _, p := range s.Ports {
			parts := strings.Split(p, ":")
			if len(parts) != 3 || parts[0] != "127.0.0.1" {
				t.Errorf("%s publishes %s to more than this machine", name, p)
			} else if s.ours() && !slices.Contains(listens, parts[2]) {
				t.Errorf("%s publishes port %s; its command listens on %v", name, parts[2], listens)
			}
		}
		if !s.ours() {
			continue
		}
		if len(listens) > 0 && s.Healthcheck == nil {
			t.Errorf("%s listens on %v and has no health check", name, listens)
		} else if s.Healthcheck != nil && !slices.ContainsFunc(listens, func(port string) bool {
			return strings.Contains(s.Healthcheck.Test[len(s.Healthcheck.Test)-1], "http://127.0.0.1:"+port+"/")
		}) {
			t.Errorf("%s is checked at %v; its command listens on %v", name, s.Healthcheck.Test, listens)
		}
		if s.flag("--nats-url") != "nats://nats:4222" || s.Environment["OTEL_SERVICE_NAME"] != "rapport-"+name {
			t.Errorf("%s has the broker %q and the service name %q", name, s.flag("--nats-url"), s.Environment["OTEL_SERVICE_NAME"])
		}
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
