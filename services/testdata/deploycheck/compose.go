package main

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/compose-spec/compose-go/v2/loader"
	"github.com/compose-spec/compose-go/v2/types"
)

// composeFile loads a compose file as `docker compose` does: variables filled in, merged, held to the schema of the
// specification, references between services followed. What compose-go says is the finding.
func composeFile(name string, profiles []string) ([]string, error) {
	env := types.Mapping{}
	for _, pair := range os.Environ() {
		key, value, _ := strings.Cut(pair, "=")
		env[key] = value
	}
	details := types.ConfigDetails{ConfigFiles: []types.ConfigFile{{Filename: name}}, Environment: env}
	project, err := loader.LoadWithContext(context.Background(), details, func(o *loader.Options) { o.Profiles = profiles })
	if err != nil {
		return []string{err.Error()}, nil
	}
	var found []string
	for _, s := range project.Services {
		for _, v := range s.Volumes {
			if _, err := os.Stat(v.Source); v.Type == types.VolumeTypeBind && err != nil {
				found = append(found, fmt.Sprintf("%s: mounts what is not there: %v", s.Name, err))
			}
		}
	}
	return found, nil
}
