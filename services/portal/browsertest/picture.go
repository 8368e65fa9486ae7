package browsertest

import (
	"bytes"
	"image/png"
	"os"
	"path/filepath"
	"testing"
)

// Keep writes a picture of a page into a directory, and fails the test when it is none.
func Keep(t *testing.T, dir, name string, picture []byte) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name+".png"), picture, 0o644); err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(bytes.NewReader(picture))
	if err != nil || img.Bounds().Dx() < 390 || img.Bounds().Dy() < 500 {
		t.Errorf("%s is no picture of a page: %v", name, err)
	}
}
