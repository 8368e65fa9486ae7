package importing_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"rapport/pkg/client"
	"rapport/services/rapport/importing"
)

// mixed is a file of orders with several lines each, and mistakes here and there.
func mixed(n int) string {
	var b strings.Builder
	b.WriteString("order_id,email,at,total,sku,price\n")
	for i := range n {
		total := fmt.Sprintf("%d.50", i)
		switch {
		case i%11 == 3:
			total = "much"
		case i%13 == 5:
			b.WriteString("\"broken\"row,\n")
		}
		for line := range 1 + i%3 {
			fmt.Fprintf(&b, "o-%d,c%d@example.com,2025-01-02,%s,s-%d,1.00\n", i, i%7, total, line)
		}
	}
	return b.String()
}

// A file that was refused in parts is mended and imported in turn.
func TestRefusedRowsComeBack(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, text, golden, mended string }{
		{
			"a.csv", "id;email;Größe\n1;a@b.example;41\n2;nobody;\"4\"\"2\"\n3\n\"4\"x;c@d.example;43\n",
			"id;email;Größe;import_line;import_field;import_reason;import_raw\n" +
				"2;nobody;\"4\"\"2\";3;email;\"is \"\"nobody\"\", which is no e-mail address such as ada@example.com\";\n" +
				";;;4;;has 1 values, and there are 3 columns;3\n" +
				";;;5;;\"has a quote inside a quoted value: write it twice (\"\"\"\")\";\"\"\"4\"\"x;c@d.example;43\"\n",
			"id;email;Größe;import_line;import_field;import_reason;import_raw\n2;n@b.example;42;3;email;x;\n3;;;4;;x;\n4x;c@d.example;43;5;;x;\n",
		},
		{
			"a.jsonl", "{\"id\":1}\n{\"id\":2,\"email\":\"nobody\",\"a\":[1]}\n{\"id\":\n",
			`{"id":2,"email":"nobody","a":[1],"import_line":2,"import_field":"email","import_reason":"is \"nobody\", which is no e-mail address such as ada@example.com"}` + "\n" +
				`{"import_line":3,"import_reason":"is no JSON object: unexpected end of JSON input","import_raw":"{\"id\":"}` + "\n",
			`{"id":2,"email":"n@b.example","import_line":2}` + "\n" + `{"id":3,"import_raw":""}` + "\n{\"id\":4}\n",
		},
	} {
		dir, m := t.TempDir(), &memory{}
		refused := filepath.Join(dir, "refused")
		counts, _, err := imported(t, m, importing.Options{Path: file(t, c.name, c.text), Kind: importing.Profiles, Rejects: refused})
		if err != nil || counts.Stored != 1 {
			t.Fatalf("%+v, %v", counts, err)
		}
		got, err := os.ReadFile(refused)
		if err != nil || string(got) != c.golden {
			t.Errorf("%s: refused are (%v)\n%s, want\n%s", c.name, err, got, c.golden)
		}
		// As it is, all of it is refused again.
		counts, _, err = imported(t, m, importing.Options{Path: refused, Kind: importing.Profiles})
		if err != nil || counts.Stored != 0 || counts.Refused == 0 {
			t.Errorf("%s: not mended: %+v, %v", c.name, counts, err)
		}
		counts, told, err := imported(t, m, importing.Options{Path: file(t, "mended", c.mended), Kind: importing.Profiles})
		if err != nil || counts.Refused != 0 || counts.Stored != 3 {
			t.Errorf("%s: mended: %+v, %v, %v", c.name, counts, told, err)
		}
		for _, call := range m.calls {
			if strings.Contains(said(call), "import_") {
				t.Errorf("%s: a column of ours went out: %s", c.name, said(call))
			}
		}
		if _, _, err := imported(t, m, importing.Options{Path: file(t, c.name, c.text), Kind: importing.Profiles, Rejects: refused}); err == nil || !strings.Contains(err.Error(), "is there already") {
			t.Errorf("%s: refused rows would have been overwritten: %v", c.name, err)
		}
	}
}

// An import that is killed when it has just made the file of refused rows knows it for its own.
func TestKilledAtTheFirstRefusedRow(t *testing.T) {
	t.Parallel()
	path, refused := file(t, "a.csv", "id\n1\n\"\"\n3\n"), filepath.Join(t.TempDir(), "refused")
	var left [][]byte
	o := importing.Options{Path: path, Kind: importing.Profiles, Rejects: refused, At: written, Open: (&memory{}).open, Told: func(*importing.Row, *importing.Refusal) {
		for _, name := range []string{importing.StatePath(path, importing.Profiles), refused} {
			text, err := os.ReadFile(name)
			if err != nil {
				t.Error(err)
			}
			left = append(left, text)
		}
	}}
	counts, err := importing.Run(t.Context(), o)
	if err != nil || counts.Refused != 1 || len(left) != 2 {
		t.Fatalf("%+v, %v, %d files were there", counts, err, len(left))
	}
	for i, name := range []string{importing.StatePath(path, importing.Profiles), refused} {
		if err := os.WriteFile(name, left[i], 0o600); err != nil {
			t.Fatal(err)
		}
	}
	again, _, err := imported(t, &memory{}, importing.Options{Path: path, Kind: importing.Profiles, Rejects: refused})
	text, _ := os.ReadFile(refused)
	if err != nil || again.Refused != 1 || again.Stored != 2 || strings.Count(string(text), "\n") != 2 {
		t.Errorf("%+v, %v, refused rows %q", again, err, text)
	}
}

// What the door rejects is a refused row like any other, under the column that says it.
func TestTheDoorsRejections(t *testing.T) {
	t.Parallel()
	m := &memory{reject: func(c client.Call) error {
		if c.Subject == "2" {
			return &client.Rejection{ID: c.ID, Field: "subject", Reason: "is not wanted"}
		}
		return nil
	}}
	refused := filepath.Join(t.TempDir(), "refused")
	counts, told, err := imported(t, m, importing.Options{Path: file(t, "a.csv", "id\n1\n2\n3\n"), Kind: importing.Profiles, Rejects: refused})
	if err != nil || counts.Stored != 2 || counts.Refused != 1 || len(told) != 1 || told[0] != "3: subject is not wanted" {
		t.Errorf("%+v, %v, %v", counts, told, err)
	}
	if got, err := os.ReadFile(refused); err != nil || string(got) != "id,import_line,import_field,import_reason,import_raw\n2,3,subject,is not wanted,\n" {
		t.Errorf("%s, %v", got, err)
	}
}

func TestADryRunLeavesNothing(t *testing.T) {
	t.Parallel()
	path := file(t, "a.csv", mixed(50))
	counts, told, err := imported(t, &memory{}, importing.Options{Path: path, Kind: importing.Orders, DryRun: true, Rejects: filepath.Join(filepath.Dir(path), "r")})
	if err != nil || counts.Stored == 0 || counts.Refused == 0 || len(told) == 0 {
		t.Errorf("%+v, %v, %v", counts, told, err)
	}
	if left, err := os.ReadDir(filepath.Dir(path)); err != nil || len(left) != 1 {
		t.Errorf("it left %v behind (%v)", left, err)
	}
	wet, _, err := imported(t, &memory{}, importing.Options{Path: path, Kind: importing.Orders})
	if err != nil || wet != counts {
		t.Errorf("imported were %+v, %v; the dry run said %+v", wet, err, counts)
	}
	if left, err := os.ReadDir(filepath.Dir(path)); err != nil || len(left) != 1 {
		t.Errorf("an import that is through left %v behind (%v)", left, err)
	}
}

// However often an import is interrupted, and wherever its position stood then, the same is stored
// and the same refused in the end.
func TestInterruptedImportsGoOn(t *testing.T) {
	t.Parallel()
	text := mixed(120)
	whole := &memory{}
	refusedAll := filepath.Join(t.TempDir(), "refused")
	want, _, err := imported(t, whole, importing.Options{Path: file(t, "a.csv", text), Kind: importing.Orders, Rejects: refusedAll})
	if err != nil {
		t.Fatal(err)
	}
	golden, err := os.ReadFile(refusedAll)
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(rt *rapid.T) {
		path := file(t, "a.csv", text)
		refused := filepath.Join(filepath.Dir(path), "refused")
		ids := map[string]int{}
		o := importing.Options{Path: path, Kind: importing.Orders, Rejects: refused, At: written}
		var counts importing.Counts
		for run := 0; ; run++ {
			ctx, cancel := context.WithCancel(t.Context())
			m := &memory{ids: ids}
			switch {
			case run >= 4: // and now to the end
			case rapid.Bool().Draw(rt, "door gone"):
				m.failAt = rapid.IntRange(1, 60).Draw(rt, "at")
			default:
				at := rapid.IntRange(1, 60).Draw(rt, "interrupted at")
				m.after = func(n int) {
					if n >= at {
						cancel()
					}
				}
			}
			o.Open = m.open
			counts, err = importing.Run(ctx, o)
			cancel()
			if err == nil {
				break
			}
			// A kill may come after refused rows were written, and before the position.
			if rapid.Bool().Draw(rt, "killed") {
				if f, ferr := os.OpenFile(refused, os.O_APPEND|os.O_WRONLY, 0o600); ferr == nil {
					_, werr := f.WriteString("half a li")
					if err := errors.Join(werr, f.Close()); err != nil {
						rt.Fatal(err)
					}
				}
			}
		}
		if counts != want {
			rt.Errorf("%+v, want %+v", counts, want)
		}
		if !maps.EqualFunc(ids, whole.ids, func(int, int) bool { return true }) {
			rt.Errorf("%d events are stored, want the same %d", len(ids), len(whole.ids))
		}
		if got, err := os.ReadFile(refused); err != nil || string(got) != string(golden) {
			rt.Errorf("refused are (%v)\n%s, want\n%s", err, got, golden)
		}
		if _, err := os.Stat(importing.StatePath(path, importing.Orders)); !errors.Is(err, os.ErrNotExist) {
			rt.Errorf("the position is still there: %v", err)
		}
	})
}

// Another file, or another way to read it, is not gone on with.
func TestPositionsBelongToTheirFile(t *testing.T) {
	t.Parallel()
	path := file(t, "a.csv", mixed(60))
	o := importing.Options{Path: path, Kind: importing.Orders, At: written, Open: (&memory{failAt: 20}).open}
	interrupted := func() {
		t.Helper()
		o.Open = (&memory{failAt: 20}).open
		if _, err := importing.Run(t.Context(), o); err == nil || !strings.Contains(err.Error(), "the door is gone") {
			t.Fatalf("the import ended with %v", err)
		}
	}
	notes := func(o importing.Options) string {
		t.Helper()
		all := ""
		o.Note = func(s string) { all += s }
		o.Open = (&memory{}).open
		if _, err := importing.Run(t.Context(), o); err != nil {
			t.Fatal(err)
		}
		return all
	}
	interrupted()
	if got := notes(o); !strings.HasPrefix(got, "Going on behind row ") {
		t.Errorf("the same file: %q", got)
	}
	interrupted()
	again := o
	again.Restart = true
	if got := notes(again); got != "" {
		t.Errorf("anew: %q", got)
	}
	interrupted()
	other := o
	other.Mapping.Zone = "Europe/Berlin"
	if got := notes(other); !strings.Contains(got, "it was imported in another way") {
		t.Errorf("another zone: %q", got)
	}
	interrupted()
	if err := os.WriteFile(path, []byte(mixed(61)), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := notes(o); !strings.Contains(got, "the file is another one now") {
		t.Errorf("another file: %q", got)
	}
}

// The same file gives the same ids, and a corrected row another one.
func TestIdsAreTheRows(t *testing.T) {
	t.Parallel()
	ids := func(k importing.Kind, text string) map[string]int {
		t.Helper()
		m := &memory{}
		if _, _, err := imported(t, m, importing.Options{Path: file(t, "a.csv", text), Kind: k}); err != nil {
			t.Fatal(err)
		}
		return m.ids
	}
	for k, c := range map[importing.Kind][2]string{
		importing.Profiles: {"id,name\n1,Ada\n", "id,name\n1,Bob\n"},
		importing.Products: {"id,name\n1,Lamp\n", "id,name\n1,Table\n"},
		importing.Events:   {"type,customer,at,x\na.b,1,2025-01-02,1\n", "type,customer,at,x\na.b,1,2025-01-02,2\n"},
	} {
		first, again, other := ids(k, c[0]), ids(k, c[0]), ids(k, c[1])
		if !maps.Equal(first, again) || maps.Equal(first, other) || len(first) != 1 {
			t.Errorf("%s: %v, again %v, corrected %v", k, first, again, other)
		}
	}
	if a, b := ids(importing.Orders, "order_id,customer,at,total\n1,7,2025-01-02,1\n"), ids(importing.Orders, "order_id,customer,at,total\n1,7,2025-01-02,2\n"); !maps.Equal(a, b) {
		t.Errorf("an order is its number: %v and %v", a, b)
	}
}
