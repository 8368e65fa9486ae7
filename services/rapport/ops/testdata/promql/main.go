// Command promql reads PromQL expressions from its input, a JSON array of strings, and writes
// what each of them asks for: metrics, and the labels by which it selects, groups and joins.
// The parser is Prometheus's own. It is a module of its own, so that what Prometheus is made
// of is no dependency of Rapport's.
package main

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
)

// asked is what one expression asks for.
type asked struct {
	Error string   `json:"error,omitempty"`
	Uses  []metric `json:"uses"`
	// Labels of grouping and matching; they belong to one of the metrics.
	Labels []string `json:"labels"`
}

// metric is a selector: the metric and the labels that it is selected by.
type metric struct {
	Name   string            `json:"name"`
	Labels map[string]string `json:"labels"`
	Range  bool              `json:"range"`
}

func main() {
	var exprs []string
	if err := json.NewDecoder(os.Stdin).Decode(&exprs); err != nil {
		fmt.Fprintln(os.Stderr, "read expressions:", err)
		os.Exit(1)
	}
	out := make([]asked, len(exprs))
	for i, text := range exprs {
		out[i] = ask(text)
	}
	if err := json.NewEncoder(os.Stdout).Encode(out); err != nil {
		fmt.Fprintln(os.Stderr, "write:", err)
		os.Exit(1)
	}
}

func ask(text string) (a asked) {
	expr, err := parser.NewParser(parser.Options{}).ParseExpr(text)
	if err != nil {
		return asked{Error: err.Error()}
	}
	parser.Inspect(expr, func(node parser.Node, path []parser.Node) error {
		switch n := node.(type) {
		case *parser.VectorSelector:
			m := metric{Name: n.Name, Labels: map[string]string{}}
			for _, match := range n.LabelMatchers {
				if match.Name != labels.MetricName {
					m.Labels[match.Name] = match.Type.String() + match.Value
				}
			}
			if len(path) > 0 {
				_, m.Range = path[len(path)-1].(*parser.MatrixSelector)
			}
			a.Uses = append(a.Uses, m)
		case *parser.AggregateExpr:
			a.Labels = append(a.Labels, n.Grouping...)
		case *parser.BinaryExpr:
			if n.VectorMatching != nil {
				a.Labels = append(a.Labels, n.VectorMatching.MatchingLabels...)
				a.Labels = append(a.Labels, n.VectorMatching.Include...)
			}
		}
		return nil
	})
	return a
}
