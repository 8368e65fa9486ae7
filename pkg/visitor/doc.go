// Package visitor tells people from machines among those who follow a message's links and fetch its
// picture. Mail is read by scanners before people see it, fetched by proxies on their behalf, and
// unfolded into previews by chats; journeys that took those for interest would write to nobody's.
//
// It promises:
//
//   - a person is not lost lightly. One sign that people give as well (an address in a data centre,
//     which is also a company's way out or a VPN) is never enough; what is taken for a machine says
//     so by itself, or does what people cannot do. Scanners that look and behave like a browser are
//     therefore counted as people, until Ranges of theirs are given;
//   - the reason is one of a closed set (Why), fit for metrics;
//   - it is pure: time, addresses and earlier visits are passed in.
//
// # The rules, strongest first
//
//   - Head: HEAD asks for no page (RFC 9110, 9.3.2); no browser sends it for a link.
//   - Honeypot: the hidden link was followed, which nobody can see.
//   - Prefetch: the request says that it runs ahead of the person: Sec-Purpose or Purpose with
//     "prefetch" (https://fetch.spec.whatwg.org/#sec-purpose-header), X-Moz of older Firefox, X-Purpose with
//     "preview" of Safari.
//   - Preview, Scanner, Robot, Tool: the user agent says so, see agents.go. Apps' own browsers (Facebook,
//     LinkedIn, Snapchat) name the app as well and are people. Office asks for a page itself
//     before it opens the person's browser on it: Office, for links only.
//   - Privacy: the user agent is exactly "Mozilla/5.0". That is what Apple's Mail Privacy Protection
//     fetches pictures with, for everybody who has it switched on, opened or not
//     (https://wordtothewise.com/2021/09/apple-mpp/). A person may have opened the message as well, so it is
//     not sure. Links are never followed through it: there it is a Tool.
//   - Soon: less than two seconds after it was sent. The message has to be rendered, handed over,
//     delivered, noticed and opened first.
//   - Burst: two different links of one message within a second, or three within two. A thumb cannot; a
//     mouse that opens links in new tabs can open two in two seconds, which passes.
//   - Hosted: the address lies in ranges that the caller calls data centres, and something
//     else is odd: no Accept-Language, which every browser sends, or ten seconds have not passed since the sending.
//     With Via it came through a company's proxy, and the address says nothing.
//   - NoAgent: there is no user agent.
//
// Proxies for pictures are a special case. Gmail's (GoogleImageProxy) and Yahoo's (YahooMailProxy)
// fetch when the person opens the message (https://wordtothewise.com/2013/12/gmail-deploys-image-proxy-servers/),
// so they are an open by a person, seen through a proxy: ImageProxy, not sure. What Gmail fetches ahead
// has a user agent of its own and is Privacy. No proxy follows links: there they are robots.
package visitor
