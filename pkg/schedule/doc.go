// Package schedule is all arithmetic with time that the journey language needs: waits,
// quiet hours, cron lines, birthdays, and the zones in which they are meant.
//
// It is pure: the time comes in as a parameter, and no result depends on the Location of a
// time that comes in, only on the instant and on the zone that is named beside it. Results
// are in that zone.
//
// # Changes of the clock
//
// Local time is not a line: hours are left out in spring and repeated in autumn. All of the
// package follows the same rules.
//
//   - A local time that does not exist on its day (02:30 in Berlin on the last Sunday of
//     March) is the first instant after the gap (03:00).
//   - A local time that exists twice is the first of the two.
//   - A duration is a duration: "for: 1d" is 24 hours, over a change of the clock too.
//   - A day that does not exist (30 December 2011 in Apia) is nobody's weekday and no day of
//     a cron line. A yearly or one-off date that falls on it is the first instant after it.
//   - Quiet hours are what the recipient's clock on the wall shows, however often it shows it.
//   - Cron lines that name hours follow the first two rules; those of every hour run in the
//     repeated hour again and are not moved by a gap, because they mean "each time that so
//     many minutes have passed" (as in Vixie cron, crontab(8)).
//   - 29 February is celebrated on the 28th in common years.
//
// Cron lines are read and followed here, because libraries do otherwise on just those days: of
// robfig/cron v3.0.1, netresearch/go-cron v0.9.1 and adhocore/gronx v1.20.4, asked for
// "30 2 * * *" in Berlin in 2026, two leave out 29 March and one comes at 03:30; two come twice
// on 25 October. Two lose 29 February 2104, and the third takes 30 ms to find that 30 February
// does not come.
//
// # Zones
//
// Rules of zones come from time.LoadLocation: the machine's own files when it has them, else
// those that Go brings along (time/tzdata), so that an empty image knows them as well. The
// package keeps what it has loaded. That memory is the one thing here that outlives a call;
// nothing can be told from it but how long a call takes, and it is bounded.
package schedule
