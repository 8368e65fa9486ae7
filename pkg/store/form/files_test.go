package form_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"rapport/pkg/store/form"
)

// TestFiles packs names and contents as a file system may have them.
func TestFiles(t *testing.T) {
	t.Parallel()
	for what, want := range map[string]map[string][]byte{
		"none": {},
		"many": {"a.yaml": []byte(strings.Repeat("journey: a\n", 500)), "empty": {}, "nil": nil, "\xff\xfe": {0, 255}, "": []byte("no name")},
	} {
		packed, err := form.PackFiles(want)
		if err != nil {
			t.Fatal(err)
		}
		got, err := form.UnpackFiles(packed)
		if err != nil || !maps.EqualFunc(got, want, slices.Equal) {
			t.Errorf("%s: got %q (%v), want %q", what, got, err, want)
		}
		for name, content := range got {
			if content == nil {
				t.Errorf("%s: %q came back as no file", what, name)
			}
		}
		if len(packed) > 300 {
			t.Errorf("%s: packed to %d bytes", what, len(packed))
		}
		for _, torn := range [][]byte{nil, packed[:len(packed)/2], []byte("plain")} {
			if files, err := form.UnpackFiles(torn); err == nil {
				t.Errorf("%s: torn data came out as %q", what, files)
			}
		}
	}
}
