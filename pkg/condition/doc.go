// Package condition is the expression language of journeys and segments:
//
//	event.total >= 20.0 and orders.count(last = 90d) == 0
//
// The grammar is that of expr-lang (https://expr-lang.org/docs/language-definition), read
// by its parser. Checking and evaluation are ours, for reasons its own checker and virtual
// machine do not allow for: a comparison with a missing value has to be false instead of an
// error ("<nil> >= int"), a property's type has to come from the event catalogue while its
// value comes from whatever JSON the shop sent, mistakes have to be explained to
// marketers with a place and a suggestion, and the cost of every evaluation has to be
// bounded exactly. What is left is a tree of closures, which is also several times faster.
//
// # What can be asked
//
// What an expression may read is fixed when it is compiled (Env), so that a misspelt
// property is an error in the file and not a silent false in the night:
//
//	event.NAME      properties of the event at hand, with type, id and time
//	trigger.NAME    properties of the event with which somebody entered the journey
//	sent.STEP       what the journey sent: id and at; missing until that step has sent
//	profile.NAME    traits by name (profile.traits.NAME insists), id, known, since
//	profile.consent.CHANNEL.PURPOSE     yes or no; email, sms, whatsapp, webhook
//	profile.double_opt_in.CHANNEL.PURPOSE  whether that yes was confirmed
//	profile.paused_until  profile.write_less   what the person asked for
//	profile.segments, profile.segment("vip"), profile.tags
//	profile.loyalty.points, .tier, .tier_at
//	profile.predicted.NAME              churn_risk, clv, or another model's figure
//	orders          completed orders, also as profile.orders; besides what all events
//	                have: refunds, total, refunded, first_at, last_at, last_id, bought
//	events("TYPE")  what happened to the person
//	messages        what was sent to them; messages.delivered, .opened, .clicked, .bounced,
//	                .complained, .replied and .failed are what came of it
//	now             the time of the question
//	today, hour, weekday, month    midnight today, 0 to 23, "mon" to "sun" and 1 to 12 where
//	                the person is: by their time zone, else phone, else country
//
// Of orders, events("TYPE") and messages one asks:
//
//	.count  .count(last = 90d)           how many, ever or within a window
//	.sum(total)  .avg  .min  .max        of a property: orders.sum(total, last = 30d)
//	.distinct(category)                  how many different values
//	.first  .last                        when; orders.last.total is a property of the last
//	.where(price > 30 and category == "lamps").count
//	.count(category == "lamps")          the same, and so in sum and the rest
//	.count(channel = "email")            the same, for a property that equals a value
//	.count(since = trigger.time)         a window that begins at a time
//
// Windows reach back 400 days at most, and have no upper end: an event whose clock runs
// ahead of ours counts. How exact an answer about the distant past is, says
// package profile; conditions on properties, and sums of others than total, value and
// revenue, look at the latest 64 events of a type. An order's products are kept with
// product_id and category: orders.where(any(products, .category == "lamps")).count.
//
// # Operators and functions
//
//	and or not && || !            == != < <= > >=            ? :   ??
//	in   not in                   value in list
//	contains startsWith endsWith  of texts, also with not; matches: a pattern (RE2)
//	+ - * / %                     numbers; times and lengths of time as far as it makes sense
//	any all none one count filter map sum   any(event.products, .price > 30)
//	list.exists(x, x.price > 30)  the same; also all, none, one and count
//	len first last                of lists; event.products[0], [-1]
//	min max abs round floor ceil  lower upper trim
//	since(t) until(t)             how long ago, how long until
//	days(d) hours(d)              whole ones of a length of time
//	age(t)                        full years since a date, where the person is
//	90d 12h 2w 1d12h              lengths of time (w, d, h, m, s); duration("90d")
//	"2026-03-02"                  compared with a time, a text is one; a date begins at
//	                              midnight UTC
//
// # Missing values
//
// A property that is not there is missing (nil). Every comparison with a missing value is
// false, != and not in included; x == nil and x != nil ask whether it is there, and x ?? 0
// puts something in its place. Arithmetic and text functions on a missing value give a
// missing value, but a missing list is empty: its len and count are 0, any of it is false
// and all of it true, as of nothing. A missing truth is false. The sum and the count
// of nothing are 0, its average, smallest, greatest, first and last are missing.
//
// # Time
//
// Some answers change without an event: "no order for 90 days". While a condition is
// evaluated, each part that looked at the clock notes when its own answer could next be
// another one (journey.Scope.NoteChange): a window when the oldest thing in it leaves, a
// comparison with a moving time when both sides meet, the hour when the clock shows the
// next. Until Scope.NextChange the answer stays, whatever the time, unless an event comes;
// DepsOf says which events matter. A value that moves with the clock may only be compared
// or computed with, so that this is always known.
//
// # Forms
//
// When is the structured form that files may use instead: profile.country: [DE, AT]. It
// compiles to an expression. Explain tells what every part of a condition saw, English
// puts it into a sentence, Warnings are what is allowed and hardly meant.
//
// # Promises
//
// The package is pure: no clock (expr's now() and date() do not exist here), no
// randomness, no shared state. Compiled conditions are immutable and safe for concurrent
// use. An evaluation takes at most maxSteps steps, whatever the event holds, and its cost
// does not grow with the length of a person's history. Expressions of more than 2000
// characters or 300 parts are refused, and patterns that a few letters blow up.
package condition
