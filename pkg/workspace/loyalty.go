package workspace

import (
	"rapport/pkg/journey"
	"rapport/pkg/workspace/source"
)

// loyalty reads loyalty.yaml: what earns points, and which tiers they reach.
func loyalty(files []*source.File, refs *references, r *source.Report) journey.Loyalty {
	var l journey.Loyalty
	return l
}
