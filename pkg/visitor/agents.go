package visitor

import "strings"

// gmailAhead ends the user agent with which Gmail fetches pictures when a message arrives: a browser of
// 2015 with "Mozilla/5.0" once more behind it.
const gmailAhead = "edge/12.246 mozilla/5.0"

// agents are parts of user agents, in lower case, and what has them. They are names that the machine
// gives itself; "preview" ones are documented by the chats, such as
// https://api.slack.com/robots, https://developers.facebook.com/docs/sharing/webmasters/web-crawlers/ and
// https://core.telegram.org/api/web-page.
var agents = []struct {
	part string
	why  Why
}{
	{"slackbot", Preview},
	{"slack-imgproxy", Preview},
	{"facebookexternalhit", Preview},
	{"facebot", Preview},
	{"meta-externalagent", Preview},
	{"meta-externalfetcher", Preview},
	{"twitterbot", Preview},
	{"discordbot", Preview},
	{"telegrambot", Preview},
	{"linkedinbot", Preview},
	{"skypeuripreview", Preview},
	{"microsoftpreview", Preview},
	{"snap url preview", Preview},
	{"redditbot", Preview},
	{"pinterestbot", Preview},
	{"vkshare", Preview},
	{"iframely", Preview},
	{"embedly", Preview},
	{"google-pagerenderer", Preview},
	{"mastodon/", Preview},

	{"barracuda", Scanner},
	{"proofpoint", Scanner},
	{"mimecast", Scanner},
	{"safelinks", Scanner},
	{"ironport", Scanner},
	{"ciscosecureemail", Scanner},
	{"trendmicro", Scanner},
	{"fortiguard", Scanner},
	{"fortimail", Scanner},
	{"fortisandbox", Scanner},
	{"sophos", Scanner},
	{"messagelabs", Scanner},
	{"forcepoint", Scanner},
	{"websense", Scanner},
	{"trellix", Scanner},
	{"fireeye", Scanner},
	{"mailscanner", Scanner},
	{"hornetsecurity", Scanner},
	{"vadesecure", Scanner},
	{"virustotal", Scanner},
	{"urlscan", Scanner},
	{"netcraft", Scanner},
	{"google-safety", Scanner},
	{"google-safebrowsing", Scanner},
	{"spamassassin", Scanner},
	{"phishtank", Scanner},

	{"headlesschrome", Tool},
	{"phantomjs", Tool},
	{"python-requests", Tool},
	{"python-urllib", Tool},
	{"python-httpx", Tool},
	{"aiohttp", Tool},
	{"go-http-client", Tool},
	{"apache-httpclient", Tool},
	{"libwww-perl", Tool},
	{"lua-resty-http", Tool},
	{"guzzlehttp", Tool},
	{"node-fetch", Tool},
	{"postmanruntime", Tool},
	{"httpie/", Tool},

	{"crawler", Robot},
	{"spider", Robot},
	{"+http", Robot},
}

// tools are how the user agents of programs begin; elsewhere in one the same words may mean
// something else.
var tools = []struct {
	prefix string
	why    Why
}{
	{"whatsapp/", Preview},
	{"curl/", Tool},
	{"wget/", Tool},
	{"java/", Tool},
	{"axios/", Tool},
	{"undici", Tool},
	{"node", Tool},
	{"ruby", Tool},
	{"php/", Tool},
	{"jetty/", Tool},
	{"windowspowershell", Tool},
}

// named is what a user agent says that it is, and "" for everything that may be a person.
func named(agent string) Why {
	agent = strings.ToLower(strings.TrimSpace(agent))
	for _, t := range tools {
		if strings.HasPrefix(agent, t.prefix) {
			return t.why
		}
	}
	for _, a := range agents {
		if strings.Contains(agent, a.part) {
			return a.why
		}
	}
	if bot(agent) {
		return Robot
	}
	return ""
}

// bot reports whether a word ends in "bot", as robots call themselves. Cubot makes telephones.
func bot(agent string) bool {
	for rest := agent; ; {
		_, after, found := strings.Cut(rest, "bot")
		if !found {
			return false
		}
		before := rest[:len(rest)-len(after)-len("bot")]
		if !strings.HasSuffix(before, "cu") && (after == "" || strings.ContainsRune("/;) ,-", rune(after[0]))) {
			return true
		}
		rest = after
	}
}
