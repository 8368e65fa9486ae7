package services_test

import (
	"context"
	"encoding/json"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rapport/pkg/workspace"
	"rapport/templates"
)

// TestChartWorkspaceInAConfigMap: a workspace that is given as values is, where the kubelet has put it, the workspace
// that it was; and when the kubelet puts another in its place, that one comes into force.
func TestChartWorkspaceInAConfigMap(t *testing.T) {
	t.Parallel()
	files := starter(t)
	before, err := workspace.Load(templates.FS, "templates")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	project(t, dir, "..1", mounted(t, files))
	adopted := make(chan string, 8)
	live, err := workspace.Watch(t.Context(), dir, nil, func(_ context.Context, s *workspace.Snapshot) error {
		adopted <- s.Version()
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = live.Close() })
	if first := <-adopted; first != before.Version() {
		t.Errorf("the version is %s, and that of the files is %s", first, before.Version())
	}

	files["rapport.yaml"] = strings.Replace(files["rapport.yaml"], "name: Hazel & Finch", "name: Hazel & Daughters", 1)
	project(t, dir, "..2", mounted(t, files))
	select {
	case second := <-adopted:
		if second == before.Version() {
			t.Error("the same version came into force again")
		}
	case <-time.After(30 * time.Second):
		t.Error("the changed workspace did not come into force")
	}
}

// starter are the files of the shipped workspace that belong to it.
func starter(t *testing.T) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := fs.WalkDir(templates.FS, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := fs.ReadFile(templates.FS, name)
		files[name] = string(text)
		return err
	})
	if err != nil || len(files) < 50 {
		t.Fatalf("the starter has %d files: %v", len(files), err)
	}
	return files
}

// mounted renders the chart with files as its workspace, and returns what an orchestrator's pod sees, by path. Ingest has
// to see the same.
func mounted(t *testing.T, files map[string]string) map[string]string {
	t.Helper()
	values, err := json.Marshal(map[string]any{"workspace": map[string]any{"files": files}})
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "values.json")
	if err := os.WriteFile(name, values, 0o600); err != nil {
		t.Fatal(err)
	}
	all := objects(t, render(t, "--values", name))
	var data map[string]string
	size := 0
	for _, o := range all {
		if o.Kind == "ConfigMap" {
			data = o.Data
		}
	}
	seen := map[string]string{}
	pod, door := pods(t, all)["orchestrator"], map[string]string{}
	for _, v := range pod.Volumes {
		for _, item := range v.ConfigMap.Items {
			text, there := data[item.Key]
			if !there {
				t.Errorf("%s is mounted from the key %s, which is not there", item.Path, item.Key)
			}
			seen[item.Path] = text
			size += len(text)
		}
	}
	for _, v := range pods(t, all)["ingest"].Volumes {
		for _, item := range v.ConfigMap.Items {
			door[item.Path] = data[item.Key]
		}
	}
	if !maps.Equal(door, seen) {
		t.Errorf("ingest sees %d files, and an orchestrator %d", len(door), len(seen))
	}
	if len(seen) != len(files) || size >= 1<<20 || pod.Containers[0].run().flags["workspace"] != "/workspace" {
		t.Fatalf("%d files of %d bytes are mounted, want %d of less than 1 MiB", len(seen), size, len(files))
	}
	return seen
}

// project puts files into a directory as the kubelet does (k8s.io/kubernetes/pkg/volume/util/atomic_writer.go): into a
// directory of their own, which ..data is then turned to in one step; what is visible are links through ..data.
func project(t *testing.T, dir, generation string, files map[string]string) {
	t.Helper()
	try := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	for name, text := range files {
		to := filepath.Join(dir, generation, filepath.FromSlash(name))
		try(os.MkdirAll(filepath.Dir(to), 0o755))
		try(os.WriteFile(to, []byte(text), 0o600))
	}
	try(os.Symlink(generation, filepath.Join(dir, "..data_tmp")))
	try(os.Rename(filepath.Join(dir, "..data_tmp"), filepath.Join(dir, "..data")))
	for name := range files {
		first, _, _ := strings.Cut(name, "/")
		if _, err := os.Lstat(filepath.Join(dir, first)); err != nil {
			try(os.Symlink(path.Join("..data", first), filepath.Join(dir, first)))
		}
	}
}
