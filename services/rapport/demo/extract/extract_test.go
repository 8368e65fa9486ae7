package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const header = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"

func TestExtractKeepsRowsAsTheyAre(t *testing.T) {
	t.Parallel()
	full := header +
		"536365,85123A,\"A \"\"QUOTED\"\", NAME\",6,2010-12-01 08:26:00,2.55,12012.0,United Kingdom\n" + // 12012 = 12 * 1001
		"536365,POST,  blanks stay ,1,2010-12-01 08:26:00,0.0,12012.0,France\n" +
		"536366,71053,ANOTHER CUSTOMER,1,2010-12-01 08:27:00,1.0,12013.0,France\n" +
		"C536379,D,Discount,-1,2010-12-01 09:41:00,27.5,12012.0,France\n" +
		"536400,22139,,56,2010-12-01 11:52:00,0.0,,France\n" + // 536400 = 12 * 44700
		"C536400,22139,\"two\nlines\",-5,2010-12-01 11:53:00,1.0,,France\n" +
		"536401,22139,NOT THIS,5,2010-12-01 11:53:00,1.0,,France\n"
	want := strings.NewReplacer(
		"536366,71053,ANOTHER CUSTOMER,1,2010-12-01 08:27:00,1.0,12013.0,France\n", "",
		"536401,22139,NOT THIS,5,2010-12-01 11:53:00,1.0,,France\n", "",
	).Replace(full)

	got, n, err := extract([]byte(full))
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
	if want := (kept{rows: 5, customers: 1, anonymous: 2}); n != want {
		t.Errorf("counted %+v, want %+v", n, want)
	}
}

func TestExtractNamesTheLineItCannotRead(t *testing.T) {
	t.Parallel()
	row := "536365,1,A,6,2010-12-01 08:26:00,2.55,12012.0,France\n"
	for name, c := range map[string]struct{ row, want string }{
		"customer": {"536365,1,A,6,2010-12-01 08:26:00,2.55,Smith,France\n", `line 3: CustomerID "Smith" is not a number`},
		"invoice":  {"X1,1,A,6,2010-12-01 08:26:00,2.55,,France\n", `line 3: InvoiceNo "X1" is not a number`},
		"columns":  {"536365,1\n", "record on line 3: wrong number of fields"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, _, err := extract([]byte(header + row + c.row))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %s", err, c.want)
			}
		})
	}
}

func TestZipDependsOnTheDataAlone(t *testing.T) {
	t.Parallel()
	packed, err := zip([]byte(header))
	if err != nil {
		t.Fatal(err)
	}
	// RFC 1952, section 2.3: byte 3 holds the flags (a name would set one), bytes 4 to 7 the time.
	if flagsAndTime := packed[3:8]; !bytes.Equal(flagsAndTime, make([]byte, 5)) {
		t.Errorf("flags and time of the gzip header are % x, want zeros", flagsAndTime)
	}
	if back, err := unzip(packed); err != nil || string(back) != header {
		t.Errorf("unzip gave %q, %v", back, err)
	}
}

// TestShippedExtractIsReproducible makes the shipped file anew from the full one. It compares what is inside, because a
// new release of Go may compress better.
func TestShippedExtractIsReproducible(t *testing.T) {
	t.Parallel()
	full := fullFile(t)
	again := filepath.Join(t.TempDir(), "extract.csv.gz")
	if _, err := extractFile(full, again); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(unpacked(t, again), unpacked(t, shipped)) {
		t.Errorf("%s differs from what this program makes of %s", shipped, filepath.Base(full))
	}
}

// fullFile finds the seven months of purchases, which are too large to ship, or skips the test.
func fullFile(t *testing.T) string {
	t.Helper()
	dir := os.Getenv("RAPPORT_TESTDATA")
	if dir == "" {
		dir = filepath.Join(root(t), "..", "shared", "testdata")
	}
	files, err := filepath.Glob(filepath.Join(dir, "online-retail", "*.csv.gz"))
	if err != nil || len(files) != 1 {
		t.Skipf("no online-retail/*.csv.gz below %s: set RAPPORT_TESTDATA to the directory that holds the test data", dir)
	}
	return files[0]
}

// root walks up to the directory of go.work.
func root(t *testing.T) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.work")); err == nil {
			return dir
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			t.Skip("no go.work above the test: the full file is found beside the repository")
		}
		dir = parent
	}
}

func unpacked(t *testing.T, path string) []byte {
	t.Helper()
	packed, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	data, err := unzip(packed)
	if err != nil {
		t.Fatalf("unpack %s: %v", path, err)
	}
	return data
}
