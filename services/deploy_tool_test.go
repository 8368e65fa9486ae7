package services_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// helmVersion is the helm that the chart is held to; its k8s.io/api is that of testdata/deploycheck.
const helmVersion = "v3.22.0"

// kubeVersion is the Kubernetes that charts are rendered for: a helm that was built by go install knows none.
const kubeVersion = "1.33.0"

// errNoTool is why a tool is not there: it could not be fetched.
var errNoTool = errors.New("cannot be fetched")

// helm runs helm, which is built once and kept in the user's cache; HELM names another one.
// Without the network and a copy in the cache the test is skipped.
func helm(t *testing.T, args ...string) (stdout, stderr string, err error) {
	t.Helper()
	path, err := helmPath()
	if errors.Is(err, errNoTool) {
		t.Skipf("helm %s: %v", helmVersion, err)
	} else if err != nil {
		t.Fatalf("helm %s: %v", helmVersion, err)
	}
	cmd := exec.CommandContext(t.Context(), path, args...)
	cmd.Dir = ".."
	// Nothing of the user's: no plugins, no repositories, no cluster.
	home := t.TempDir()
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + home, "KUBECONFIG=" + filepath.Join(home, "none")}
	return capture(cmd)
}

var helmPath = sync.OnceValues(func() (string, error) {
	if path := os.Getenv("HELM"); path != "" {
		return path, nil
	}
	return built("helm-"+helmVersion, func(ctx context.Context, to string) error {
		cmd := exec.CommandContext(ctx, "go", "install", "helm.sh/helm/v3/cmd/helm@"+helmVersion)
		cmd.Dir = filepath.Dir(to)
		cmd.Env = append(os.Environ(), "GOBIN="+filepath.Dir(to), "GOFLAGS=", "GOWORK=off", "CGO_ENABLED=0")
		if _, said, err := capture(cmd); err != nil {
			return errors.Join(errNoTool, err, errors.New(said))
		}
		return os.Rename(filepath.Join(filepath.Dir(to), "helm"), to)
	})
})

// deploycheck runs testdata/deploycheck and returns what it found, a line each.
func deploycheck(t *testing.T, stdin string, env []string, args ...string) []string {
	t.Helper()
	path, err := deploycheckPath()
	if errors.Is(err, errNoTool) {
		t.Skipf("the libraries of testdata/deploycheck: %v", err)
	} else if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), path, args...)
	cmd.Dir, cmd.Env, cmd.Stdin = "..", append([]string{"HOME=" + t.TempDir()}, env...), strings.NewReader(stdin)
	found, said, err := capture(cmd)
	var exit *exec.ExitError
	if err != nil && (!errors.As(err, &exit) || exit.ExitCode() != 1) {
		t.Fatalf("deploycheck %v: %v: %s", args, err, said)
	}
	return slices.Collect(strings.Lines(found))
}

var deploycheckPath = sync.OnceValues(func() (string, error) {
	dir, err := filepath.Abs("testdata/deploycheck")
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(context.Background(), toolWithin)
	defer cancel()
	env := append(os.Environ(), "GOWORK=off", "GOFLAGS=-mod=readonly", "CGO_ENABLED=0")
	fetch := exec.CommandContext(ctx, "go", "mod", "download")
	fetch.Dir, fetch.Env = dir, env
	if _, said, err := capture(fetch); err != nil {
		return "", errors.Join(errNoTool, err, errors.New(said))
	}
	cache, err := cacheDir()
	if err != nil {
		return "", err
	}
	tmp, err := os.MkdirTemp(cache, "build-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(tmp) //nolint:errcheck // A directory left behind in a cache harms nobody.
	// Each time, because its code may have changed; the go command knows.
	build := exec.CommandContext(ctx, "go", "build", "-o", filepath.Join(tmp, "deploycheck"), ".")
	build.Dir, build.Env = dir, env
	if _, said, err := capture(build); err != nil {
		return "", errors.Join(err, errors.New(said))
	}
	path := filepath.Join(cache, "deploycheck")
	return path, os.Rename(filepath.Join(tmp, "deploycheck"), path)
})

// toolWithin bounds the build of a tool with cold caches.
const toolWithin = 15 * time.Minute

// built returns the path of a tool in the cache, which it makes when it is not there: under another name first, because
// several may build at once and none may run half a file.
func built(name string, install func(ctx context.Context, to string) error) (string, error) {
	cache, err := cacheDir()
	if err != nil {
		return "", err
	}
	path := filepath.Join(cache, name)
	if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
		return path, nil
	}
	tmp, err := os.MkdirTemp(cache, "build-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(tmp) //nolint:errcheck // A directory left behind in a cache harms nobody.
	ctx, cancel := context.WithTimeout(context.Background(), toolWithin)
	defer cancel()
	if err := install(ctx, filepath.Join(tmp, name)); err != nil {
		return "", err
	}
	return path, os.Rename(filepath.Join(tmp, name), path)
}

// cacheDir is where .ci/run keeps its tools, too.
func cacheDir() (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = os.TempDir()
	}
	dir := filepath.Join(cache, "rapport", "tools")
	return dir, os.MkdirAll(dir, 0o755)
}

func capture(cmd *exec.Cmd) (stdout, stderr string, err error) {
	var out, said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &said
	err = cmd.Run()
	return out.String(), said.String(), err
}
