package services_test

import (
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
)

// object is what these tests need of a Kubernetes object; that the rest of it is right is for deploycheck, which has the
// real types.
type object struct {
	Kind     string `yaml:"kind"`
	Metadata struct {
		Name        string            `yaml:"name"`
		Annotations map[string]string `yaml:"annotations"`
	} `yaml:"metadata"`
	Data map[string]string `yaml:"data"`
	Spec objectSpec        `yaml:"spec"`
}

type objectSpec struct {
	Strategy struct {
		RollingUpdate struct {
			MaxUnavailable any `yaml:"maxUnavailable"`
		} `yaml:"rollingUpdate"`
	} `yaml:"strategy"`
	Template struct {
		Spec podSpec `yaml:"spec"`
	} `yaml:"template"`
	SessionAffinity       string `yaml:"sessionAffinity"`
	ExternalTrafficPolicy string `yaml:"externalTrafficPolicy"`
	MaxReplicaCount       int    `yaml:"maxReplicaCount"`
	Triggers              []struct {
		Type     string            `yaml:"type"`
		Metadata map[string]string `yaml:"metadata"`
	} `yaml:"triggers"`
	Endpoints []struct {
		Path string `yaml:"path"`
	} `yaml:"endpoints"`
	Egress []struct {
		To []struct {
			IPBlock struct{ Except []string } `yaml:"ipBlock"`
		} `yaml:"to"`
		Ports []struct{ Port any } `yaml:"ports"`
	} `yaml:"egress"`
}

type podSpec struct {
	Grace           int64          `yaml:"terminationGracePeriodSeconds"`
	Token           *bool          `yaml:"automountServiceAccountToken"`
	Spread          []any          `yaml:"topologySpreadConstraints"`
	SecurityContext map[string]any `yaml:"securityContext"`
	Containers      []podContainer `yaml:"containers"`
	Volumes         []struct {
		Name      string `yaml:"name"`
		ConfigMap struct {
			Items []struct{ Key, Path string } `yaml:"items"`
		} `yaml:"configMap"`
		Secret struct {
			Name  string                       `yaml:"secretName"`
			Items []struct{ Key, Path string } `yaml:"items"`
		} `yaml:"secret"`
	} `yaml:"volumes"`
}

type podContainer struct {
	Args []string `yaml:"args"`
	Env  []struct {
		Name      string         `yaml:"name"`
		Value     string         `yaml:"value"`
		ValueFrom map[string]any `yaml:"valueFrom"`
	} `yaml:"env"`
	EnvFrom []struct {
		Prefix    string                `yaml:"prefix"`
		SecretRef struct{ Name string } `yaml:"secretRef"`
	} `yaml:"envFrom"`
	VolumeMounts []struct {
		Name      string `yaml:"name"`
		MountPath string `yaml:"mountPath"`
		ReadOnly  bool   `yaml:"readOnly"`
	} `yaml:"volumeMounts"`
	Ports []struct {
		Name          string `yaml:"name"`
		ContainerPort int    `yaml:"containerPort"`
	} `yaml:"ports"`
	Startup   probe `yaml:"startupProbe"`
	Liveness  probe `yaml:"livenessProbe"`
	Readiness probe `yaml:"readinessProbe"`
	Lifecycle struct {
		PreStop struct {
			Sleep struct {
				Seconds int64 `yaml:"seconds"`
			} `yaml:"sleep"`
		} `yaml:"preStop"`
	} `yaml:"lifecycle"`
	Resources struct {
		Limits map[string]string `yaml:"limits"`
	} `yaml:"resources"`
	SecurityContext struct {
		ReadOnly     bool                `yaml:"readOnlyRootFilesystem"`
		Escalation   *bool               `yaml:"allowPrivilegeEscalation"`
		Capabilities map[string][]string `yaml:"capabilities"`
	} `yaml:"securityContext"`
}

type probe struct {
	HTTPGet struct {
		Path string `yaml:"path"`
		Port string `yaml:"port"`
	} `yaml:"httpGet"`
}

// run is how a container starts the program.
func (c podContainer) run() run {
	var variables []string
	for _, e := range c.Env {
		variables = append(variables, e.Name)
	}
	return parseRun(c.Args, variables)
}

// valueSets are the values that the chart is tested with, as arguments of helm: its own, and each of deploy/chart/ci.
func valueSets(t *testing.T) map[string][]string {
	t.Helper()
	files, err := filepath.Glob("../deploy/chart/ci/*-values.yaml")
	if err != nil || len(files) < 3 {
		t.Fatalf("deploy/chart/ci has %v (%v)", files, err)
	}
	sets := map[string][]string{"default": nil}
	for _, f := range files {
		sets[strings.TrimSuffix(filepath.Base(f), "-values.yaml")] = []string{"--values", strings.TrimPrefix(f, "../")}
	}
	return sets
}

// render returns the manifests that helm makes of the chart.
func render(t *testing.T, args ...string) string {
	t.Helper()
	out, said, err := helm(t, append([]string{"template", "shop", "deploy/chart", "--kube-version", kubeVersion}, args...)...)
	if err != nil {
		t.Fatalf("helm template %v: %v: %s", args, err, said)
	}
	return out
}

func objects(t *testing.T, manifests string) []object {
	t.Helper()
	var all []object
	for document := range strings.SplitSeq(manifests, "\n---") {
		var o object
		if err := yaml.Unmarshal([]byte(document), &o); err != nil {
			t.Fatalf("%v\n%s", err, document)
		}
		if o.Kind != "" {
			all = append(all, o)
		}
	}
	return all
}

// eachSet runs a test with the objects of each set of values.
func eachSet(t *testing.T, test func(t *testing.T, all []object)) {
	t.Helper()
	for name, args := range valueSets(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, objects(t, render(t, args...)))
		})
	}
}

// pods are the pods of a release by the service that they run, which each must name alone.
func pods(t *testing.T, all []object) map[string]podSpec {
	t.Helper()
	found := map[string]podSpec{}
	for _, o := range all {
		if o.Kind != "Deployment" {
			continue
		}
		services := o.Spec.Template.Spec.Containers[0].run().services()
		if len(services) != 1 || o.Metadata.Name != "shop-rapport-"+services[0] {
			t.Errorf("%s runs %v", o.Metadata.Name, services)
		}
		found[services[0]] = o.Spec.Template.Spec
	}
	return found
}

// TestChartIsWellMade: helm has nothing to say against the chart, and Kubernetes nothing against what it renders.
func TestChartIsWellMade(t *testing.T) {
	t.Parallel()
	for name, args := range valueSets(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			lint := append([]string{"lint", "deploy/chart", "--strict", "--quiet", "--kube-version", kubeVersion}, args...)
			if out, said, err := helm(t, lint...); err != nil {
				t.Errorf("helm lint: %v\n%s%s", err, out, said)
			}
			if found := deploycheck(t, render(t, args...), nil, "manifests"); len(found) > 0 {
				t.Error(strings.Join(found, ""))
			}
		})
	}
}

// TestChartSpeaksTheProgramsLanguage: the flags and variables of the containers are ones that the program reads, each is
// given only the secrets that it needs, and every service has its pods unless values leave it out.
func TestChartSpeaksTheProgramsLanguage(t *testing.T) {
	t.Parallel()
	p := readProgram(t)
	p.variables = append(p.variables, "GODEBUG") // Go's, which a set of values adds.
	eachSet(t, func(t *testing.T, all []object) {
		running := pods(t, all)
		for service, pod := range running {
			c := pod.Containers[0]
			c.run().check(t, service, p)
			for _, from := range c.EnvFrom {
				if from.Prefix != "RAPPORT_SECRET_" || !slices.Contains([]string{"ingest", "mailer", "caller"}, service) {
					t.Errorf("%s takes variables with %q from a secret", service, from.Prefix)
				}
			}
		}
		for _, service := range runnable(t) {
			_, runs := running[service]
			if leftOut := []string{"catcher", "texter", "listener", "postmaster"}; !runs && !slices.Contains(leftOut, service) {
				t.Errorf("nothing runs %s", service)
			}
		}
	})
}

// TestChartAsksWhereTheProgramAnswers: ports are those that the program listens on, and probes ask what it answers.
func TestChartAsksWhereTheProgramAnswers(t *testing.T) {
	t.Parallel()
	p := readProgram(t)
	eachSet(t, func(t *testing.T, all []object) {
		for service, pod := range pods(t, all) {
			c := pod.Containers[0]
			listens := append(c.run().listens(), c.run().flags["ops"])
			for _, port := range c.Ports {
				if !slices.Contains(listens, ":"+strconv.Itoa(port.ContainerPort)) || (port.Name == "ops") != (port.ContainerPort == 8081) {
					t.Errorf("%s: the port %s is %d, and the program listens on %v", service, port.Name, port.ContainerPort, listens)
				}
			}
			if len(c.Ports) != len(listens) {
				t.Errorf("%s has the ports %v, and the program listens on %v", service, c.Ports, listens)
			}
			for asks, pr := range map[string]probe{"/healthz": c.Startup, "/healthz ": c.Liveness, "/readyz": c.Readiness} {
				if pr.HTTPGet.Path != strings.TrimSpace(asks) || pr.HTTPGet.Port != "ops" || !slices.Contains(p.paths, pr.HTTPGet.Path) {
					t.Errorf("%s is asked for %q at %q; it answers %v", service, pr.HTTPGet.Path, pr.HTTPGet.Port, p.paths)
				}
			}
		}
		for _, o := range all {
			for _, e := range o.Spec.Endpoints {
				if !slices.Contains(p.paths, e.Path) {
					t.Errorf("%s fetches %s; the program answers %v", o.Metadata.Name, e.Path, p.paths)
				}
			}
		}
	})
}

// TestChartLetsProcessesFinish: a pod is killed later than the program needs to stop, whose memory is bounded below the
// container's, and an upgrade takes nobody away before there is another.
func TestChartLetsProcessesFinish(t *testing.T) {
	t.Parallel()
	p := readProgram(t)
	eachSet(t, func(t *testing.T, all []object) {
		for service, pod := range pods(t, all) {
			c := pod.Containers[0]
			needs := p.drain + time.Duration(c.Lifecycle.PreStop.Sleep.Seconds)*time.Second + 5*time.Second
			if grace := time.Duration(pod.Grace) * time.Second; grace < needs {
				t.Errorf("%s is killed after %s, and needs %s", service, grace, needs)
			}
			limit := memory(t, c.Resources.Limits["memory"])
			for _, e := range c.Env {
				if e.Name != "GOMEMLIMIT" {
					continue
				}
				if soft := memory(t, e.Value); soft > limit*9/10 || soft < limit/2 {
					t.Errorf("%s: GOMEMLIMIT is %d of the %d bytes that it has: keep about four fifths", service, soft, limit)
				}
			}
		}
		for _, o := range all {
			if o.Kind == "Deployment" && o.Spec.Strategy.RollingUpdate.MaxUnavailable != uint64(0) {
				t.Errorf("an upgrade may take %v pods of %s away", o.Spec.Strategy.RollingUpdate.MaxUnavailable, o.Metadata.Name)
			}
		}
	})
}

// TestChartConfinesPods: no token, no root, no capabilities, nothing written to the image; secrets by reference only.
func TestChartConfinesPods(t *testing.T) {
	t.Parallel()
	eachSet(t, func(t *testing.T, all []object) {
		for service, pod := range pods(t, all) {
			s := pod.Containers[0].SecurityContext
			if pod.Token == nil || *pod.Token || pod.SecurityContext["runAsNonRoot"] != true || pod.SecurityContext["seccompProfile"] == nil ||
				!s.ReadOnly || s.Escalation == nil || *s.Escalation || !slices.Equal(s.Capabilities["drop"], []string{"ALL"}) {
				t.Errorf("%s is not confined: %+v %+v", service, pod.SecurityContext, s)
			}
			for _, e := range pod.Containers[0].Env {
				secret := slices.ContainsFunc([]string{"KEYS", "PASSWORD", "TOKEN", "STORE_URL", "USERNAME", "_SID", "SECRET", "STRANGERS", "_KEY"}, func(part string) bool {
					return strings.Contains(e.Name, part) && !strings.HasPrefix(e.Value, "/etc/rapport/") // There a secret is mounted.
				})
				if secret && (e.Value != "" || e.ValueFrom["secretKeyRef"] == nil) {
					t.Errorf("%s: %s is no reference to a secret", service, e.Name)
				}
			}
		}
		for _, o := range all {
			if o.Kind == "Secret" {
				t.Errorf("the chart makes a secret, %s", o.Metadata.Name)
			}
		}
	})
}

// TestChartSurvivesNodes: each service may lose one pod at a time, and is spread.
func TestChartSurvivesNodes(t *testing.T) {
	t.Parallel()
	all := objects(t, render(t))
	running := pods(t, all)
	budgets := map[string]bool{}
	for _, o := range all {
		if o.Kind == "PodDisruptionBudget" {
			budgets[strings.TrimPrefix(o.Metadata.Name, "shop-rapport-")] = true
		}
	}
	if !maps.Equal(budgets, func() map[string]bool {
		want := map[string]bool{}
		for service := range running {
			want[service] = true
		}
		return want
	}()) {
		t.Errorf("there are budgets for %v, and pods of %v", slices.Sorted(maps.Keys(budgets)), slices.Sorted(maps.Keys(running)))
	}
	for service, pod := range running {
		if len(pod.Spread) != 2 {
			t.Errorf("%s is spread by %d rules, want zones and nodes", service, len(pod.Spread))
		}
	}
}
