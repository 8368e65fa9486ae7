package postgres_test

import (
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"rapport/pkg/store/postgres"
)

// local are the tables that belong to no bucket.
var local = []string{"winner", "workspace", "held", "applied", "ping", "history", "installation", "rapport_schema"}

// TestKeys checks that all unique keys of tables that batches write begin with the bucket, as
// a distributed engine asks for, and that DISTRIBUTED.md distributes just these tables.
func TestKeys(t *testing.T) {
	t.Parallel()
	_, url := fresh(t)
	tables := sql[[]string](t, url, `SELECT array_agg(relname::text ORDER BY relname) FROM pg_class
		WHERE relkind IN ('r', 'p') AND NOT relispartition AND relnamespace = 'public'::regnamespace`)
	tables = slices.DeleteFunc(tables, func(name string) bool { return slices.Contains(local, name) })
	if len(tables) < 10 {
		t.Fatalf("tables: %v", tables)
	}
	for _, table := range tables {
		keys := sql[[]string](t, url, `SELECT coalesce(array_agg(a.attname::text), '{}') FROM pg_index i
			JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
			WHERE i.indrelid = $1::text::regclass AND i.indisunique`, table)
		if len(keys) == 0 || slices.ContainsFunc(keys, func(first string) bool { return first != "bucket" }) {
			t.Errorf("unique keys of %s begin with %v, want bucket", table, keys)
		}
	}
	text, err := os.ReadFile("DISTRIBUTED.md")
	if err != nil {
		t.Fatal(err)
	}
	var named []string
	for _, m := range regexp.MustCompile(`create_distributed_table\('(\w+)', +'bucket'`).FindAllStringSubmatch(string(text), -1) {
		named = append(named, m[1])
	}
	slices.Sort(named)
	if !slices.Equal(named, tables) {
		t.Errorf("DISTRIBUTED.md distributes %v, the tables are %v", named, tables)
	}
	for _, name := range local {
		if !strings.Contains(string(text), "`"+name+"`") {
			t.Errorf("DISTRIBUTED.md does not say what becomes of %s", name)
		}
	}
}

// plan is a node of a query plan.
type plan struct {
	NodeType  string `json:"Node Type"`
	Relation  string `json:"Relation Name"`
	IndexCond string `json:"Index Cond"`
	Recheck   string `json:"Recheck Cond"`
	Filter    string `json:"Filter"`
	IndexName string `json:"Index Name"`
	Plans     []plan `json:"Plans"`
}

// TestOneBucket plans every statement that events take, and checks that each look at a table
// is bound to the one bucket that the statement names.
func TestOneBucket(t *testing.T) {
	t.Parallel()
	_, url := fresh(t)
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(t.Context()) }()
	samples := map[string]string{
		"integer": "7", "bigint": "1", "text": "'x'", "bytea": `'\x00'`, "integer[]": "'{1}'", "bigint[]": "'{1}'",
		"text[]": "'{x}'", "boolean[]": "'{t}'", "bytea[]": `'{"\\x00"}'`,
	}
	bound := regexp.MustCompile(`bucket = 7\b`)
	for name, text := range postgres.PathOfEvents {
		statement, err := conn.Prepare(t.Context(), name, text)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		var types []string
		if err := conn.QueryRow(t.Context(), `SELECT parameter_types::text[] FROM pg_prepared_statements WHERE name = $1`, name).Scan(&types); err != nil {
			t.Fatal(err)
		}
		args := make([]string, len(statement.ParamOIDs))
		for i := range args {
			if args[i] = samples[types[i]]; args[i] == "" {
				t.Fatalf("%s: no sample of %s", name, types[i])
			}
		}
		var text string
		explain := fmt.Sprintf(`EXPLAIN (FORMAT JSON) EXECUTE %s(%s)`, name, strings.Join(args, ", "))
		if err := conn.QueryRow(t.Context(), explain, pgx.QueryExecModeSimpleProtocol).Scan(&text); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		var plans []struct{ Plan plan }
		if err := json.Unmarshal([]byte(text), &plans); err != nil {
			t.Fatal(err)
		}
		each(plans[0].Plan, func(p plan) {
			scan := p.Relation != "" && p.NodeType != "ModifyTable"
			if scan && !bound.MatchString(p.IndexCond+p.Filter+p.Recheck) {
				t.Errorf("%s: %s of %s is not bound to a bucket: %q %q", name, p.NodeType, p.Relation, p.IndexCond, p.Filter)
			}
		})
	}
}

func each(p plan, visit func(plan)) {
	visit(p)
	for _, below := range p.Plans {
		each(below, visit)
	}
}
