package services_test

import (
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

// TestChartScalesOnWhatIsMeasured: the metrics that pods are added by exist, of consumers that exist, and there are never
// more orchestrators than partitions.
func TestChartScalesOnWhatIsMeasured(t *testing.T) {
	t.Parallel()
	p := readProgram(t)
	metric := regexp.MustCompile(`[a-z]+(_[a-z]+)+`)
	consumers := regexp.MustCompile(`consumer=~?"([^"]+)"`)
	scaled, queried := map[string]bool{}, 0
	for _, o := range objects(t, render(t, "--values", "deploy/chart/ci/production-values.yaml")) {
		switch o.Kind {
		case "ScaledObject", "HorizontalPodAutoscaler":
			scaled[strings.TrimPrefix(o.Metadata.Name, "shop-rapport-")] = true
		}
		for _, trigger := range o.Spec.Triggers {
			query := trigger.Metadata["query"]
			if query == "" {
				continue
			}
			queried++
			name := metric.FindString(query)
			if !slices.Contains(p.metrics, name) {
				t.Errorf("%s asks for %q, which is none of %v", o.Metadata.Name, name, p.metrics)
			}
			for _, m := range consumers.FindAllStringSubmatch(query, -1) {
				for consumer := range strings.SplitSeq(m[1], "|") {
					if !slices.Contains(p.durables, consumer) {
						t.Errorf("%s asks for the consumer %q, which is none of %v", o.Metadata.Name, consumer, p.durables)
					}
				}
			}
			if !strings.Contains(query, `namespace="default"`) || trigger.Metadata["ignoreNullValues"] != "false" {
				t.Errorf("%s: %q counts other releases too, or takes silence for nothing to do", o.Metadata.Name, query)
			}
		}
	}
	if want := slices.DeleteFunc(runnable(t), func(s string) bool { return s == "catcher" }); !slices.Equal(slices.Sorted(maps.Keys(scaled)), want) {
		t.Errorf("%v are scaled, want %v", slices.Sorted(maps.Keys(scaled)), want)
	}
	if queried != 4 { // Doors are called, and nothing waits for them.
		t.Errorf("%d services are scaled by what waits, want 4", queried)
	}
}

// TestChartIsWatchedByTheAlerts: the job that the alerts select is the one that the ServiceMonitor makes, out of the label
// that it names.
func TestChartIsWatchedByTheAlerts(t *testing.T) {
	t.Parallel()
	manifests := render(t, "--values", "deploy/chart/ci/production-values.yaml")
	jobs := regexp.MustCompile(`job="([^"]+)"`).FindAllStringSubmatch(readRoot(t, "deploy/observe/alerts.yml"), -1)
	if len(jobs) == 0 || !strings.Contains(manifests, "jobLabel: app.kubernetes.io/name\n") {
		t.Fatal("the alerts select no job, or the monitor names none")
	}
	for _, job := range jobs {
		if !strings.Contains(manifests, "app.kubernetes.io/name: "+job[1]+"\n") {
			t.Errorf("an alert selects the job %s, which is not the one of the chart", job[1])
		}
	}
}

// TestChartRefuses: values that contradict each other, or that nothing reads, end with what to change.
func TestChartRefuses(t *testing.T) {
	t.Parallel()
	for set, want := range map[string]string{
		"mailer.smpt.address=mail:25": "smpt",
		"catcher.enabled=false":       "set mailer.smtp.address",
		"catcher.enabled=false,mailer.smtp.address=m:25,portal.url=https://n.example":  "set texter.twilio.existingSecret",
		"catcher.enabled=false,mailer.smtp.address=m:25,mailer.providers.enabled=true": "Mail servers are named once",
		"ingest.feeds.urls={https://a.example/a},ingest.feeds.existingSecret=b":        "Product feeds are named once",
		"catcher.enabled=false,mailer.providers.enabled=true":                          "portal.url is http://localhost:8082",
		"ingest.feeds.urls={ftp://shop.example/a}":                                     "/ingest/feeds/urls",
		"ingest.feeds.every=30s":                                 "/ingest/feeds/every",
		"ingest.limits.event=1":                                  "/ingest/limits/event",
		"ingest.limits.batch=2000":                               "ingest.limits.batch is 2000",
		"listener.enabled=true":                                  "set listener.providers.existingSecret",
		"postmaster.enabled=true":                                "set inbound.bounceDomain",
		"postmaster.forward.to=a@b.example":                      "belong together",
		"mailer.track={none,opens}":                              "none stands alone",
		"mailer.track={hovers}":                                  "/mailer/track",
		"portal.url=https://news.example/":                       "/portal/url",
		"portal.trustedProxies={everybody}":                      "/portal/trustedProxies",
		"workspace.claim=a,workspace.image.reference=b":          "set only one of",
		"orchestrator.autoscaling.max=17":                        "there are 16 partitions",
		"autoscaling.enabled=false,autoscaling.lag.enabled=true": "set both",
		"rollout.preStopSeconds=20":                              "rollout.terminationGracePeriodSeconds",
		"nats.replicas=2":                                        "/nats/replicas",
		"nats.url=nats:4222":                                     "/nats/url",
		"nats.partitions=2000":                                   "/nats/partitions",
		"mailer.smtp.tls=yes":                                    "/mailer/smtp/tls",
		"ingest.resources=null":                                  "/ingest",
	} {
		t.Run(set, func(t *testing.T) {
			t.Parallel()
			out, said, err := helm(t, "template", "shop", "deploy/chart", "--kube-version", kubeVersion, "--set", set)
			if err == nil || !strings.Contains(said, want) {
				t.Errorf("helm says %q (%v), want %q; it renders %d bytes", said, err, want, len(out))
			}
		})
	}
}

// TestChartSchemaFollowsTheProgram: what the schema allows is what the program takes.
func TestChartSchemaFollowsTheProgram(t *testing.T) {
	t.Parallel()
	source := readRoot(t, "services/rapport/flags.go")
	limit := regexp.MustCompile(`maxPartitions = (\d+)`).FindStringSubmatch(source)
	schema := readRoot(t, "deploy/chart/values.schema.json")
	if limit == nil || !strings.Contains(schema, `"partitions": {"type": "integer", "minimum": 1, "maximum": `+limit[1]+`}`) {
		t.Errorf("the program takes %v partitions; the schema says otherwise", limit)
	}
	for _, tls := range []string{"opportunistic", "mandatory", "implicit", "none"} {
		if !strings.Contains(source, strconv.Quote(tls)) || !strings.Contains(schema, strconv.Quote(tls)) {
			t.Errorf("%s is no --smtp-tls, or not in the schema", tls)
		}
	}
}

// TestChartValuesAreWhole: values.yaml has every value that the schema knows, so that whoever reads it has read all, and
// every value has a comment above it or above its group.
func TestChartValuesAreWhole(t *testing.T) {
	t.Parallel()
	var schema map[string]any
	if err := json.Unmarshal([]byte(readRoot(t, "deploy/chart/values.schema.json")), &schema); err != nil {
		t.Fatal(err)
	}
	text := readRoot(t, "deploy/chart/values.yaml")
	var values map[string]any
	if err := yaml.Unmarshal([]byte(text), &values); err != nil {
		t.Fatal(err)
	}
	var walk func(at string, s, v map[string]any)
	walk = func(at string, s, v map[string]any) {
		properties, _ := s["properties"].(map[string]any)
		for name, sub := range properties {
			value, there := v[name]
			if !there && at+name != ".global" { // Helm's own.
				t.Errorf("values.yaml lacks %s%s", at, name)
			}
			below, isMap := value.(map[string]any)
			if fields, isObject := sub.(map[string]any); isObject && isMap {
				walk(at+name+".", fields, below)
			}
		}
	}
	walk(".", schema, values)
	commented := false
	for line := range strings.Lines(text) {
		switch {
		case strings.TrimSpace(line) == "":
			commented = false
		case strings.HasPrefix(strings.TrimSpace(line), "#"):
			commented = true
		case !commented && !strings.HasPrefix(line, " "):
			t.Errorf("nothing says what this group is: %s", strings.TrimSpace(line))
			commented = true
		}
	}
}

// TestDeploycheckFindsMistakes: the checker that the other tests rely on finds what is planted.
func TestDeploycheckFindsMistakes(t *testing.T) {
	t.Parallel()
	manifests := render(t, "--values", "deploy/chart/ci/production-values.yaml")
	for name, tt := range map[string]struct{ old, mistake, want string }{
		"a field that does not exist":    {"readinessProbe:", "readynessProbe:", `unknown field "readynessProbe"`},
		"another type":                   {"maxSurge: 1", "maxSurge: [1]", "cannot unmarshal"},
		"an unknown kind":                {"kind: PodDisruptionBudget", "kind: PodDisruption", "is not known"},
		"a port that is not there":       {"targetPort: http", "targetPort: https", "leads to the port https"},
		"a probe of no port":             {"path: /readyz, port: ops", "path: /readyz, port: ready", "a probe asks a port"},
		"a label that is none":           {"app.kubernetes.io/component: mailer", "app.kubernetes.io/component: the mailer", "a valid label must be"},
		"an account that is not there":   {"serviceAccountName: shop-rapport", "serviceAccountName: shop", "there is no service account shop"},
		"a scaler of nothing":            {"kind: Deployment\n    name: shop-rapport-ingest", "kind: Deployment\n    name: shop-rapport-door", "scales shop-rapport-door"},
		"a mount without a volume":       {"- name: tmp\n              mountPath", "- name: temp\n              mountPath", "mounts temp"},
		"a KEDA field that is none":      {"maxReplicaCount:", "maxReplicas:", `unknown field "maxReplicas"`},
		"a monitor of a port that is no": {"port: ops\n      path: /metrics", "port: metrics\n      path: /metrics", "asks the port metrics"},
		"requests above limits":          {"memory: 128Mi", "memory: 1280Mi", "asks for more memory"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			planted := strings.Replace(manifests, tt.old, tt.mistake, 1)
			if planted == manifests {
				t.Fatalf("the manifests have no %q", tt.old)
			}
			if found := strings.Join(deploycheck(t, planted, nil, "manifests"), ""); !strings.Contains(found, tt.want) {
				t.Errorf("it finds %q, want %q", found, tt.want)
			}
		})
	}
}

// TestChartSendsVisitorsToOnePod: what one address asks the portal for goes to one pod, within the cluster and from outside,
// and who comes from outside keeps the address.
func TestChartSendsVisitorsToOnePod(t *testing.T) {
	t.Parallel()
	const production = "deploy/chart/ci/production-values.yaml"
	seen := 0
	for _, o := range objects(t, render(t, "--values", production, "--set", "portal.service.type=LoadBalancer")) {
		name := strings.TrimPrefix(o.Metadata.Name, "shop-rapport-")
		switch {
		case o.Kind == "Service" && name == "portal":
			seen++
			if o.Spec.SessionAffinity != "ClientIP" || o.Spec.ExternalTrafficPolicy != "Local" {
				t.Errorf("the portal's service has the affinity %q and the policy %q", o.Spec.SessionAffinity, o.Spec.ExternalTrafficPolicy)
			}
		case o.Kind == "Service" && name == "postmaster":
			seen++
			if o.Spec.ExternalTrafficPolicy != "Local" {
				t.Error("all mail servers look like one, which may have few connections")
			}
		case o.Kind == "Ingress" && name == "portal":
			seen++
			if o.Metadata.Annotations["nginx.ingress.kubernetes.io/upstream-hash-by"] != "$remote_addr" {
				t.Errorf("the ingress has %v", o.Metadata.Annotations)
			}
		}
	}
	if seen != 3 {
		t.Errorf("%d of the two services and the ingress are there", seen)
	}
}
