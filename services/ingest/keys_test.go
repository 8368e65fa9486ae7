package ingest_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rapport/services/ingest"
)

func TestKeys(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "keys")
	if err := os.WriteFile(file, []byte("# who may publish\nshop: one\n\nshop:two # the next one\npos/till-1:three,\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	fromFile, err := ingest.ReadKeys(file)
	if err != nil {
		t.Fatal(err)
	}
	fromText, err := ingest.ParseKeys(" shop:one, shop:two ,pos/till-1:three")
	if err != nil {
		t.Fatal(err)
	}
	for _, set := range []*ingest.KeySet{fromFile, fromText} {
		for key, want := range map[string]string{"one": "shop", "two": "shop", "three": "pos/till-1", "": "", "ONE": "", "one ": "", "shop": ""} {
			if got, ok := set.Lookup(key); got.Source != want || ok != (want != "") {
				t.Errorf("the key %q is of %v, %v; want %q", key, got, ok, want)
			}
		}
	}
}

func TestBadKeys(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                                  "there are none: set RAPPORT_WRITE_KEYS=name:key",
		" , # shop:hush":                    "there are none",
		"a:b\nshop":                         "line 2, entry 1: has no colon",
		"a:b,:hush":                         `line 1, entry 2: "" is no name`,
		"my shop:hush":                      `"my shop" is no name`,
		"sh#op:hush":                        "has no colon",
		"shop:":                             "shop has an empty key",
		"shop:hush:hush":                    "option 1 of shop: is not known: say browser, origin=https://shop.example or rate=50 (a key itself has no colon",
		"shop:hush hush":                    "the key of shop has a blank or quote",
		"web:a:browser;":                    "option 2 of web: is not known",
		"web:a:browser=yes":                 "browser takes no value",
		"web:a:browser;origin=shop.example": "an origin is a scheme and a host",
		"web:a:browser;origin=https://shop.example/": "an origin is a scheme and a host",
		"web:a:origin=https://shop.example":          "has an origin and is no browser key",
		"web:a:rate=0":                               "a rate is a whole number",
		"rapport/engine:a":                           "names a part of Rapport",
		"shop:hush\nother : hush":                    "line 2, entry 1: other has the same key as shop",
	} {
		_, err := ingest.ParseKeys(text)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: the error is %v, want ... %s ...", text, err, want)
			continue
		}
		if strings.Contains(err.Error(), "hush") {
			t.Errorf("%q: the error tells the key: %v", text, err)
		}
	}
	if _, err := ingest.ReadKeys(filepath.Join(t.TempDir(), "none")); err == nil || !strings.Contains(err.Error(), "none") {
		t.Errorf("a missing file: %v", err)
	}
}

func TestOptionsAreChecked(t *testing.T) {
	t.Parallel()
	if _, err := ingest.New(ingest.Options{}); err == nil || !strings.Contains(err.Error(), "Options.Publisher") {
		t.Errorf("got %v", err)
	}
	if _, err := ingest.New(ingest.Options{Publisher: &recording{}}); err == nil || !strings.Contains(err.Error(), "Options.Keys") {
		t.Errorf("got %v", err)
	}
}
