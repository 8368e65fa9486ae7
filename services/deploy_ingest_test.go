package services_test

import (
	"encoding/json"
	"go/ast"
	"go/constant"
	"go/parser"
	"go/token"
	"go/types"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

// doorSource are the files of the command that say what is taken over HTTP and which feeds are read.
func doorSource(t *testing.T) []*ast.File {
	t.Helper()
	var files []*ast.File
	for _, name := range []string{"doors.go", "feeds.go"} {
		f, err := parser.ParseFile(token.NewFileSet(), filepath.Join("rapport", name), nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, f)
	}
	return files
}

// TestDeployGivesIngestItsVariables: what the door and the feeds read from the environment can be set in the compose file
// and by values of the chart.
func TestDeployGivesIngestItsVariables(t *testing.T) {
	t.Parallel()
	var reads []string
	for _, f := range doorSource(t) {
		reads = append(reads, slices.DeleteFunc(argumentsOf(f, 0), func(s string) bool { return !variable.MatchString(s) })...)
	}
	if len(reads) < 6 {
		t.Fatalf("the door reads %v: its source is not written as this test reads it", reads)
	}
	for where, given := range map[string][]string{
		"docker-compose.yml":   readCompose(t).Services["ingest"].run().variables,
		"production-values":    chartIngest(t, "--values", "deploy/chart/ci/production-values.yaml").run().variables,
		"caught-values":        chartIngest(t, "--values", "deploy/chart/ci/caught-values.yaml").run().variables,
		"the feeds of a value": chartIngest(t, "--set", "ingest.feeds.urls={https://shop.example/a.xml}").run().variables,
	} {
		for _, v := range reads {
			if !slices.Contains(given, v) {
				t.Errorf("%s: ingest is not given %s", where, v)
			}
		}
	}
	if given := chartIngest(t).run().variables; slices.ContainsFunc(given, func(v string) bool { return strings.HasPrefix(v, "RAPPORT_FEED") }) {
		t.Errorf("without feeds ingest is given %v", given)
	}
}

// chartIngest is the container of ingest.
func chartIngest(t *testing.T, args ...string) podContainer {
	t.Helper()
	return pods(t, objects(t, render(t, args...)))["ingest"].Containers[0]
}

// TestChartGivesTheWorkspace: every service that goes by the workspace has it mounted, as each of the ways to give
// one says, and is told where; the others are not.
func TestChartGivesTheWorkspace(t *testing.T) {
	t.Parallel()
	for _, set := range []string{"workspace.claim=shop", "workspace.image.reference=shop:1", "workspace.files.rapport\\.yaml=x", "workspace.claim="} {
		t.Run(set, func(t *testing.T) {
			t.Parallel()
			for service, pod := range pods(t, objects(t, render(t, "--set", set))) {
				c, want := pod.Containers[0], set != "workspace.claim=" && pod.Containers[0].run().readsWorkspace()
				told, mounted, volume := c.run().flags["workspace"] == "/workspace", false, false
				for _, m := range c.VolumeMounts {
					mounted = mounted || m.Name == "workspace" && m.MountPath == "/workspace" && m.ReadOnly
				}
				for _, v := range pod.Volumes {
					volume = volume || v.Name == "workspace"
				}
				if told != want || mounted != want || volume != want {
					t.Errorf("%s is told of the workspace: %t, has it mounted: %t, has its volume: %t; want %t", service, told, mounted, volume, want)
				}
			}
		})
	}
}

// TestChartGivesSecretsOfFiles: secrets that files of the workspace name go to the service that reads these files, from the
// secret that its value names, and to no other.
func TestChartGivesSecretsOfFiles(t *testing.T) {
	t.Parallel()
	const apart = "catcher.enabled=false,portal.url=https://n.example,texter.enabled=false,"
	for set, want := range map[string]map[string]string{
		"ingest.sources.secrets.existingSecret=a":                                                                          {"ingest": "a"},
		apart + "mailer.smtp.address=m:25,caller.webhooks.secrets.existingSecret=b":                                        {"caller": "b"},
		apart + "mailer.providers.enabled=true,mailer.providers.secrets.existingSecret=c":                                  {"mailer": "c"},
		"mailer.providers.enabled=true,mailer.providers.secrets.existingSecret=c,caller.webhooks.secrets.existingSecret=b": {}, // Caught.
	} {
		t.Run(set, func(t *testing.T) {
			t.Parallel()
			given := map[string]string{}
			for service, pod := range pods(t, objects(t, render(t, "--set", set))) {
				for _, from := range pod.Containers[0].EnvFrom {
					given[service] += from.SecretRef.Name
				}
			}
			if !maps.Equal(given, want) {
				t.Errorf("secrets are given to %v, want %v", given, want)
			}
		})
	}
}

// TestChartLetsFeedsThrough: ingest reaches the web only where it reads feeds, and private networks only where it may.
func TestChartLetsFeedsThrough(t *testing.T) {
	t.Parallel()
	const feed = "ingest.feeds.urls={https://shop.example/a.xml}"
	for set, want := range map[string]string{
		"ingest.feeds.allowPrivate=true":              "nowhere",
		feed:                                          "public",
		"ingest.feeds.existingSecret=feeds":           "public",
		feed + ",ingest.feeds.allowPrivate=true":      "everywhere",
		feed + ",caller.webhooks.allowPrivate=true":   "public",
		feed + ",networkPolicy.web.ports={80,443,88}": "public",
	} {
		t.Run(set, func(t *testing.T) {
			t.Parallel()
			web := "nowhere"
			for _, o := range objects(t, render(t, "--set", set)) {
				if o.Kind != "NetworkPolicy" || o.Metadata.Name != "shop-rapport-ingest" {
					continue
				}
				for _, rule := range o.Spec.Egress {
					switch {
					case len(rule.Ports) < 2 || rule.Ports[1].Port != uint64(443):
					case len(rule.To) == 0:
						web = "everywhere"
					case len(rule.To) == 2 && slices.Contains(rule.To[0].IPBlock.Except, "10.0.0.0/8") && slices.Contains(rule.To[1].IPBlock.Except, "fc00::/7"):
						web = "public"
					}
				}
			}
			if web != want {
				t.Errorf("ingest reaches %s of the web, want %s", web, want)
			}
		})
	}
}

// TestChartLimitsFollowTheProgram: the limits of values.yaml are those that the program has without any.
func TestChartLimitsFollowTheProgram(t *testing.T) {
	t.Parallel()
	var values struct {
		Ingest struct {
			Limits map[string]int64
		}
	}
	if err := yaml.Unmarshal([]byte(readRoot(t, "deploy/chart/values.yaml")), &values); err != nil {
		t.Fatal(err)
	}
	has := map[string]int64{}
	for _, f := range doorSource(t) {
		ast.Inspect(f, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || called(call) != "number" {
				return true
			}
			value, err := types.Eval(token.NewFileSet(), nil, token.NoPos, types.ExprString(call.Args[1]))
			if err != nil {
				t.Fatal(err)
			}
			name := strings.ToLower(strings.TrimPrefix(strings.TrimPrefix(stringsIn(call.Args[0])[0], "RAPPORT_"), "MAX_"))
			has[name], _ = constant.Int64Val(value.Value)
			return true
		})
	}
	if !maps.Equal(values.Ingest.Limits, has) || len(has) != 3 {
		t.Errorf("values.yaml has the limits %v, and the program %v", values.Ingest.Limits, has)
	}
	var schema struct {
		Properties struct {
			Ingest struct {
				Properties struct {
					Limits struct {
						Properties map[string]struct{ Minimum, Maximum int64 }
					}
				}
			}
		}
	}
	if err := json.Unmarshal([]byte(readRoot(t, "deploy/chart/values.schema.json")), &schema); err != nil {
		t.Fatal(err)
	}
	// Which the program says where it refuses more.
	most := schema.Properties.Ingest.Properties.Limits.Properties
	if text := readRoot(t, "services/rapport/doors.go"); !strings.Contains(text, "at most "+strconv.FormatInt(most["event"].Maximum, 10)) ||
		!strings.Contains(text, "f.maxEvent < "+strconv.FormatInt(most["event"].Minimum, 10)+" ") || !strings.Contains(text, "const most = 64 << 20\n") || most["batch"].Maximum != 64<<20 {
		t.Errorf("the schema has the bounds %v; the program has others", most)
	}
}
