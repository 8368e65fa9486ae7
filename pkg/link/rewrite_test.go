package link

import (
	"encoding/json"
	"strings"
	"testing"

	"rapport/pkg/message"
)

const portal = "https://news.shop.example"

func makerOf(t testing.TB) *Maker {
	t.Helper()
	m := &Maker{Keys: keysOf(t, secret), Base: portal, Clicks: true}
	if err := m.Validate(); err != nil {
		t.Fatal(err)
	}
	return m
}

func command() *message.Command {
	return &message.Command{
		ID: "0123456789abcdef0123456789abcdef", Partition: 37, Profile: "ada", Journey: "welcome", Instance: "fedcba9876543210fedcba9876543210",
		Step: "hello", Channel: message.Email, Category: message.Marketing, Template: "welcome", To: "ada@example.com", DecidedAt: decided,
		Vars: json.RawMessage(`{"profile": {"id": "ada"}, "trigger": {"id": 7, "url": "https://shop.example/own", "category": "own", "product_id": 12.5, "products": [
			{"product_id": "p1", "url": "https://shop.example/p1", "category": "lamps"}, {"sku": "s2", "url": "https://shop.example/p 2?a=1&b=2"}, {"url": null}]},
			"recommendations": [{"id": "r1", "url": "https://shop.example/r1", "category": "bulbs"}, {"id": "again", "url": "https://shop.example/p1", "category": "no"}]}`),
	}
}

// read puts what the tokens of a page say into their places: [click URL name product category].
func read(t testing.TB, m *Maker, page string) string {
	t.Helper()
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(page, m.Base+clickPath)
		b.WriteString(before)
		if !found {
			return b.String()
		}
		end := strings.IndexByte(rest, '"')
		got, err := m.Keys.OpenAs(Click, rest[:end], decided)
		if err != nil {
			t.Fatalf("%v: %s", err, rest[:end])
		}
		b.WriteString("[" + strings.TrimRight(strings.Join([]string{got.URL, got.Link, got.Product, got.LinkCategory}, " "), " ") + "]")
		page = rest[end:]
	}
}

// TestRewrite: what becomes of links. Where nothing is wanted, the page stays as it is.
func TestRewrite(t *testing.T) {
	t.Parallel()
	m := makerOf(t)
	own := m.Unsubscribe(command(), "")
	for in, want := range map[string]string{
		`<p>Hi <a href="https://shop.example/">x</a></p>`:            `<p>Hi <a href="[https://shop.example/]">x</a></p>`,
		`<A CLASS=b HREF='https://shop.example/'>`:                   `<A CLASS=b HREF="[https://shop.example/]">`,
		`<area href=https://shop.example/a/>`:                        `<area href="[https://shop.example/a/]">`,
		"<a\n\thref = \" https://shop.example/\n\" target=_blank >":  "<a\n\thref=\"[https://shop.example/]\" target=_blank >",
		`<a title="a > b" href="http://shop.example/?a=1&amp;b=2">`:  `<a title="a > b" href="[http://shop.example/?a=1&b=2]">`,
		`<a href="https://shop.example/?a=1&copy=2&reg;&#x3d;">`:     `<a href="[https://shop.example/?a=1&copy=2%C2%AE=]">`,
		`<a href="https://shop.example/stra&szlig;e n">`:             `<a href="[https://shop.example/stra%C3%9Fe%20n]">`,
		`<a href="https://one.example/" href="https://two.example">`: `<a href="[https://one.example/]" href="https://two.example">`,
		`<a/href="https://shop.example/"/>`:                          `<a/href="[https://shop.example/]"/>`,
		`<a x='"' href="https://shop.example/">`:                     `<a x='"' href="[https://shop.example/]">`,

		`<a href="https://shop.example/" data-link="hero" data-product-id=p9 DATA-CATEGORY='A &amp; B' id=i>`: `<a href="[https://shop.example/ hero p9 A & B]" id=i>`,
		`<a data-link="first" data-link="second" href="https://shop.example/">`:                               `<a href="[https://shop.example/ first]">`,
		`<a data-link data-category="" href="https://shop.example/">`:                                         `<a href="[https://shop.example/]">`,
		`<a href="https://shop.example/p1">`:                                                                  `<a href="[https://shop.example/p1  p1 lamps]">`,
		`<a href="https://shop.example/p%202?a=1&amp;b=2">`:                                                   `<a href="[https://shop.example/p%202?a=1&b=2  s2]">`,
		`<a href="https://shop.example/r1" data-category="mine">`:                                             `<a href="[https://shop.example/r1  r1 mine]">`,
		`<a href="https://shop.example/r1" data-product-id="mine">`:                                           `<a href="[https://shop.example/r1  mine]">`,
		`<a href="https://shop.example/own">`:                                                                 `<a href="[https://shop.example/own  12.5 own]">`,

		`<a href="https://shop.example/" data-rapport-track="off">x</a>`:                 `<a href="https://shop.example/">x</a>`,
		`<a data-rapport-track=OFF data-link="x" href='https://shop.example/?a=1&b=2'>x`: `<a href='https://shop.example/?a=1&b=2'>x`,
		`<a data-rapport-track=on href='https://shop.example/'>`:                         `<a href="[https://shop.example/]">`,
		`<a href="mailto:a@shop.example" data-link="mail">`:                              `<a href="mailto:a@shop.example">`,
		`<a href="https://s3.example/bill?X-Amz-Signature=abc&amp;e=1">`:                 `<a href="[https://s3.example/bill?X-Amz-Signature=abc&e=1]">`,

		`<!--[if mso]><v:x href="https://shop.example/v"><a href="https://shop.example/m">b</a><![endif]--><!--[if !mso]><!--><a href="https://shop.example/n">c</a><!--<![endif]-->`: `<!--[if mso]><v:x href="https://shop.example/v"><a href="[https://shop.example/m]">b</a><![endif]--><!--[if !mso]><!--><a href="[https://shop.example/n]">c</a><!--<![endif]-->`,
		`<!--> <a href="https://shop.example/"> -->`:                                       `<!--> <a href="[https://shop.example/]"> -->`,
		`<style>a > b { content: "<a href='x'>" }</style><a href="https://shop.example/">`: `<style>a > b { content: "<a href='x'>" }</style><a href="[https://shop.example/]">`,
		`<!doctype html><?xml?><a href="https://shop.example/">`:                           `<!doctype html><?xml?><a href="[https://shop.example/]">`,
		`1 < 2 <> </ a> <a href="https://shop.example/">`:                                  `1 < 2 <> </ a> <a href="[https://shop.example/]">`,
		`<p title="it's"><p title=it's><a href="https://shop.example/">`:                   `<p title="it's"><p title=it's><a href="[https://shop.example/]">`,
	} {
		if got := read(t, m, m.Rewrite(in, command())); got != want {
			t.Errorf("%s\nbecame %s\n  want %s", in, got, want)
		}
	}
	for _, same := range []string{
		"", "<", "<a", "<!", "<!-", "<a href", `<a href="https://shop.example/`, `<a href="https://shop.example/>`, `<a href=https://shop.example/`, `<a href="">`, "<a>", "<a href>",
		`<a href="` + own + `">`, `<a href="` + m.Preferences(command()) + `">`, `<a href="` + m.Confirm(command(), message.Email, "x") + `">`,
		`<a href="` + m.Click(command(), Target{URL: "https://shop.example/"}) + `">`, `<a href="HTTPS://NEWS.shop.example/c/abc">`,
		`<a href="tel:+4930">`, `<a href="sms:+4930">`, `<a href="#top">`, `<a href="/lamps">`, `<a href="//shop.example/">`, `<a href="javascript:x()">`, `<a href='https://user@shop.example/'>`,
		`<a href="https://exämple.example/">`, `<a href="https://shop.example\@evil.example/">`, "<a href=\"https://shop.example/\nx\">",
		`<!-- <a href="https://shop.example/" data-link="x"> -->`, `<!-- <a href="https://shop.example/">`, `<!--[if mso><a href="https://shop.example/">-->`,
		`<script>"<a href='https://shop.example/'>"</script>`, `<title><a href="https://shop.example/"></title>`, `<style><a href="https://shop.example/">`, `<textarea><a href="https://shop.example/"></textarea >`,
		`<img alt="<a href='https://shop.example/'>" src="https://shop.example/x.gif">`, `<link href="https://shop.example/">`, `<abbr href="https://shop.example/">`, `<a data-href="https://shop.example/">`, `<base href="https://shop.example/">`,
	} {
		if got := m.Rewrite(same, command()); got != same {
			t.Errorf("%s\nbecame %s", same, read(t, m, got))
		}
	}
}

// TestRewriteAsTold: what each of the maker's settings does to a page.
func TestRewriteAsTold(t *testing.T) {
	t.Parallel()
	page := `<body><a href="https://shop.example/?a=1" data-link="hero">x</a><a data-rapport-track="off" href="https://shop.example/"></a></BODY ></html>`
	plain := `<body><a href="https://shop.example/?a=1">x</a><a href="https://shop.example/"></a></BODY ></html>`
	tagged := `<body><a href="https://shop.example/?a=1&amp;utm_source=rapport&amp;utm_medium=email&amp;utm_campaign=welcome&amp;utm_content=hero">x</a><a href="https://shop.example/"></a></BODY ></html>`
	for name, c := range map[string]struct {
		change func(*Maker, *message.Command)
		want   string
	}{
		"nothing": {func(m *Maker, _ *message.Command) { m.Clicks = false }, plain},
		"UTM":     {func(m *Maker, _ *message.Command) { m.Clicks, m.UTM.Source = false, "rapport" }, tagged},
		"clicks":  {func(*Maker, *message.Command) {}, strings.Replace(plain, "https://shop.example/?a=1", "[https://shop.example/?a=1 hero]", 1)},
		"both":    {func(m *Maker, _ *message.Command) { m.UTM = UTM{"r", "m", "c d", false} }, strings.Replace(plain, "https://shop.example/?a=1", "[https://shop.example/?a=1&utm_source=r&utm_medium=m&utm_campaign=c+d&utm_content=hero hero]", 1)},
		"an invoice": {func(m *Maker, c *message.Command) {
			m.Opens, m.UTM.Source, c.Category = true, "rapport", message.Transactional
		}, plain},
		"an invoice, if it is to be": {func(m *Maker, c *message.Command) {
			m.Transactional, m.Clicks, m.UTM.Source, c.Category = true, false, "rapport", message.Transactional
		}, tagged},
	} {
		m, cmd := makerOf(t), command()
		c.change(m, cmd)
		if got := read(t, m, m.Rewrite(page, cmd)); got != c.want {
			t.Errorf("%s: became %s\nwant %s", name, got, c.want)
		}
	}
}

func TestPixel(t *testing.T) {
	t.Parallel()
	m := makerOf(t)
	m.Opens, m.Clicks = true, false
	pixel := m.Pixel(command())
	token := strings.TrimSuffix(strings.TrimPrefix(strings.Split(pixel, `"`)[1], portal+"/o/"), ".gif")
	got, err := m.Keys.OpenAs(Open, token, decided)
	if err != nil || got.Profile != "ada" || got.Ref != command().Ref() || !strings.Contains(pixel, ` alt=""`) {
		t.Errorf("%s is %+v, %v", pixel, got, err)
	}
	for in, want := range map[string]string{
		"<body>x</body></html>": "<body>x" + pixel + "</body></html>",
		"x":                     "x" + pixel,
		"<!-- </body> --><p title='</body>'></Body\n>": "<!-- </body> --><p title='</body>'>" + pixel + "</Body\n>",
		"</body>a</body>b":     pixel + "</body>a</body>b",
		"<body>x</bodyguard>y": "<body>x</bodyguard>y" + pixel,
	} {
		if got := m.Rewrite(in, command()); got != want {
			t.Errorf("%s\nbecame %s\nwant %s", in, got, want)
		}
	}
}

// TestLinksSayWhoseTheyAre opens every kind of link.
func TestLinksSayWhoseTheyAre(t *testing.T) {
	t.Parallel()
	m, c := makerOf(t), command()
	c.Purpose = "news"
	for _, l := range []struct {
		kind     Kind
		path, at string
		channel  message.Channel
		purpose  string
		days     int
	}{
		{Unsubscribe, "/u/", m.Unsubscribe(c, "news"), message.Email, "news", 400},
		{Unsubscribe, "/u/", m.Unsubscribe(c, ""), message.Email, "*", 400},
		{Preferences, "/p/", m.Preferences(c), message.Email, "news", 400},
		{Confirm, "/k/", m.Confirm(c, message.SMS, "news"), message.SMS, "news", 30},
		{Click, "/c/", m.Click(c, Target{URL: "https://shop.example/"}), message.Email, "news", 400},
	} {
		token, ok := strings.CutPrefix(l.at, portal+l.path)
		got, err := m.Keys.OpenAs(l.kind, token, decided.AddDate(0, 0, l.days).Add(-1))
		want := Ticket{
			Kind: l.kind, Profile: "ada", Ref: c.Ref(), Journey: "welcome", Instance: c.Instance, Step: "hello", Template: "welcome", Channel: l.channel,
			Category: message.Marketing, Purpose: l.purpose, URL: got.URL, SentAt: decided, Expires: decided.AddDate(0, 0, l.days),
		}
		if !ok || err != nil || got != want {
			t.Errorf("%s: %+v, %v", l.at, got, err)
		}
	}
	if got := m.Click(c, Target{URL: "mailto:a@shop.example"}); got != "" {
		t.Errorf("a click to a mailto: is %s", got)
	}
}

func TestMakersAreValidated(t *testing.T) {
	t.Parallel()
	for base, fine := range map[string]bool{
		portal: true, "http://127.0.0.1:8080": true, portal + "/mail": true,
		"": false, portal + "/": false, portal + "?a": false, portal + "#": false, "news.shop.example": false, "ftp://shop.example": false, portal + `/"`: false,
	} {
		m := Maker{Keys: keysOf(t, secret), Base: base}
		if err := m.Validate(); (err == nil) != fine {
			t.Errorf("%q: %v", base, err)
		}
	}
	if (&Maker{Base: portal}).Validate() == nil {
		t.Error("a maker without keys is fine")
	}
}
