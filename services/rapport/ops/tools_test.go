package ops_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

// promtool runs Prometheus's own tool, where there is one.
func promtool(t *testing.T, args ...string) {
	t.Helper()
	program, err := exec.LookPath("promtool")
	if err != nil {
		t.Skip("promtool is not here: apt-get install --no-install-recommends prometheus")
	}
	cmd := exec.CommandContext(t.Context(), program, args...)
	cmd.Dir = observe
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("promtool %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}

func TestPromtoolTakesTheConfiguration(t *testing.T) {
	t.Parallel()
	promtool(t, "check", "config", "prometheus.yml")
	promtool(t, "check", "rules", "alerts.yml")
}

func TestAlertsFireWhenTheyShould(t *testing.T) {
	t.Parallel()
	promtool(t, "test", "rules", "alerts.test.yml")
}

// Alerts without a test are those whose expression is one comparison of what Prometheus or
// the operating system says.
func TestMostAlertsAreTested(t *testing.T) {
	t.Parallel()
	b, err := os.ReadFile(observe + "alerts.test.yml")
	if err != nil {
		t.Fatal(err)
	}
	plain := []string{"RapportRestarting", "RapportOpenFiles", "RapportDoorRefuses", "RapportHandOffSlow"}
	for _, r := range rules(t) {
		tested := strings.Contains(string(b), "alertname: "+r.Alert+"\n")
		if tested == slices.Contains(plain, r.Alert) {
			t.Errorf("alert %s: tested is %t", r.Alert, tested)
		}
	}
}

func TestACollectorTakesItsConfiguration(t *testing.T) {
	t.Parallel()
	file, err := filepath.Abs(observe + "collector.yaml")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), built(t, "collector"), "validate", "--config", "file:"+file)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("the collector refuses collector.yaml: %v\n%s", err, out)
	}
}

// Prometheus looks for the containers that there are, at the port that they answer on.
func TestPrometheusLooksWhereTheContainersAre(t *testing.T) {
	t.Parallel()
	b, err := os.ReadFile(observe + "prometheus.yml")
	if err != nil {
		t.Fatal(err)
	}
	var config struct {
		Scrape []struct {
			Job string `yaml:"job_name"`
			DNS []struct {
				Names []string
				Port  int
			} `yaml:"dns_sd_configs"`
		} `yaml:"scrape_configs"`
	}
	if err := yaml.Unmarshal(b, &config); err != nil {
		t.Fatal(err)
	}
	if len(config.Scrape) != 1 || config.Scrape[0].Job != "rapport" || len(config.Scrape[0].DNS) != 1 {
		t.Fatalf("scraped is %+v, want the job rapport", config.Scrape)
	}
	compose, err := os.ReadFile("../../../docker-compose.yml")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Services map[string]struct{ Command any }
	}
	// A key beside a merged one replaces it.
	if err := yaml.UnmarshalWithOptions(compose, &file, yaml.AllowDuplicateMapKey()); err != nil {
		t.Fatal(err)
	}
	looked := config.Scrape[0].DNS[0]
	for name, s := range file.Services {
		var words []string
		if list, ok := s.Command.([]any); ok {
			for _, w := range list {
				words = append(words, fmt.Sprint(w))
			}
		}
		at := slices.Index(words, "--ops")
		if has := slices.Contains(looked.Names, name); has != (at >= 0) {
			t.Errorf("container %s: looked for is %t, and it has --ops: %t", name, has, at >= 0)
		}
		if at >= 0 && !regexp.MustCompile(`:8081$`).MatchString(words[at+1]) || looked.Port != 8081 {
			t.Errorf("container %s answers on %s, and is looked for on %d", name, words[at+1], looked.Port)
		}
	}
}
