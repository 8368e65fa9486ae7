package link

import (
	"testing"

	"pgregory.net/rapid"

	"rapport/pkg/message"
)

func TestUTM(t *testing.T) {
	t.Parallel()
	const all = "utm_source=r&utm_medium=email&utm_campaign=welcome&utm_content=hello"
	for in, want := range map[string]string{
		"https://a.example":                        "https://a.example?" + all,
		"https://a.example/":                       "https://a.example/?" + all,
		"https://a.example/?":                      "https://a.example/?" + all,
		"https://a.example/?b":                     "https://a.example/?b&" + all,
		"https://a.example/?b=1&#c":                "https://a.example/?b=1&" + all + "#c",
		"https://a.example/#c?d=e":                 "https://a.example/?" + all + "#c?d=e",
		"https://a.example/?utm_medium=x&b=1":      "https://a.example/?utm_medium=x&b=1&utm_source=r&utm_campaign=welcome&utm_content=hello",
		"https://a.example/?UTM_Source=x":          "https://a.example/?UTM_Source=x&utm_medium=email&utm_campaign=welcome&utm_content=hello",
		"https://a.example/?utm%5Fcontent=":        "https://a.example/?utm%5Fcontent=&utm_source=r&utm_medium=email&utm_campaign=welcome",
		"https://a.example/?" + all + "#c":         "https://a.example/?" + all + "#c",
		"https://a.example/?Signature=x":           "",
		"https://a.example/?a=1;X-Amz-Signature=x": "",
		"https://a.example/?x-goog-signature":      "",
		"https://a.example/?sv=1&sig=x":            "",
		"https://a.example/?reset_token=x":         "",
		"https://a.example/?HMAC=x":                "",
		"https://a.example/?tok%65n=x":             "",
		"https://a.example/?a=token#?token=x":      "https://a.example/?a=token&" + all + "#?token=x",
		"https://a.example/?signal=1&design=2":     "https://a.example/?signal=1&design=2&" + all,
	} {
		if want == "" {
			want = in
		}
		m := Maker{UTM: UTM{Source: "r"}}
		if got := m.tagged(in, command(), ""); got != want {
			t.Errorf("%s\nbecame %s\nwant %s", in, got, want)
		}
	}
}

// TestPlain: addresses in plain text are followed by what people write behind them.
func TestPlain(t *testing.T) {
	t.Parallel()
	m := makerOf(t)
	m.UTM = UTM{Source: "r", Medium: "m", Campaign: "c"}
	c := command()
	c.Step = "s"
	const utm = "utm_source=r&utm_medium=m&utm_campaign=c&utm_content=s"
	for in, want := range map[string]string{
		"See https://a.example/b.":                         "See https://a.example/b?" + utm + ".",
		"(https://a.example/b_(c)) https://a.example":      "(https://a.example/b_(c)?" + utm + ") https://a.example?" + utm,
		"<https://a.example/?b=1>, [http://b.example]":     "<https://a.example/?b=1&" + utm + ">, [http://b.example?" + utm + "]",
		"https://a.example/ä#b, https://a.example!?":       "https://a.example/ä?" + utm + "#b, https://a.example?" + utm + "!?",
		"Bulb:\thttps://a.example/\nhttps://b.example/x\n": "Bulb:\thttps://a.example/?" + utm + "\nhttps://b.example/x?" + utm + "\n",
	} {
		if got := m.Plain(in, c); got != want {
			t.Errorf("%q\nbecame %q\nwant %q", in, got, want)
		}
	}
	for _, same := range []string{
		"", "http", "https://", "https://.", "http and https", "xhttps://a.example", "mailto:a@a.example?subject=https", "www.a.example", "https://a.example/?token=x",
		m.Unsubscribe(c, "") + "\n" + m.Preferences(c) + ".", `https://a.example\b`, "https://user:pw@a.example/",
	} {
		if got := m.Plain(same, c); got != same {
			t.Errorf("%q became %q", same, got)
		}
	}
	const bare = "https://a.example/"
	for name, change := range map[string]func(*Maker, *message.Command){
		"without a source":   func(m *Maker, _ *message.Command) { m.UTM.Source = "" },
		"in an SMS":          func(_ *Maker, c *message.Command) { c.Channel = message.SMS },
		"of a transactional": func(_ *Maker, c *message.Command) { c.Category = message.Transactional },
	} {
		one, cmd := *m, *c
		change(&one, &cmd)
		if got := one.Plain(bare, &cmd); got != bare {
			t.Errorf("%s it became %s", name, got)
		}
	}
	m.UTM.SMS, c.Channel = true, message.SMS
	if got := m.Plain(bare, c); got == bare {
		t.Error("UTM.SMS changes nothing")
	}
}

// TestProductsOfUnusualVariables: what the scanner leaves to encoding/json says the same.
func TestProductsOfUnusualVariables(t *testing.T) {
	t.Parallel()
	for vars, want := range map[string]string{
		`{"trigger": {"products": [{"product_id": "p", "url": "u", "category": "c"}]}}`:                                  "p c",
		`{"trigger": {"products": [3, null, {"product_id": 7, "url": "u", "category": null}]}}`:                          "7 ",
		`{"trigger": null, "recommendations": [{"id": "r", "url": " u ", "category": "c"}]}`:                             "r c",
		`{"trigger": {"product_id": "own", "id": "no", "url": "u"}, "recommendations": {"url": "x"}}`:                    "own ",
		`{"trigger": {"product_id": {"a": 1}, "sku": "s", "url": "u"}, "recommendations": "x", "trigger": {"url": "x"}}`: " ",
		`{"trigger": {"product_id": {"a": 1}, "sku": "s", "url": "u"}, "recommendations": "x"}`:                          "s ",
		`{"Trigger": {"url": "u", "sku": "s"}}`:                                                                          "", // the engine's names are in small letters
		`{"trigger": {"url": "u"`:                                                                                        " ",
		`["url"]`:                                                                                                        " ",
		``:                                                                                                               " ",
	} {
		if want == "" {
			want = " "
		}
		to := Target{URL: "u"}
		c := command()
		c.Vars = []byte(vars)
		var p products
		if p.complete(&to, c); to.Product+" "+to.Category != want {
			t.Errorf("%s: %+v, want %q", vars, to, want)
		}
	}
}

// TestPlainAddress: what is taken for an address at a glance is what the library makes of it.
func TestPlainAddress(t *testing.T) {
	t.Parallel()
	if !Plain("https://shop.example/p/84029G?ref=mail&v=1") {
		t.Error("a usual address is not taken")
	}
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.StringMatching(`(https?|ftp|HTTP)://[a-zA-Z0-9.:@-]{0,12}(/[A-Za-z0-9%?=&#~._ ü/-]{0,20})?`).Draw(t, "address")
		if !Plain(s) {
			return
		}
		if u, err := parse(s); err != nil || u.String() != s {
			t.Fatalf("%q is %v, %v", s, u, err)
		}
	})
}
