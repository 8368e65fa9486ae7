package link

import (
	"fmt"
	"strings"
	"testing"
)

// mail is a page of about 30 KB with 20 links, in the manner of what MJML makes.
func mail() string {
	var b strings.Builder
	b.WriteString("<!doctype html><html><head><style>" + strings.Repeat(".a > b { color: red; }\n", 40) + "</style></head><body>\n")
	for i := range 20 {
		for range 8 {
			b.WriteString(`<!--[if mso | IE]><table role="presentation" width="600"><tr><td><![endif]--><div style="margin:0px auto;max-width:600px;font-size:16px">Text</div>` + "\n")
		}
		fmt.Fprintf(&b, `<td align="center"><a href="https://shop.example/p%d?a=1&amp;b=2" style="color:#1e5b4b;text-decoration:none" target="_blank">Look</a></td>`+"\n", i)
	}
	return b.String() + "</body></html>"
}

func BenchmarkRewrite(b *testing.B) {
	page := mail()
	for name, change := range map[string]func(*Maker){
		"UTM": func(m *Maker) { m.Clicks, m.UTM.Source = false, "rapport" },
		"All": func(m *Maker) { m.Opens, m.UTM.Source = true, "rapport" },
	} {
		b.Run(name, func(b *testing.B) {
			m, c := makerOf(b), command()
			change(m)
			b.ReportAllocs()
			b.SetBytes(int64(len(page)))
			for b.Loop() {
				if len(m.Rewrite(page, c)) <= len(page) {
					b.Fatal("nothing was rewritten")
				}
			}
		})
	}
}

func BenchmarkUnsubscribe(b *testing.B) {
	m, c := makerOf(b), command()
	b.ReportAllocs()
	for b.Loop() {
		if m.Unsubscribe(c, "marketing") == "" {
			b.Fatal("no link")
		}
	}
}
