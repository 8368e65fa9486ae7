package workspace

import "rapport/pkg/workspace/source"

type linter struct {
	*source.Report
	*references
	draft *draft
}

func (l *linter) journey() {}

func together([]*draft, *references, *source.Report) {}
