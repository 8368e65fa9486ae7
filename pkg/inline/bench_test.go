package inline_test

import (
	"strings"
	"testing"

	"rapport/pkg/inline"
)

// BenchmarkAppend is a page of 10 KB, whose rows have styles of their own or none, under rules for names of elements, for
// classes as well, and for what stands in what.
func BenchmarkAppend(b *testing.B) {
	page := "<html><body><table>" + strings.Repeat(`<tr><td class="a" style="padding:4px; color:#333333">Lamp</td><td class="b"><a href="https://shop.example/p/1">£4.00</a></td></tr>`+"\n", 80) + "</table></body></html>"
	names := "td{padding:4px;color:#333}a{text-decoration:none}h1{margin:0}"
	for _, c := range []struct{ name, css string }{
		{"names", names}, {"classes", names + ".a{color:red}td.b{text-align:right}"}, {"nesting", names + ".a{color:red}tr td.b a{color:blue}"},
	} {
		_, sheet, _ := inline.Take("<style>" + c.css + "</style>")
		var dst []byte
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(page)))
			for b.Loop() {
				dst = sheet.Append(dst[:0], page)
			}
		})
	}
}
