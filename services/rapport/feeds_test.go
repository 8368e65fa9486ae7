package main_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A feed goes the way of a file of products; what cannot be used is named with its place.
func TestImportOfAFeed(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "feed.xml")
	text := `<rss xmlns:g="http://base.google.com/ns/1.0"><channel><item><g:id>lamp</g:id><g:title>Lamp</g:title><g:price>1.299,00 EUR</g:price><g:availability>in stock</g:availability><g:link>https://shop.example/lamp</g:link></item>
		<item><g:id>bulb</g:id><g:price>4.50 EUR</g:price><g:sale_price>4.00 EUR</g:sale_price></item><item><g:id>cord</g:id><g:price>free</g:price></item></channel></rss>`
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	got := execute(t, command(t, dir, "import", "products", "--feed", path, "--dry-run"))
	if got.code != 0 || !strings.Contains(got.out, "2 products") || !strings.Contains(got.errors, `item 3 cord: price is "free"`) || !strings.Contains(got.errors, "1 product cannot be used") {
		t.Errorf("exit code %d: %s%s", got.code, got.out, got.errors)
	}
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"--feed", path, path}, "name one of them"},
		{[]string{"--feed", filepath.Join(dir, "none.xml")}, "the feed cannot be read"},
		{nil, "FILE"},
	} {
		got := execute(t, command(t, dir, append([]string{"import", "products"}, c.args...)...))
		if got.code == 0 || !strings.Contains(got.errors, c.want) {
			t.Errorf("%q: exit code %d: %s", c.args, got.code, got.errors)
		}
	}
}
