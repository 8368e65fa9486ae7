package invoices_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"rapport/services/rapport/invoices"
)

// Whatever a file holds: each row is an invoice's, dropped or refused; times do not go
// back; and what is told of an invoice is JSON of a sane size with a total above zero.
func FuzzRead(f *testing.F) {
	for _, lines := range []string{
		"536365,85123A,WHITE T-LIGHT,6,2010-12-01 08:26:00,2.55,17850.0,United Kingdom\nC1,A,a,-1,2010-12-01 08:26:00,2.55,,UK\n",
		"1,A,\"a\nb\",1,2010-12-02 08:26:00,2.55,7,UK\n1,A,\"a,1,2010-12-01 08:26:00,2.55,7,UK\n\n2,A,a\"b,1,2010-12-01 08:26:00,2.55,7,UK\n",
		"1,A,a,1,2010-12-01 08:26:00,1e99,7,UK\r\n1,A,a,0,2010-12-01 08:26:00,0,7,UK\r\n",
		"1,A,\"",
	} {
		f.Add([]byte(header + lines))
	}
	f.Add([]byte("\x1f\x8b\x08\x00"))
	f.Add([]byte("\ufeff" + header))
	f.Fuzz(func(t *testing.T, text []byte) {
		file, err := invoices.Read(bytes.NewReader(text), "fuzz.csv")
		if err != nil {
			return
		}
		lines := 0
		for i := range file.Invoices {
			in := &file.Invoices[i]
			lines += len(in.Lines)
			if i > 0 && in.At.Before(file.Invoices[i-1].At) {
				t.Errorf("invoice %s comes after a later one", in.Number)
			}
			if in.Total().Sign() <= 0 {
				t.Errorf("invoice %s has the total %s", in.Number, in.Total())
			}
			b, err := json.Marshal(in.Call())
			if err != nil {
				t.Errorf("invoice %q: %v", in.Number, err)
			}
			if len(b) > 1000+8000*len(in.Lines) {
				t.Errorf("invoice %q of %d lines makes %d bytes", in.Number, len(in.Lines), len(b))
			}
		}
		if got := lines + file.Dropped + len(file.Problems); got != file.Rows {
			t.Errorf("%d lines, %d dropped, %d refused: together %d, but there are %d rows", lines, file.Dropped, len(file.Problems), got, file.Rows)
		}
		for _, p := range file.Problems {
			if p.Line < 2 || p.Col < 1 || p.Line > 1+bytes.Count(text, []byte("\n"))+1 {
				t.Errorf("problem at an impossible place: %v", p)
			}
		}
	})
}
