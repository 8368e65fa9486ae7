package journey_test

import (
	"testing"
	"time"

	"rapport/pkg/event"
	"rapport/pkg/journey"
	"rapport/pkg/schedule"
)

// starting is a journey that a time enters, with one message.
func starting(version string, e journey.Entry) *journey.Definition {
	e.Again = journey.Again{Always: true}
	return &journey.Definition{
		Name: "j", Version: version, Status: journey.Active, Category: "transactional", Enter: e,
		Steps: []journey.Step{email("mail", "mail")},
	}
}

func at(after time.Duration) journey.Entry {
	return journey.Entry{Broadcast: &journey.Broadcast{At: start().Add(after)}}
}

func daily(t *testing.T, cron string) journey.Entry {
	t.Helper()
	c, err := schedule.ParseCron(cron)
	if err != nil {
		t.Fatal(err)
	}
	return journey.Entry{Broadcast: &journey.Broadcast{Cron: &c}}
}

// A broadcast that is put off just before its time does not go at the old time as well,
// however late the profile meets the change; one that is moved ahead goes once.
func TestBroadcastIsMovedWhileItIsDue(t *testing.T) {
	t.Parallel()
	const hour = time.Hour
	for name, c := range map[string]struct {
		from, to          time.Duration
		changed, met, end time.Duration
		want              []string
	}{
		"put off":                              {10 * hour, 12 * hour, 9 * hour, 11 * hour, 24 * hour, []string{"day 0.5: j entered"}},
		"moved ahead, into the time of change": {12 * hour, 10 * hour, 9 * hour, 11 * hour, 24 * hour, []string{"day 0.4583333333333333: j entered"}},
		"left where it was":                    {10 * hour, 10 * hour, 9 * hour, 11 * hour, 24 * hour, []string{"day 0.4583333333333333: j entered"}},
		"gone out before the change":           {8 * hour, 12 * hour, 9 * hour, 11 * hour, 24 * hour, []string{"day 0.3333333333333333: j entered", "day 0.5: j entered"}},
		"due before the change, and late":      {8 * hour, 12 * hour, 9 * hour, 11 * hour, 24 * hour, []string{"day 0.4583333333333333: j entered", "day 0.5: j entered"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPerson(t, "ada")
			p.under(0, in("w1", starting("v1", at(c.from))))
			p.happens(hour, "e", "e.0", nil)
			next := in("w2", starting("v2", at(c.to)))
			next.Since = start().Add(c.changed)
			set := setOf(t, next)
			if name != "due before the change, and late" {
				p.until(c.changed)
			}
			p.set = set
			now := start().Add(c.met)
			p.effects(set.Refresh(p.state, now), now)
			p.reload()
			p.fired(c.met)
			p.until(c.end)
			p.want(mailed(c.want)...)
		})
	}
}

// mailed adds to each entry what becomes of it.
func mailed(entered []string) []string {
	var list []string
	for _, l := range entered {
		day := l[:len(l)-len("j entered")]
		list = append(list, l, day+"j email mail kept back: no_address", day+"j finished")
	}
	return list
}

// After a long silence the latest of what was missed is made up for, if it is not too late.
func TestMissedBroadcasts(t *testing.T) {
	t.Parallel()
	p := newPerson(t, "ada")
	p.under(0, in("w1", starting("v1", daily(t, "0 10 * * *"))))
	p.happens(0, "e", "e.0", nil)
	p.fired(3*day + 3*time.Hour) // at 12 o'clock
	p.until(4*day + 2*time.Hour)
	p.want(mailed([]string{"day 3.125: j entered", "day 4.041666666666667: j entered"})...)
}

// Who has left the audience before the time is not entered, though all of it is found out
// at once, later.
func TestAudienceIsAskedWhenItIsTime(t *testing.T) {
	t.Parallel()
	e := at(10 * time.Hour)
	e.Broadcast.Audience = "fresh"
	c := in("w1", starting("v1", e))
	fresh := quiet{"e.0", 0}
	c.Segments = []*journey.Segment{{Name: "fresh", Version: "1", Reads: journey.Reads{Events: []string{"e.0"}}, If: within{fresh.typ, 8 * time.Hour}}}
	p := newPerson(t, "ada")
	p.under(0, c)
	p.happens(0, "e", "e.0", nil)
	p.fired(11 * time.Hour)
	p.want()
}

// Who comes into the audience by time at the time of the broadcast gets it once, also when
// timers are heard of a little late; who came in after it does not.
func TestAudienceOfTheVeryMoment(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		broadcast time.Duration
		want      []string
	}{
		"at that moment": {day, []string{"day 1.25: j entered", "day 1.25: j email mail kept back: no_address", "day 1.25: j finished"}},
		"after it":       {day - 1, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := at(c.broadcast)
			e.Broadcast.Audience = "quiet"
			world := in("w1", starting("v1", e))
			world.Segments = []*journey.Segment{{Name: "quiet", Version: "1", Reads: journey.Reads{Events: []string{"e.0"}}, If: quiet{"e.0", 1}}}
			p := newPerson(t, "ada")
			p.under(0, world)
			p.happens(0, "e", "e.0", nil)
			p.fired(day + 6*time.Hour)
			p.happens(day+6*time.Hour, "f", "e.1", nil)
			p.fired(day + 7*time.Hour)
			p.want(c.want...)
		})
	}
}

// within holds for some time after an event.
type within struct {
	typ string
	d   time.Duration
}

func (x within) String() string { return "within " + x.d.String() }
func (x within) Eval(s *journey.Scope) (bool, error) {
	r := s.Profile.History.Of(x.typ)
	if r == nil {
		return false, nil
	}
	until := time.Unix(0, r.Last).Add(x.d)
	s.NoteChange(until)
	return s.Now.Before(until), nil
}

// A local time comes once, also for those who go west, or of whom it is learnt where they
// are after it has come.
func TestLocalTimesComeOnce(t *testing.T) {
	t.Parallel()
	cron := daily(t, "0 12 * * mon")
	cron.Broadcast.Local = true
	once := at(3 * time.Hour) // 12 o'clock on Monday
	once.Broadcast.Local = true
	date := journey.Entry{Date: &journey.Anniversary{Of: trait("birthday"), At: schedule.Clock{Hour: 12}}}
	for name, e := range map[string]journey.Entry{"cron": cron, "once": once, "date": date} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPerson(t, "ada")
			p.under(0, in("w1", starting("v1", e)))
			lives := func(after time.Duration, zone string) {
				p.happens(after, zone, "e.0", map[string]any{event.ProfileProperty: map[string]any{
					"traits": map[string]any{"timezone": zone, "birthday": "1990-03-02"},
				}})
			}
			lives(time.Hour, "Europe/London")
			lives(4*time.Hour, "America/New_York")
			p.until(5 * day)
			p.want(mailed([]string{"day 0.125: j entered"})...)
		})
	}
}
