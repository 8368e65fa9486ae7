package invoices_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"slices"
	"strings"
	"testing"

	"rapport/services/rapport/invoices"
)

const header = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"

// read reads lines below the usual header and fails on problems.
func read(t *testing.T, lines ...string) *invoices.File {
	t.Helper()
	return readAll(t, header+strings.Join(lines, "\n")+"\n")
}

func readAll(t *testing.T, text string) *invoices.File {
	t.Helper()
	f, err := invoices.Read(strings.NewReader(text), "sales.csv")
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range f.Problems {
		t.Errorf("problem: %v", p)
	}
	return f
}

// told is an invoice in one line: number/customer total, its lines as quantity x code.
func told(f *invoices.File) []string {
	var all []string
	for i := range f.Invoices {
		in := &f.Invoices[i]
		s := in.Number + "/" + in.Customer + " " + in.Total().String()
		for _, l := range in.Lines {
			s += fmt.Sprintf(" %dx%s", l.Quantity, l.Code)
		}
		all = append(all, s)
	}
	return all
}

func TestMapping(t *testing.T) {
	t.Parallel()
	const at = "2011-01-04 10:00:00"
	for name, c := range map[string]struct {
		lines   []string
		want    []string
		dropped int
	}{
		"the lines of an invoice are one event": {
			lines: []string{"1,A,a,2," + at + ",1.50,7,UK", "1,B,b,1," + at + ",4,7,UK"},
			want:  []string{"1/7 7 2xA 1xB"},
		},
		"an invoice of two customers is two": {
			lines: []string{"1,A,a,2," + at + ",1.50,7,UK", "1,B,b,1," + at + ",4,8,UK"},
			want:  []string{"1/7 3 2xA", "1/8 4 1xB"},
		},
		"no customer is an anonymous order": {
			lines: []string{"1,A,a,1," + at + ",1,,UK"},
			want:  []string{"1/ 1 1xA"},
		},
		"a customer that a spreadsheet took for a number": {
			lines: []string{"1,A,a,1," + at + ",1,17850.0,UK", "1,B,a,1," + at + ",1,17850,UK"},
			want:  []string{"1/17850 2 1xA 1xB"},
		},
		"totals are exact": {
			lines: []string{"1,A,a,1," + at + ",0.1,7,UK", "1,B,b,1," + at + ",0.2,7,UK", "2,A,a,3," + at + ",0.1,7,UK"},
			want:  []string{"1/7 0.3 1xA 1xB", "2/7 0.3 3xA"},
		},
		"lines with nothing bought are dropped": {
			lines:   []string{"1,A,a,0," + at + ",1,7,UK", "1,B,b,-2," + at + ",1,7,UK", "1,C,c,1," + at + ",0,7,UK", "1,D,d,1," + at + ",-5.2,7,UK", "1,E,e,1," + at + ",2,7,UK"},
			want:    []string{"1/7 2 1xE"},
			dropped: 4,
		},
		"an invoice with no line left is no event": {
			lines:   []string{"1,A,a,0," + at + ",1,7,UK", "2,A,a,1," + at + ",1,7,UK"},
			want:    []string{"2/7 1 1xA"},
			dropped: 1,
		},
		"refunds change sign before lines are dropped": {
			lines:   []string{"C1,A,a,-3," + at + ",2,7,UK", "C1,B,b,1," + at + ",2,7,UK", "C2,A,a,4," + at + ",2,7,UK"},
			want:    []string{"C1/7 6 3xA"},
			dropped: 2,
		},
		"codes that are no products count towards totals": {
			lines: []string{"1,A,a,1," + at + ",1,7,UK", "1,POST,POSTAGE,1," + at + ",18.00,7,UK"},
			want:  []string{"1/7 19 1xA 1xPOST"},
		},
		"an unsorted file comes in the order of its times": {
			lines: []string{"3,A,a,1,2011-01-06 10:00:00,1,7,UK", "1,A,a,1,2011-01-04 10:00:00,1,7,UK", "2,A,a,1,2011-01-05 10:00:00,1,7,UK", "1,B,a,1,2011-01-04 10:01:00,1,7,UK"},
			want:  []string{"1/7 2 1xA 1xB", "2/7 1 1xA", "3/7 1 1xA"},
		},
		"invoices of one time keep the file's order": {
			lines: []string{"2,A,a,1," + at + ",1,7,UK", "1,A,a,1," + at + ",1,7,UK"},
			want:  []string{"2/7 1 1xA", "1/7 1 1xA"},
		},
		"blanks around values mean nothing": {
			lines: []string{" 1 , A , a , 1 , " + at + " , 1 , 7 , UK"},
			want:  []string{"1/7 1 1xA"},
		},
		"empty lines mean nothing": {
			lines: []string{"", "1,A,a,1," + at + ",1,7,UK", "", ""},
			want:  []string{"1/7 1 1xA"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := read(t, c.lines...)
			if got := told(f); !slices.Equal(got, c.want) {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
			rows := 0
			for _, l := range c.lines {
				if l != "" {
					rows++
				}
			}
			if f.Rows != rows || f.Dropped != c.dropped {
				t.Errorf("%d rows, %d dropped, want %d and %d", f.Rows, f.Dropped, rows, c.dropped)
			}
		})
	}
}

// The same sale in every dress that spreadsheets and shops give it.
func TestShapesOfAFile(t *testing.T) {
	t.Parallel()
	const plain = header + "1,A,\"Tea, \"\"green\"\"\",2,2011-01-04 10:00:00,1.5,7,UK\n2,B,b,1,2011-01-05 10:00:00,1,7,UK\n"
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	if _, err := z.Write([]byte("\ufeff" + plain)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"plain":                 plain,
		"gzip, with a mark":     zipped.String(),
		"byte order mark":       "\ufeff" + plain,
		"mark, quoted header":   "\ufeff\"InvoiceNo\"" + strings.TrimPrefix(plain, "InvoiceNo"),
		"CRLF":                  strings.ReplaceAll(plain, "\n", "\r\n"),
		"no line break at last": strings.TrimSuffix(plain, "\n"),
		"lower case header":     strings.ToLower(header) + strings.TrimPrefix(plain, header),
		"other columns and order": "CustomerID,Note,InvoiceNo,UnitPrice,InvoiceDate,Quantity,Description,StockCode\n" +
			"7,,1,1.50,2011-01-04 10:00:00,2,\"Tea, \"\"green\"\"\",A\n7,,2,1.00,2011-01-05 10:00:00,1,b,B\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := readAll(t, text)
			want := []string{"1/7 3 2xA", "2/7 1 1xB"}
			if got := told(f); !slices.Equal(got, want) {
				t.Fatalf("got  %q\nwant %q", got, want)
			}
			if got := f.Invoices[0].Lines[0].Name; got != `Tea, "green"` {
				t.Errorf("name %q", got)
			}
		})
	}
}

// Lines that cannot be read are named by their place; all others are read.
func TestBadLinesAreNamedAndTheRestIsRead(t *testing.T) {
	t.Parallel()
	const good = "9,Z,z,1,2011-01-04 10:00:00,1,7,UK"
	const quote = "quote fields that hold quotes or line breaks"
	for name, c := range map[string]struct {
		line string
		want string
	}{
		"quantity in letters":       {"1,A,a,two,2011-01-04 10:00:00,1,7,UK", `sales.csv:3:7: Quantity "two" is no whole number`},
		"quantity with a fraction":  {"1,A,a,1.5,2011-01-04 10:00:00,1,7,UK", `sales.csv:3:7: Quantity "1.5" is no whole number`},
		"quantity beyond bounds":    {"1,A,a,99999999999,2011-01-04 10:00:00,1,7,UK", `sales.csv:3:7: Quantity "99999999999"`},
		"price with a sign":         {"1,A,a,1,2011-01-04 10:00:00,£1,7,UK", `sales.csv:3:29: UnitPrice "£1" is no number`},
		"price of a billion digits": {"1,A,a,1,2011-01-04 10:00:00,1e999999999,7,UK", `sales.csv:3:29: UnitPrice "1e999999999" is no number`},
		"date of another country":   {"1,A,a,1,01/04/2011 10:00,1,7,UK", `sales.csv:3:9: InvoiceDate "01/04/2011 10:00" is no time`},
		"date of another age":       {"1,A,a,1,0011-01-04 10:00:00,1,7,UK", `sales.csv:3:9: InvoiceDate "0011-01-04 10:00:00" is no time`},
		"no invoice number":         {",A,a,1,2011-01-04 10:00:00,1,7,UK", "sales.csv:3:1: InvoiceNo is empty"},
		"no stock code":             {"1,,a,1,2011-01-04 10:00:00,1,7,UK", "sales.csv:3:3: StockCode is empty"},
		"an id without end":         {"1,A,a,1,2011-01-04 10:00:00,1," + strings.Repeat("7", 65) + ",UK", `sales.csv:3:31: CustomerID "77777`},
		"an id that cannot be read": {"1,A\xff,a,1,2011-01-04 10:00:00,1,7,UK", "sales.csv:3:3: StockCode \"A\\xff\" is no name"},
		"a novel":                   {"1,A," + strings.Repeat("x", 1001) + ",1,2011-01-04 10:00:00,1,7,UK", "sales.csv:3:5: Description has 1001 bytes"},
		"too few fields":            {"1,A,a", "sales.csv:3:1: has 3 fields, column Quantity is missing"},
		"a stray quote":             {`1,A,12" ruler,1,2011-01-04 10:00:00,1,7,UK`, "sales.csv:3:7: bare \" in non-quoted-field: " + quote},
		"text behind a quote":       {`1,A,"a"b,1,2011-01-04 10:00:00,1,7,UK`, "sales.csv:3:7: extraneous"},
		"a quote that never closes": {`1,A,"a,1,2011-01-04 10:00:00,1,7,UK`, "sales.csv:3:1: extraneous or missing \" in quoted-field: " + quote},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text := header + good + "\n" + c.line + "\n\n" + good + "\n10,Z,z,x,2011-01-04 10:00:00,1,7,UK\n" + good
			f, err := invoices.Read(strings.NewReader(text), "sales.csv")
			if err != nil {
				t.Fatal(err)
			}
			if got, want := told(f), []string{"9/7 3 1xZ 1xZ 1xZ"}; !slices.Equal(got, want) {
				t.Errorf("the others are %q, want %q", got, want)
			}
			if len(f.Problems) != 2 || f.Rows != 5 {
				t.Fatalf("%d rows, problems %v", f.Rows, f.Problems)
			}
			if got := f.Problems[0].Error(); !strings.HasPrefix(got, c.want) {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
			if got, want := f.Problems[1].Error(), `sales.csv:6:8: Quantity "x"`; !strings.HasPrefix(got, want) {
				t.Errorf("after it %s, want %s", got, want)
			}
		})
	}
}

// Quotes that are not closed cost their lines, however far into the file the next quote is.
func TestRunawayQuotesInALongFile(t *testing.T) {
	t.Parallel()
	var text strings.Builder
	text.WriteString(header)
	const n, every = 20_000, 4_000
	for i := range n {
		name := "name"
		if i%every == 1 {
			name = `"name`
		}
		fmt.Fprintf(&text, "%d,A,%s,1,2011-01-04 10:00:00,1,7,UK\n", i, name)
	}
	f, err := invoices.Read(strings.NewReader(text.String()), "sales.csv")
	if err != nil {
		t.Fatal(err)
	}
	if f.Rows != n || len(f.Problems) != n/every || len(f.Invoices) != n-n/every {
		t.Errorf("%d rows, %d problems, %d invoices; want %d, %d, %d", f.Rows, len(f.Problems), len(f.Invoices), n, n/every, n-n/every)
	}
	for i, p := range f.Problems {
		if want := i*every + 3; p.Line != want {
			t.Errorf("problem %d is on line %d, want %d", i, p.Line, want)
		}
	}
}

func TestFilesThatCannotBeRead(t *testing.T) {
	t.Parallel()
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	for i := range 5000 {
		if i == 0 {
			fmt.Fprint(z, header) //nolint:errcheck // A buffer takes everything.
		}
		fmt.Fprintf(z, "%d,A,a,%d,2011-01-04 10:00:00,1,7,UK\n", i, i*i%977) //nolint:errcheck // As above.
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	damaged := bytes.Clone(zipped.Bytes())
	damaged[len(damaged)-5] ^= 0xff // in the checksum
	for name, c := range map[string]struct{ text, want string }{
		"empty":           {"", "sales.csv:1:1: the file is empty: the first line must name the columns InvoiceNo,"},
		"no header":       {"1,A,a,1,2011-01-04 10:00:00,1,7,UK\n", "sales.csv:1:1: column InvoiceNo is missing"},
		"a column short":  {strings.Replace(header, "UnitPrice,", "", 1), "sales.csv:1:1: column UnitPrice is missing"},
		"torn gzip":       {zipped.String()[:zipped.Len()/2], "the file is cut off or damaged, get it whole"},
		"damaged gzip":    {string(damaged), "the file is cut off or damaged, get it whole"},
		"a gzip's start":  {"\x1f\x8b", "sales.csv: begins as gzip files do and is none"},
		"a broken header": {`"InvoiceNo"x` + header, "sales.csv:1:11: the header cannot be read"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f, err := invoices.Read(strings.NewReader(c.text), "sales.csv")
			if err == nil || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), "sales.csv:") {
				t.Errorf("read %+v, error %v, want %q", f, err, c.want)
			}
		})
	}
}
