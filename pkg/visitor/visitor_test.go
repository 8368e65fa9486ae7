package visitor_test

import (
	"net/netip"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"rapport/pkg/visitor"
)

var sent = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

const (
	iPhone = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Mobile/15E148 Safari/604.1"
	chrome = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0 Safari/537.36"
)

// A user agent alone: what follows a link with it, and what fetches a picture with it.
func TestAgents(t *testing.T) {
	t.Parallel()
	const person = visitor.Why("")
	for agent, want := range map[string]struct{ click, open visitor.Why }{
		iPhone: {person, person},
		chrome: {person, person},
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)":                                                                                                  {person, person},
		"Mozilla/5.0 (Linux; Android 14; SM-S918B) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0 Mobile Safari/537.36":                                                                    {person, person},
		"Mozilla/5.0 (Linux; Android 10; CUBOT_NOTE_20) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/111.0.0.0 Mobile Safari/537.36":                                                               {person, person},
		"Mozilla/5.0 (Linux; Android 9; CUBOT) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/99.0.4844.73 Mobile Safari/537.36":                                                                     {person, person},
		"Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 [FBAN/FBIOS;FBAV/457.0.0.30.107;FBBV/580000000;FBDV/iPhone14,5;FBMD/iPhone]": {person, person},
		"Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 [LinkedInApp]/9.29.8962":                                                     {person, person},
		"Mozilla/5.0 (iPhone; CPU iPhone OS 17_4_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 Snapchat/12.80.0.44 (like Safari/8617.2.4.10.8, panda)":                    {person, person},
		"Mozilla/5.0 (Linux; Android 13; Pixel 7 Build/TQ3A; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/123.0.6312.118 Mobile Safari/537.36 Instagram 327.0.0.48.93 Android":     {person, person},
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36 Avast/120.0.23647.224":                                                     {person, person},
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:125.0) Gecko/20100101 Thunderbird/125.0":                                                                                                      {person, person},
		"Outlook-iOS/709.2226530.prod.iphone (3.24.1)":                               {person, person},
		"Mozilla/4.0 (compatible; ms-office; MSOffice 16)":                           {visitor.Office, person},
		"Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0.17328; Pro)": {visitor.Office, person},
		"Mozilla/5.0": {visitor.Tool, visitor.Privacy},
		"Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)":                                                   {visitor.Robot, visitor.ImageProxy},
		"YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html":                                                                    {visitor.Robot, visitor.ImageProxy},
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/42.0.2311.135 Safari/537.36 Edge/12.246 Mozilla/5.0": {visitor.Privacy, visitor.Privacy},
		"Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)":                                                                                  {visitor.Preview, visitor.Preview},
		"WhatsApp/2.23.20.0 A": {visitor.Preview, visitor.Preview},
		"facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)":                                                                                           {visitor.Preview, visitor.Preview},
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_11_1) AppleWebKit/601.2.4 (KHTML, like Gecko) Version/9.0.1 Safari/601.2.4 facebookexternalhit/1.1 Facebot Twitterbot/1.0": {visitor.Preview, visitor.Preview},
		"Twitterbot/1.0": {visitor.Preview, visitor.Preview},
		"Mozilla/5.0 (compatible; Discordbot/2.0; +https://discordapp.com)":                               {visitor.Preview, visitor.Preview},
		"TelegramBot (like TwitterBot)":                                                                   {visitor.Preview, visitor.Preview},
		"LinkedInBot/1.0 (compatible; Mozilla/5.0; Apache-HttpClient +http://www.linkedin.com)":           {visitor.Preview, visitor.Preview},
		"Mozilla/5.0 (Windows NT 6.1; WOW64) SkypeUriPreview Preview/0.5 skype-url-preview@microsoft.com": {visitor.Preview, visitor.Preview},
		"BarracudaCentral/1.0 (Barracuda Sentinel (EE))":                                                  {visitor.Scanner, visitor.Scanner},
		"Mozilla/5.0 (compatible; Proofpoint URL Defense)":                                                {visitor.Scanner, visitor.Scanner},
		"Mimecast URL Protect": {visitor.Scanner, visitor.Scanner},
		"Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)":                                      {visitor.Robot, visitor.Robot},
		"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/120.0.0.0 Safari/537.36": {visitor.Tool, visitor.Tool},
		"python-requests/2.31.0": {visitor.Tool, visitor.Tool},
		"Go-http-client/2.0":     {visitor.Tool, visitor.Tool},
		"curl/8.5.0":             {visitor.Tool, visitor.Tool},
		"":                       {visitor.NoAgent, visitor.NoAgent},
	} {
		for kind, why := range map[visitor.Kind]visitor.Why{visitor.Click: want.click, visitor.Open: want.open} {
			got := visitor.Judge(visitor.Visit{Kind: kind, Method: "GET", Agent: agent, Since: time.Hour, At: sent, Link: "a"})
			machine := why != person && why != visitor.ImageProxy
			if got.Why != why || got.Machine != machine {
				t.Errorf("kind %d of %q is %+v, want %q", kind, agent, got, why)
			}
		}
	}
}

// What a browser's visit is, by everything but its user agent.
func TestSigns(t *testing.T) {
	t.Parallel()
	at := sent.Add(time.Minute)
	browser := visitor.Headers{AcceptLanguage: "de-DE,de;q=0.9"}
	visit := func(change func(*visitor.Visit)) visitor.Visit {
		v := visitor.Visit{Method: "GET", Agent: iPhone, Headers: browser, Since: time.Minute, Link: "a", At: at}
		change(&v)
		return v
	}
	others := func(links string, apart ...time.Duration) func(*visitor.Visit) {
		return func(v *visitor.Visit) {
			for i, d := range apart {
				v.Others = append(v.Others, visitor.Recent{Link: links[i : i+1], At: at.Add(d)})
			}
		}
	}
	for name, c := range map[string]struct {
		change func(*visitor.Visit)
		want   visitor.Verdict
	}{
		"a person":         {func(*visitor.Visit) {}, visitor.Verdict{Sure: true}},
		"a quick phone":    {func(v *visitor.Visit) { v.Since = 3 * time.Second }, visitor.Verdict{Sure: true}},
		"nobody can":       {func(v *visitor.Visit) { v.Since = 900 * time.Millisecond }, visitor.Verdict{Machine: true, Why: visitor.Soon}},
		"clocks disagree":  {func(v *visitor.Visit) { v.Since = -2 * time.Second }, visitor.Verdict{Sure: true}},
		"HEAD":             {func(v *visitor.Visit) { v.Method = "HEAD" }, visitor.Verdict{Machine: true, Sure: true, Why: visitor.Head}},
		"hidden link":      {func(v *visitor.Visit) { v.Honeypot = true }, visitor.Verdict{Machine: true, Sure: true, Why: visitor.Honeypot}},
		"Sec-Purpose":      {func(v *visitor.Visit) { v.Headers.SecPurpose = "prefetch;prerender" }, visitor.Verdict{Machine: true, Sure: true, Why: visitor.Prefetch}},
		"Purpose":          {func(v *visitor.Visit) { v.Headers.Purpose = "Prefetch" }, visitor.Verdict{Machine: true, Sure: true, Why: visitor.Prefetch}},
		"X-Moz":            {func(v *visitor.Visit) { v.Headers.XMoz = "prefetch" }, visitor.Verdict{Machine: true, Sure: true, Why: visitor.Prefetch}},
		"X-Purpose":        {func(v *visitor.Visit) { v.Headers.XPurpose = "preview" }, visitor.Verdict{Machine: true, Sure: true, Why: visitor.Prefetch}},
		"Purpose, other":   {func(v *visitor.Visit) { v.Headers.Purpose = "navigate" }, visitor.Verdict{Sure: true}},
		"data centre":      {func(v *visitor.Visit) { v.Hosted = true; v.Headers.AcceptLanguage = "" }, visitor.Verdict{Machine: true, Why: visitor.Hosted}},
		"at once, hosted":  {func(v *visitor.Visit) { v.Hosted = true; v.Since = 5 * time.Second }, visitor.Verdict{Machine: true, Why: visitor.Hosted}},
		"a VPN":            {func(v *visitor.Visit) { v.Hosted = true }, visitor.Verdict{Sure: true}},
		"a company":        {func(v *visitor.Visit) { v.Hosted = true; v.Headers = visitor.Headers{Via: "1.1 proxy"} }, visitor.Verdict{Sure: true}},
		"a double click":   {others("a", -time.Second), visitor.Verdict{Sure: true}},
		"two at once":      {others("b", -300*time.Millisecond), visitor.Verdict{Machine: true, Why: visitor.Burst}},
		"two at once, ere": {others("b", 300*time.Millisecond), visitor.Verdict{Machine: true, Why: visitor.Burst}},
		"two tabs":         {others("b", -1500*time.Millisecond), visitor.Verdict{Sure: true}},
		"the same again":   {others("bb", -1500*time.Millisecond, -1200*time.Millisecond), visitor.Verdict{Sure: true}},
		"three in two":     {others("bc", -1900*time.Millisecond, -1200*time.Millisecond), visitor.Verdict{Machine: true, Why: visitor.Burst}},
		"three in three":   {others("bc", -1500*time.Millisecond, 1500*time.Millisecond), visitor.Verdict{Sure: true}},
		"later":            {others("bcd", 3*time.Second, 4*time.Second, 5*time.Second), visitor.Verdict{Sure: true}},
		"pictures":         {func(v *visitor.Visit) { others("b", 0)(v); v.Kind = visitor.Open }, visitor.Verdict{Sure: true}},
		"proxy, too soon": {func(v *visitor.Visit) {
			v.Kind, v.Agent, v.Since = visitor.Open, "Mozilla/5.0 (via ggpht.com GoogleImageProxy)", time.Second
		}, visitor.Verdict{Machine: true, Why: visitor.Soon}},
	} {
		if got := visitor.Judge(visit(c.change)); got != c.want {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
}

// A search among merged networks finds what a look at each of them finds.
func TestRanges(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		address := rapid.Custom(func(t *rapid.T) netip.Addr {
			b := rapid.SliceOfN(rapid.ByteRange(0, 3), 16, 16).Draw(t, "bytes")
			if rapid.Bool().Draw(t, "v4") {
				return netip.AddrFrom4([4]byte(b[:4]))
			}
			return netip.AddrFrom16([16]byte(b))
		})
		networks := rapid.SliceOf(rapid.Custom(func(t *rapid.T) netip.Prefix {
			ip := address.Draw(t, "network")
			return netip.PrefixFrom(ip, rapid.IntRange(1, ip.BitLen()).Draw(t, "bits"))
		})).Draw(t, "networks")
		ip := address.Draw(t, "ip")
		want := slices.ContainsFunc(networks, func(n netip.Prefix) bool { return n.Contains(ip) })
		if got := visitor.NewRanges(networks).Contains(ip); got != want {
			t.Fatalf("%v in %v: %v, want %v", ip, networks, got, want)
		}
	})
	if (visitor.Ranges{}).Contains(netip.MustParseAddr("192.0.2.1")) || visitor.NewRanges(nil).Contains(netip.Addr{}) {
		t.Error("the empty set contains an address")
	}
}

// Whoever follows a link does so before or after another: both sides come to the same verdict.
func FuzzJudge(f *testing.F) {
	f.Add(iPhone, "GET", "", int64(500), int64(100))
	f.Add("Mozilla/5.0", "HEAD", "prefetch", int64(-5), int64(0))
	f.Fuzz(func(t *testing.T, agent, method, purpose string, apart, since int64) {
		v := visitor.Visit{
			Method: method, Agent: agent, Headers: visitor.Headers{Purpose: purpose}, Since: time.Duration(since) * time.Millisecond,
			Link: "a", At: sent, Others: []visitor.Recent{{Link: "b", At: sent.Add(time.Duration(apart) * time.Millisecond)}},
		}
		got := visitor.Judge(v)
		if got.Machine && got.Why == "" || got.Machine && got.Why == visitor.ImageProxy {
			t.Fatalf("%+v for %+v", got, v)
		}
		v.At, v.Others[0].At, v.Link, v.Others[0].Link = v.Others[0].At, v.At, "b", "a"
		if again := visitor.Judge(v); again != got {
			t.Fatalf("one way %+v, the other %+v", got, again)
		}
	})
}
