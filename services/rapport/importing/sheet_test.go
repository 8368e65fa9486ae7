package importing_test

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"rapport/services/rapport/importing"
)

// rows reads a file: a line for each row, with its place.
func rows(t testing.TB, path string, f importing.Format) (columns []string, all []string) {
	t.Helper()
	s, err := importing.OpenSheet(path, f)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}()
	for {
		r, err := s.Next()
		if errors.Is(err, io.EOF) {
			return s.Columns(), all
		}
		if err != nil {
			t.Fatal(err)
		}
		if err := r.Err(); err != nil {
			all = append(all, fmt.Sprintf("%d !%v", r.Line, err))
			continue
		}
		line := fmt.Sprint(r.Line)
		values := s.Values(r)
		for _, c := range s.Columns() {
			line += "|" + values[c]
		}
		all = append(all, line)
	}
}

func TestSheetsAsShopsWriteThem(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		text   string
		format importing.Format
		want   []string
	}{
		"plain":              {"a,b\n1,2\n3,4\n", importing.Format{}, []string{"2|1|2", "3|3|4"}},
		"no last line end":   {"a,b\n1,2", importing.Format{}, []string{"2|1|2"}},
		"CRLF":               {"a,b\r\n1,2\r\n\r\n3,\r\n", importing.Format{}, []string{"2|1|2", "4|3|"}},
		"CR at the very end": {"a,b\r\n1,\"2\"\r", importing.Format{}, []string{"2|1|2"}},
		"byte order mark":    {"\ufeffa,b\n1,2\n", importing.Format{}, []string{"2|1|2"}},
		"semicolons":         {"a;b\n1,5;2\n", importing.Format{}, []string{"2|1,5|2"}},
		"tabs":               {"a\tb\n1\t2\n", importing.Format{}, []string{"2|1|2"}},
		"bars, said":         {"a,x|b\n1|2\n", importing.Format{Separator: '|'}, []string{"2|1|2"}},
		"commas in quotes":   {"\"a;x;y\",b\n1,2\n", importing.Format{}, []string{"2|1|2"}},
		"quotes":             {"a,b\n\"say \"\"hi\"\"\",\"x,\ny\"\n5,6\n", importing.Format{}, []string{"2|say \"hi\"|x,\ny", "4|5|6"}},
		"quote in a value":   {"a,b\n5\" nail,2\n", importing.Format{}, []string{"2|5\" nail|2"}},
		"bad quote":          {"a,b\n\"x\"y,2\n3,4\n", importing.Format{}, []string{"2 !has a quote inside a quoted value: write it twice (\"\")", "3|3|4"}},
		"open quote":         {"a,b\n\"x,2\n3,4\n", importing.Format{}, []string{"2 !has a quote that is never closed", "3|3|4"}},
		"values missing":     {"a,b\n1\n3,4\n", importing.Format{}, []string{"2 !has 1 values, and there are 2 columns", "3|3|4"}},
		"values too many":    {"a,b\n1,2,3\n3,4,,\n", importing.Format{}, []string{"2 !has 3 values, and there are 2 columns", "3|3|4"}},
		"Windows":            {"a,b\nM\xfcller,\x80\n", importing.Format{Encoding: "windows-1252"}, []string{"2|Müller|€"}},
		"Windows, not said":  {"a,b\nM\xfcller,2\n3,4\n", importing.Format{}, []string{"2 !a is not in UTF-8: say --encoding windows-1252, or what the file is in", "3|3|4"}},
		"UTF-16":             {"\xff\xfea\x00,\x00b\x00\n\x001\x00,\x00\xfc\x00\n\x00", importing.Format{}, []string{"2|1|ü"}},
		"gzip":               {zipped(t, "a,b\n1,2\n"), importing.Format{}, []string{"2|1|2"}},
		"refused before":     {"a,b,import_line,import_reason,import_raw\n1,2,7,x,\n,,8,y,\"3,4,5\"\n", importing.Format{}, []string{"2|1|2|7|x|", "3 !import_raw has a row that could not be read: write its values into their columns and empty it"}},
		"JSON Lines":         {"{\"a\":1.50,\"b\":\"x\\ny\"}\n\n{\"b\":null,\"c\":[1, 2],\"a\":true}\r\n", importing.Format{}, []string{"1|1.50|x\ny", "3|true||[1, 2]"}},
		"broken JSON Lines":  {"{\"a\":1}\n[2]\n{\"a\":\n{\"a\":1,\"a\":2}", importing.Format{}, []string{"1|1", "2 !is no JSON object: json: cannot unmarshal array into Go value of type map[string]json.RawMessage", "3 !is no JSON object: unexpected end of JSON input", "4|2"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, got := rows(t, file(t, "a", c.text), c.format); !reflect.DeepEqual(got, c.want) {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}

// A quote that is never closed costs one row, not the file.
func TestARowIsBounded(t *testing.T) {
	t.Parallel()
	text := "a,b\n\"open,1\n" + strings.Repeat("x,y\n", 1<<19) + "last,2\n"
	_, got := rows(t, file(t, "a.csv", text), importing.Format{})
	if len(got) != 1<<19+2 || !strings.HasPrefix(got[0], "2 !has a quote that is not closed within 1048576 bytes") || got[len(got)-1] != fmt.Sprintf("%d|last|2", 1<<19+3) {
		t.Errorf("%d rows, the first %q, the last %q", len(got), got[0], got[len(got)-1])
	}
	_, got = rows(t, file(t, "a.jsonl", `{"a":"`+strings.Repeat("x", 3<<20)+"\"}\n{\"a\":1}\n"), importing.Format{})
	if want := []string{"1 !has more than 1048576 bytes", "2|1"}; !reflect.DeepEqual(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestFilesThatAreNone(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                   "is empty: the first line must name the columns",
		" \n\n":              "is empty",
		"[{}]":               "is one JSON array: write one object on each line",
		"a,a\n":              "the column a is there twice",
		"a,\xfc\n":           "column 2 is not in UTF-8",
		"\"a\n":              "has a quote that is never closed",
		"\x1f\x8b":           "is no whole gzip file",
		zipped(t, "a,a\n1,"): "the column a is there twice",
	} {
		s, err := importing.OpenSheet(file(t, "a.csv", text), importing.Format{})
		if err == nil {
			_ = s.Close()
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
	if _, err := importing.OpenSheet(t.TempDir(), importing.Format{}); err == nil || !strings.Contains(err.Error(), "is a directory") {
		t.Errorf("a directory: %v", err)
	}
	if _, err := importing.OpenSheet(file(t, "a.csv", "a"), importing.Format{Encoding: "ebcdic"}); err == nil || !strings.Contains(err.Error(), "there is no encoding \"ebcdic\"") {
		t.Errorf("an encoding: %v", err)
	}
}

// FuzzSheet holds the reader to encoding/csv where that reads a file without complaint, and to reading on
// and ending where it does not.
func FuzzSheet(f *testing.F) {
	for _, text := range []string{"a,b\n1,2\n", "a;b\r\n\"x\r\ny\";2", "a\n\"", "a,b\n\"\"\"\",\"a\"b\n", "{\"a\":1}\n{", "a\r\n\r\r\n", "a,b\n,\n\n", "a\n\"\r"} {
		f.Add([]byte(text))
	}
	path := filepath.Join(f.TempDir(), "sheet")
	f.Fuzz(func(t *testing.T, text []byte) {
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := importing.OpenSheet(path, importing.Format{Separator: ','})
		if err != nil {
			return
		}
		defer func() { _ = s.Close() }()
		last := 0
		var got [][]string
		for {
			r, err := s.Next()
			if err != nil {
				break
			}
			if r.Line <= last {
				t.Fatalf("line %d after line %d", r.Line, last)
			}
			last = r.Line
			if r.Err() == nil {
				values := s.Values(r)
				var cells []string
				for _, c := range s.Columns() {
					cells = append(cells, values[c])
				}
				got = append(got, cells)
			}
		}
		want, ok := oracle(string(text), s.Columns())
		if ok && !reflect.DeepEqual(got, want) {
			t.Errorf("%q:\n%q, encoding/csv reads\n%q", text, got, want)
		}
	})
}

// oracle is what encoding/csv reads; not ok where it complains, or where the two differ on purpose.
func oracle(text string, columns []string) (want [][]string, ok bool) {
	if strings.HasPrefix(strings.TrimLeft(text, " \t\r\n"), "{") || strings.HasPrefix(text, "\ufeff") || strings.HasPrefix(text, "\xff\xfe") || strings.HasPrefix(text, "\xfe\xff") ||
		strings.HasPrefix(text, "\x1f\x8b") || strings.Contains(text, "import_") {
		return nil, false
	}
	for _, c := range columns {
		if c == "" || strings.ToValidUTF8(c, "") != c {
			return nil, false
		}
	}
	in := csv.NewReader(strings.NewReader(text))
	all, err := in.ReadAll()
	if err != nil || len(all) == 0 {
		return nil, false
	}
	for _, cells := range all[1:] {
		var trimmed []string
		for _, c := range cells {
			if strings.ToValidUTF8(c, "") != c {
				return nil, false
			}
			trimmed = append(trimmed, strings.TrimSpace(c))
		}
		want = append(want, trimmed)
	}
	return want, true
}
