package importing_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"unicode/utf8"

	"rapport/pkg/client"
	"rapport/services/rapport/importing"
)

// FuzzRows puts files of any content through every kind: nothing panics, every row is accounted for, and
// what is taken is JSON that the client takes.
func FuzzRows(f *testing.F) {
	for i, text := range []string{
		"id,email,phone,points\n1,a@b.example,+447700900001,2\n", "email,channel,purpose,granted,at,source,proof\na@b.example,email,m,yes,2025-01-02,f,p\n",
		"product_id,price,stock\n1,\"1,50\",2\n", "order_id,customer,at,total,line_items\n1,c,2025-01-02,1.5,\"[{\"\"sku\"\":\"\"s\"\"}]\"\n1,c,2025-01-02,,\n",
		"type,customer,at,properties,total\na.b,c,2025-01-02,\"{\"\"$profile\"\":1}\",3\n", `{"type":"a.b","subject":"c","time":"2025-01-02","data":{"a":1},"x":[1]}`,
	} {
		f.Add(uint8(min(i, 4)), []byte(text))
	}
	path := filepath.Join(f.TempDir(), "rows")
	f.Fuzz(func(t *testing.T, kind uint8, text []byte) {
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		kinds := importing.Kinds()
		m := &memory{}
		rows := 0
		o := importing.Options{
			Path: path, Kind: kinds[int(kind)%len(kinds)], At: written, Open: m.open, Rejects: filepath.Join(t.TempDir(), "refused"),
			Told: func(*importing.Row, *importing.Refusal) { rows++ },
		}
		counts, err := importing.Run(t.Context(), o)
		if err != nil {
			_ = os.Remove(importing.StatePath(path, o.Kind)) // Not all ends leave one.
			return
		}
		if counts.Stored+counts.Refused+counts.Passed != counts.Rows || (counts.Refused > 0) != (rows > 0) {
			t.Errorf("%+v do not add up; told of %d", counts, rows)
		}
		for _, c := range m.calls {
			checkCall(t, c)
		}
	})
}

func checkCall(t *testing.T, c client.Call) {
	t.Helper()
	if data, ok := c.Data.(json.RawMessage); ok && (!json.Valid(data) || !utf8.Valid(data)) {
		t.Errorf("%s is no JSON", data)
	}
	if err := c.Check(); err != nil {
		t.Errorf("%+v went out: %v", c, err)
	}
}
