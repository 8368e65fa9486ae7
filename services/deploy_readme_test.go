package services_test

import (
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

// commands are those of deploy/README.md, each in words; quotes are taken off.
func commands(t *testing.T) [][]string {
	t.Helper()
	var all [][]string
	for _, m := range regexp.MustCompile("(?ms)^```sh\n(.*?)^```$").FindAllStringSubmatch(readRoot(t, "deploy/README.md"), -1) {
		for line := range strings.Lines(m[1]) {
			all = append(all, words(line))
		}
	}
	if len(all) < 25 {
		t.Fatalf("deploy/README.md has %d commands", len(all))
	}
	return all
}

// words parts a line at blanks outside of single quotes.
func words(line string) []string {
	var all []string
	for i, part := range strings.Split(strings.TrimSpace(line), "'") {
		switch {
		case i%2 == 1 && len(all) > 0: // Quoted: the rest of the word that the quote began in, or one of its own.
			all[len(all)-1] += part
		default:
			fields := strings.Fields(part)
			if strings.HasSuffix(part, " ") {
				fields = append(fields, "")
			}
			all = append(all, fields...)
		}
	}
	return slices.DeleteFunc(all, func(w string) bool { return w == "" })
}

// TestDeployReadmeCommands: every command of deploy/README.md is run as far as that needs no engine and no cluster, and
// what it names is there.
func TestDeployReadmeCommands(t *testing.T) {
	t.Parallel()
	p := readProgram(t)
	for _, c := range commands(t) {
		t.Run(strings.Join(c[:min(len(c), 6)], " "), func(t *testing.T) {
			t.Parallel()
			switch c[0] {
			case "export":
				name, _, _ := strings.Cut(c[1], "=")
				if !strings.Contains(readRoot(t, "docker-compose.yml"), "${"+name+":?") {
					t.Errorf("docker-compose.yml does not ask for %s", name)
				}
			case "docker":
				tryDocker(t, p, c[1:])
			case "helm":
				tryHelm(t, c[1:])
			case "kubectl":
				tryKubectl(t, c[1:])
			case "bin/rapport":
				tryRapport(t, p, c[1:])
			case "go":
				tryKeys(t)
			default:
				t.Errorf("no test knows %v", c)
			}
		})
	}
}

// composeFlags are the flags of docker compose's commands (https://docs.docker.com/reference/cli/docker/compose/) that the
// page uses, and whether they take a value.
var composeFlags = map[string]map[string]bool{
	"up": {"--build": false, "--detach": false, "--wait": false, "--scale": true}, "ps": {}, "down": {}, "stop": {},
	"logs": {"--follow": false}, "exec": {"-T": false}, "run": {"--rm": false},
}

func tryDocker(t *testing.T, p program, args []string) {
	t.Helper()
	switch args[0] {
	case "build":
		if i := slices.Index(args, "-f"); i < 0 || args[len(args)-1] != "." || readRoot(t, args[i+1]) == "" {
			t.Errorf("builds from %v", args)
		}
		return
	case "push":
		return
	}
	c := readCompose(t)
	flags, known := composeFlags[args[1]]
	if args[0] != "compose" || !known && args[1] != "--profile" {
		t.Fatalf("no test knows docker %v", args)
	}
	rest := args[2:]
	if args[1] == "--profile" {
		if !slices.ContainsFunc(slices.Collect(maps.Values(c.Services)), func(s composeService) bool { return slices.Contains(s.Profiles, args[2]) }) {
			t.Errorf("no container has the profile %s", args[2])
		}
		tryDocker(t, p, append([]string{"compose"}, args[3:]...))
		return
	}
	for len(rest) > 0 && strings.HasPrefix(rest[0], "-") {
		takes, known := flags[rest[0]]
		if !known {
			t.Fatalf("docker compose %s has no %s that a test knows", args[1], rest[0])
		}
		if takes {
			name, n, _ := strings.Cut(rest[1], "=")
			if count, err := strconv.Atoi(n); err != nil || count < 2 || !c.Services[name].ours() || len(c.Services[name].Ports) > 0 {
				t.Errorf("--scale %s: there is no such service, or it has a port that only one can have", rest[1])
			}
			rest = rest[1:]
		}
		rest = rest[1:]
	}
	switch args[1] {
	case "exec", "run":
		if _, there := c.Services[rest[0]]; !there {
			t.Errorf("there is no container %s", rest[0])
		}
		if args[1] == "run" {
			tryRapport(t, p, rest[1:])
		}
	default:
		for _, name := range rest {
			if _, there := c.Services[name]; !there {
				t.Errorf("there is no container %s", name)
			}
		}
	}
}

// tryRapport looks up the command and its flags.
func tryRapport(t *testing.T, p program, args []string) {
	t.Helper()
	flags, known := p.flags[args[0]+"Command"]
	if !known {
		t.Fatalf("rapport has no command %s", args[0])
	}
	for _, arg := range args[1:] {
		if sub, below := p.flags[args[0]+strings.ToUpper(arg[:1])+arg[1:]+"Command"]; below {
			flags = sub // dkim new is dkimNewCommand.
		}
		if flag, isFlag := strings.CutPrefix(arg, "--"); isFlag && !slices.Contains(flags, flag) {
			t.Errorf("rapport %s has no flag %s", args[0], arg)
		}
	}
}

// tryHelm renders what would be installed; for commands about a release that exists, helm says whether their flags do.
func tryHelm(t *testing.T, args []string) {
	t.Helper()
	if args[0] != "-n" || args[1] != "shop" {
		t.Errorf("helm %v: in which namespace?", args)
	}
	args = args[2:]
	switch args[0] {
	case "upgrade":
		args = slices.DeleteFunc(args[1:], func(a string) bool { return a == "--install" || a == "--reset-then-reuse-values" })
		if found := deploycheck(t, readmeRelease(t, args...), nil, "manifests"); len(found) > 0 {
			t.Error(strings.Join(found, ""))
		}
		if out, _, err := helm(t, "upgrade", "--help"); err != nil || !strings.Contains(out, "--reset-then-reuse-values") || !strings.Contains(out, "--install") {
			t.Errorf("helm upgrade has other flags: %v", err)
		}
	case "history", "rollback":
		if _, said, err := helm(t, args[0], "--help"); err != nil || args[1] != "rapport" {
			t.Errorf("helm %v: %v: %s", args, err, said)
		}
	default:
		t.Errorf("no test knows helm %v", args)
	}
}

// readmeRelease is what an upgrade of the page puts into the cluster.
func readmeRelease(t *testing.T, args ...string) string {
	t.Helper()
	out, said, err := helm(t, append([]string{"template", "--namespace", "shop", "--kube-version", kubeVersion}, args...)...)
	if err != nil {
		t.Fatalf("helm template %v: %v: %s", args, err, said)
	}
	return out
}

// tryKubectl makes what would be made, without a cluster; what looks at objects has to name ones of the release.
func tryKubectl(t *testing.T, args []string) {
	t.Helper()
	if i := slices.Index(args, "create"); i >= 0 {
		kubectl, err := exec.LookPath("kubectl")
		if err != nil {
			t.Skip("kubectl is not here")
		}
		cmd := exec.CommandContext(t.Context(), kubectl, append(args, "--dry-run=client", "--output=name")...)
		cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir()}
		if line := strings.Join(args, " "); strings.Contains(line, "keys") {
			cmd.Dir = tryKeys(t)
			if err := os.Mkdir(filepath.Join(cmd.Dir, "dkim-keys"), 0o700); err != nil {
				t.Fatal(err)
			}
		}
		if out, said, err := capture(cmd); err != nil || !regexp.MustCompile(`^(secret|namespace)/`).MatchString(out) {
			t.Errorf("kubectl %v: %v: %s%s", args, err, out, said)
		}
		return
	}
	all := objects(t, readmeRelease(t, "rapport", "deploy/chart"))
	at := slices.IndexFunc(args, func(a string) bool { return strings.Contains(a, "/") })
	if at < 0 {
		t.Fatalf("no test knows kubectl %v", args)
	}
	kind, name, _ := strings.Cut(args[at], "/")
	if !slices.ContainsFunc(all, func(o object) bool { return strings.EqualFold(o.Kind, kind) && o.Metadata.Name == name }) {
		t.Errorf("the chart makes no %s", args[at])
	}
	if at+1 < len(args) {
		_, port, _ := strings.Cut(args[at+1], ":")
		if !strings.Contains(readmeRelease(t, "rapport", "deploy/chart"), "port: "+port+"\n") {
			t.Errorf("%s has no port %s", args[at], port)
		}
	}
}

// tryKeys runs the page's `go run` somewhere else, and returns where.
func tryKeys(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, c := range commands(t) {
		if c[0] != "go" {
			continue
		}
		args := slices.Clone(c[1:])
		args[slices.Index(args, "--dir")+1] = filepath.Join(dir, "keys")
		cmd := exec.CommandContext(t.Context(), "go", args...)
		cmd.Dir = ".."
		if _, said, err := capture(cmd); err != nil {
			t.Fatalf("%v: %v: %s", c, err, said)
		}
		return dir
	}
	t.Fatal("deploy/README.md makes no keys")
	return ""
}

// TestDeployReadmeNamesSecrets: the secrets that the values name are those that the page makes, with their keys.
func TestDeployReadmeNamesSecrets(t *testing.T) {
	t.Parallel()
	made := map[string][]string{}
	for _, c := range commands(t) {
		i := slices.Index(c, "generic")
		if i < 0 {
			continue
		}
		for _, arg := range c[i+2:] {
			if literal, ok := strings.CutPrefix(arg, "--from-literal="); ok {
				key, _, _ := strings.Cut(literal, "=")
				made[c[i+1]] = append(made[c[i+1]], key)
			}
			if file, ok := strings.CutPrefix(arg, "--from-file="); ok {
				key, _, _ := strings.Cut(file, "=")
				made[c[i+1]] = append(made[c[i+1]], filepath.Base(key))
			}
		}
	}
	for _, c := range commands(t) {
		if i := slices.Index(c, "tls"); i > 0 && c[i-1] == "secret" {
			made[c[i+1]] = []string{"tls.crt", "tls.key"}
		}
	}
	for service, pod := range pods(t, objects(t, render(t, "--values", "deploy/chart/ci/production-values.yaml"))) {
		for _, e := range pod.Containers[0].Env {
			ref, ok := e.ValueFrom["secretKeyRef"].(map[string]any)
			if !ok {
				continue
			}
			name, _ := ref["name"].(string)
			key, _ := ref["key"].(string)
			if !slices.Contains(made[name], key) && ref["optional"] != true {
				t.Errorf("%s needs the key %s of the secret %s, which deploy/README.md does not make", service, key, name)
			}
		}
		for _, from := range pod.Containers[0].EnvFrom {
			if len(made[from.SecretRef.Name]) == 0 {
				t.Errorf("%s takes variables from the secret %s, which deploy/README.md does not make", service, from.SecretRef.Name)
			}
		}
		for _, v := range pod.Volumes {
			keys, mounted := made[v.Secret.Name]
			if v.Secret.Name != "" && !mounted {
				t.Errorf("%s mounts the secret %s, which deploy/README.md does not make", service, v.Secret.Name)
			}
			for _, item := range v.Secret.Items {
				if !slices.Contains(keys, item.Key) {
					t.Errorf("%s mounts the key %s of the secret %s, which has %v", service, item.Key, v.Secret.Name, keys)
				}
			}
		}
	}
}

// TestDeployReadmeCountsConnections: the connections that the page counts are those of the chart's values and of the
// store's pool, and the compose file's database has room for its containers.
func TestDeployReadmeCountsConnections(t *testing.T) {
	t.Parallel()
	type scaled struct{ Autoscaling struct{ Max int } }
	var values struct {
		Processors   int
		Orchestrator scaled
		Mailer       scaled
		Texter       scaled
		Caller       scaled
		Portal       scaled
		Listener     scaled
		Postmaster   scaled
	}
	if err := yaml.Unmarshal([]byte(readRoot(t, "deploy/chart/values.yaml")), &values); err != nil {
		t.Fatal(err)
	}
	source, err := filepath.Glob("../pkg/store/postgres/*.go")
	if err != nil || len(source) == 0 {
		t.Fatal("there is no pkg/store/postgres")
	}
	if !slices.ContainsFunc(source, func(f string) bool {
		return strings.Contains(readRoot(t, strings.TrimPrefix(f, "../")), "max(8, 4*runtime.GOMAXPROCS(0))")
	}) {
		t.Fatal("pkg/store/postgres no longer takes four connections for each processor: count again")
	}
	each := max(8, 4*values.Processors)
	most := 0
	for _, s := range []scaled{values.Orchestrator, values.Mailer, values.Texter, values.Caller, values.Portal, values.Listener, values.Postmaster} {
		most += s.Autoscaling.Max
	}
	text := strings.Join(strings.Fields(readRoot(t, "deploy/README.md")), " ")
	for _, want := range []string{"opens up to " + strconv.Itoa(each) + " to PostgreSQL", "at most " + strconv.Itoa(most) + " of them: " + strconv.Itoa(each*most) + " connections"} {
		if !strings.Contains(text, want) {
			t.Errorf("deploy/README.md does not say %q", want)
		}
	}
	var database, containers int
	for _, s := range readCompose(t).Services {
		for _, arg := range s.Command {
			if n, ok := strings.CutPrefix(arg, "max_connections="); ok {
				database, _ = strconv.Atoi(n)
			}
		}
		if s.ours() && s.run().usesStore() {
			containers++
			if s.Environment["GOMAXPROCS"] != strconv.Itoa(values.Processors) {
				t.Errorf("a container has %s processors, the chart %d", s.Environment["GOMAXPROCS"], values.Processors)
			}
		}
	}
	if database < 2*each*containers {
		t.Errorf("PostgreSQL has %d connections; %d containers open up to %d each, and may be doubled", database, containers, each)
	}
}
