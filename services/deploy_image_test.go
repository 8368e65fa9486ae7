package services_test

import (
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// instruction is one line of a Dockerfile, joined where it is continued.
type instruction struct {
	name string
	args []string
}

// readDockerfile returns the instructions of the Dockerfile that docker-compose.yml builds.
func readDockerfile(t *testing.T) []instruction {
	t.Helper()
	for _, s := range readCompose(t).Services {
		if !s.ours() {
			continue
		}
		if s.Build.Context != "." {
			t.Fatalf("the build context is %s, and the Dockerfile needs the root", s.Build.Context)
		}
		return parseDockerfile(readRoot(t, s.Build.Dockerfile))
	}
	t.Fatal("no container is built here")
	return nil
}

func parseDockerfile(text string) []instruction {
	var found []instruction
	for line := range strings.SplitSeq(strings.ReplaceAll(text, "\\\n", " "), "\n") {
		if words := strings.Fields(line); len(words) > 0 && !strings.HasPrefix(words[0], "#") {
			found = append(found, instruction{words[0], words[1:]})
		}
	}
	return found
}

// copied returns what a COPY takes from the build context; nothing when it copies from another stage.
func (i instruction) copied() []string {
	if i.name != "COPY" || strings.HasPrefix(i.args[0], "--from") {
		return nil
	}
	return i.args[:len(i.args)-1]
}

// TestImageCopiesWhatIsThere: the paths of the Dockerfile exist, and .dockerignore lets them through.
func TestImageCopiesWhatIsThere(t *testing.T) {
	t.Parallel()
	allowed := strings.Fields(readRoot(t, ".dockerignore"))
	for _, i := range readDockerfile(t) {
		for _, source := range i.copied() {
			if _, err := os.Stat(filepath.Join("..", source)); err != nil {
				t.Errorf("COPY %v: %v", i.args, err)
			}
			first, _, _ := strings.Cut(source, "/")
			if !slices.Contains(allowed, "!"+first) {
				t.Errorf("COPY %v: .dockerignore leaves %s out", i.args, first)
			}
		}
	}
}

// TestImageDownloadsBeforeItCopiesCode: each module's go.mod and go.sum are there when the libraries are downloaded, and no
// code, which would have them downloaded again for each change.
func TestImageDownloadsBeforeItCopiesCode(t *testing.T) {
	t.Parallel()
	var before, after []string
	into := &before
	for _, i := range readDockerfile(t) {
		if i.name == "RUN" && strings.Join(i.args, " ") == "go mod download" {
			into = &after
		}
		*into = append(*into, i.copied()...)
	}
	want := []string{"go.work", "go.work.sum"}
	for _, m := range modules {
		want = append(want, path.Join(m, "go.mod"))
		if _, err := os.Stat(filepath.Join("..", m, "go.sum")); err == nil {
			want = append(want, path.Join(m, "go.sum"))
		}
		if !slices.Contains(after, m) {
			t.Errorf("the code of %s is not copied after the download", m)
		}
	}
	if !slices.Equal(before, want) {
		t.Errorf("before the download there are %v, want %v", before, want)
	}
}

// TestImageIsBuiltAsTheProjectIs: the Go of go.work, without cgo; and it runs without privileges, as the right binary.
func TestImageIsBuiltAsTheProjectIs(t *testing.T) {
	t.Parallel()
	said := map[string]string{}
	for _, i := range readDockerfile(t) {
		said[i.name] += " " + strings.Join(i.args, " ")
	}
	language := strings.TrimSuffix(parseModFile(readRoot(t, "go.work")).goVersion, ".0")
	for name, want := range map[string]string{
		"ARG":        " GO_VERSION=" + language + ".",
		"ENV":        "CGO_ENABLED=0",
		"RUN":        "-o /out/rapport ./services/rapport",
		"USER":       "65532:65532",
		"ENTRYPOINT": `["rapport"]`,
	} {
		if !strings.Contains(said[name], want) {
			t.Errorf("%s says %q, want %q", name, said[name], want)
		}
	}
	if from := strings.Fields(said["FROM"]); from[len(from)-1] != "scratch" {
		t.Errorf("the last stage starts from %s: everything in it beside the binary has to be patched", from[len(from)-1])
	}
}
