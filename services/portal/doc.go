// Package portal is what a message's links lead to: clicks and opens, unsubscribing, the preference
// centre, and the second step of a double opt-in.
//
// Consumes: HTTP requests with tokens that package link sealed. A token is all the authority there is;
// nobody logs in, and there are no cookies.
//
//	GET, HEAD  /c/TOKEN      a link: redirects to where it was sealed to go, and nowhere else
//	GET, HEAD  /o/TOKEN.gif  the picture of an open
//	GET        /u/TOKEN      asks whether to unsubscribe; changes nothing
//	POST       /u/TOKEN      unsubscribes: from the page, or as one click (RFC 8058)
//	GET, POST  /p/TOKEN      the preference centre; the token of an unsubscribe link opens it as well
//	GET, POST  /k/TOKEN      confirms a double opt-in, by POST
//
// Publishes: email.clicked or email.scanned, email.opened or email.prefetched, email.unsubscribed,
// consent.confirmed and preferences.changed, each for the profile that the token names, with the data that
// events about messages have (channel says which one it was: the names begin with "email." for
// all). What changes a consent travels in "$profile", with proof.
//
// Owns: nothing on disk.
//
// Guarantees:
//
//   - GET never changes anything. Scanners fetch every link of a mail.
//   - A page that says that something was changed says so after the broker has stored it. Without the
//     broker the answer is 503 with Retry-After, and one-click senders repeat it. Repeated within five
//     seconds, the same wish is the same event; later it is another one that says the same, which is harmless. A
//     longer time would take a wish, its undoing and the wish again for two.
//   - A redirect, and the picture, wait for nobody. What they tell is published in the background,
//     in order, from a bounded queue, and tried again until the broker takes it. Run
//     ends after the queue is empty, or after Options.DrainWithin. What did not fit, and what was left then, is counted as dropped.
//   - No open redirect: the address is part of what was sealed. What is forged is
//     answered by one page that tells nothing of the reason; what is only old leads to the shop.
//   - Withdrawing works with an old link too: nobody has to stay subscribed because a link expired. Nothing else does.
//   - Bounded: bodies (16 KiB), times, clicks held, events waiting, and forms per address (one-click
//     posts of mailbox providers come from few addresses and are not counted).
//
// # Clicks are held back for two seconds
//
// A click is told to be a person's or a machine's by what happens around it: a scanner follows
// several links within two seconds (package visitor). So what is not surely a machine's waits for
// two seconds, in memory, until the clicks after it are known. A journey that acts on
// email.clicked acts at once, and cannot take back what it sent; an event that corrects another would
// come too late. The price is that a process which is killed loses the clicks of its last two seconds
// at most (and what waits for a broker that is away). A stop loses none: what is held is judged
// by what is known by then.
//
// A second click on the same link within the two seconds is the same click. Each process judges by what it
// saw itself; behind a balancer, send the requests of one address to one process.
//
// # What is kept of the visitor
//
// Events of clicks and opens have the user agent and no address: nothing decides by it, and it is
// personal data. Proof of consent has the full address, the user agent, the time, the form and its
// language: it has to convince others. Spans and logs have neither tokens nor addresses.
//
// # Consent in the preference centre
//
// Only what was shown on the form is changed, and only where the choice differs from what the form showed or
// from what is known now. Who opens a link that came to an address has shown that the address is theirs, so
// what is granted for the token's channel is confirmed at once; what is granted for other channels is not.
// Events apply a little later, so the page shows what was chosen, not what is stored.
//
// # Why it is so
//
// Pages work without scripts in any browser: people unsubscribe from within mail clients and on old telephones,
// and what works there works with a screen reader too. The content policy allows one style sheet and forms to this
// server. Links of a tracked message share the domain of the sender, which is why this is a service of its own and not
// a part of the console.
package portal
