package journey_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"rapport/pkg/event"
	"rapport/pkg/journey"
	"rapport/pkg/message"
)

func thankYou() *journey.Definition {
	return &journey.Definition{
		Name: "thank-you", Version: "v1", Status: journey.Active, Category: message.Transactional,
		Enter: journey.Entry{On: event.OrderCompleted, Key: property("order_id")},
		Steps: []journey.Step{email("thanks", "thank-you")},
	}
}

func winBack() *journey.Definition {
	return &journey.Definition{
		Name: "win-back", Version: "v1", Status: journey.Active, Category: message.Marketing,
		Enter: journey.Entry{On: event.OrderCompleted, Again: journey.Again{Always: true}, Meanwhile: journey.Restart},
		Leave: []journey.LeaveRule{
			{On: event.OrderCompleted, If: when(func(s *journey.Scope) bool { return s.Sent()["first"] != nil }), As: "won back"},
			{On: event.OrderCompleted, As: "restarted"},
		},
		Steps: []journey.Step{
			wait("settle", 60*day), email("first", "win-back"), wait("patience", 30*day),
			{ID: "second", Send: &journey.Send{Channel: message.SMS, Template: "win-back"}},
		},
	}
}

func related() *journey.Definition {
	return &journey.Definition{
		Name: "related", Version: "v1", Status: journey.Active, Category: message.Marketing,
		Enter: journey.Entry{On: event.OrderCompleted, Again: journey.Again{After: 30 * day}, Meanwhile: journey.Ignore},
		Leave: []journey.LeaveRule{{On: event.OrderRefunded, As: "refunded", If: when(func(s *journey.Scope) bool {
			return s.EventProperty("order_id") == s.TriggerProperty("order_id")
		})}},
		Steps: []journey.Step{
			wait("settle", 3*day),
			{ID: "picks", Recommend: &journey.Recommend{Min: 2, Max: 4, Otherwise: []journey.Step{{Exit: &journey.Exit{Reason: "too few"}}}}},
			email("offer", "related"),
		},
	}
}

func TestThankYou(t *testing.T) {
	t.Parallel()
	p := newPerson(t, "ada", thankYou())
	p.orders(0, "A1", "lamp")
	p.orders(day, "A2", "bulb")
	p.happens(2*day, "retold", event.OrderCompleted, map[string]any{"order_id": "A1"}) // another event about the first order
	p.want("day 0: thank-you entered", "day 0: thank-you email thank-you goes", "day 0: thank-you finished",
		"day 1: thank-you entered", "day 1: thank-you email thank-you goes", "day 1: thank-you finished")
	var vars struct {
		Profile map[string]any `json:"profile"`
		Trigger map[string]any `json:"trigger"`
	}
	if err := json.Unmarshal(p.sent[0].Command.Vars, &vars); err != nil {
		t.Fatal(err)
	}
	if vars.Profile["email"] != "ada@example.com" || vars.Trigger["order_id"] != "A1" || vars.Trigger[event.ProfileProperty] != nil {
		t.Errorf("vars = %s", p.sent[0].Command.Vars)
	}
}

func TestWinBack(t *testing.T) {
	t.Parallel()
	p := newPerson(t, "ada", winBack())
	p.orders(0, "A1")
	p.orders(60*day, "A2") // at the very time of the timer: the event is first
	p.orders(121*day, "A3")
	p.until(300 * day)
	p.want("day 0: win-back entered", "day 60: win-back left: restarted", "day 60: win-back entered",
		"day 120: win-back email win-back goes", "day 121: win-back left: won back", "day 121: win-back entered",
		"day 181: win-back email win-back goes", "day 211: win-back sms win-back goes", "day 211: win-back finished")
}

func TestRelatedProducts(t *testing.T) {
	t.Parallel()
	p := newPerson(t, "ada", related())
	p.orders(0, "A1", "lamp")
	p.orders(day, "A2", "mug") // one is running: ignored
	p.happens(2*day, "r1", event.OrderRefunded, map[string]any{"order_id": "A2", "total": 10})
	p.orders(29*day, "A3") // too soon after the last entry
	p.orders(30*day, "A4", "pot")
	p.happens(31*day, "r2", event.OrderRefunded, map[string]any{"order_id": "A4", "total": 10})
	p.suggest = func(q journey.Query) []journey.Suggestion {
		if strings.Join(q.Basket, " ") != "kettle" || strings.Join(q.Exclude, " ") != "kettle lamp mug pot" || !q.AsOf.Equal(start().Add(63*day)) {
			t.Errorf("query = %+v", q)
		}
		return []journey.Suggestion{{ID: "tea"}}
	}
	p.orders(60*day, "A5", "kettle")
	p.until(100 * day)
	p.want("day 0: related entered", "day 3: related email related goes", "day 3: related finished",
		"day 30: related entered", "day 31: related left: refunded",
		"day 60: related entered", "day 63: related left: too few")
	if got := string(p.sent[0].Command.Vars); strings.Count(got, `"id":`) != 1+4 {
		t.Errorf("vars %s, want the profile and at most four products", got)
	}
}

func TestWhoDoesNotEnter(t *testing.T) {
	t.Parallel()
	paused := thankYou()
	paused.Status = journey.Paused
	for name, p := range map[string]*person{
		"an anonymous profile": newPerson(t, event.AnonymousPrefix+"x", thankYou()),
		"a paused journey":     newPerson(t, "ada", paused),
	} {
		p.orders(0, "A1", "lamp")
		if len(p.log) > 0 || p.state.Profile.Orders.Count != 1 {
			t.Errorf("%s: %v", name, p.log)
		}
	}
}

func TestPolicyKeepsBackWithAReason(t *testing.T) {
	t.Parallel()
	p := newPerson(t, "ada", winBack(), thankYou())
	p.happens(0, "e1", event.OrderCompleted, map[string]any{"order_id": "A1"})
	p.until(100 * day)
	p.want("day 0: thank-you entered", "day 0: thank-you email thank-you kept back: no_address", "day 0: thank-you finished",
		"day 0: win-back entered", "day 60: win-back email win-back kept back: no_consent",
		"day 90: win-back sms win-back kept back: no_consent", "day 90: win-back finished")
}

func TestBranchesAndNames(t *testing.T) {
	t.Parallel()
	d := thankYou()
	first := when(func(s *journey.Scope) bool { return s.Profile.Orders.Count == 1 })
	d.Steps = []journey.Step{
		{Branch: &journey.Branch{Cases: []journey.Case{
			{If: first, Steps: []journey.Step{wait("", day), email("", "welcome")}},
			{Steps: []journey.Step{{Branch: &journey.Branch{Cases: []journey.Case{{If: first}}}}, email("", "again")}},
		}}},
		email("", "thanks"),
	}
	p := newPerson(t, "ada", d)
	p.orders(0, "A1")
	p.orders(2*day, "A2")
	p.want("day 0: thank-you entered", "day 1: thank-you email welcome goes", "day 1: thank-you email thanks goes", "day 1: thank-you finished",
		"day 2: thank-you entered", "day 2: thank-you email again goes", "day 2: thank-you email thanks goes", "day 2: thank-you finished")
	if ids := []string{p.sent[0].Command.Step, p.sent[1].Command.Step, p.sent[2].Command.Step}; strings.Join(ids, " ") != "step-1.1.2 step-2 step-1.2.2" {
		t.Errorf("steps without a name are called %v", ids)
	}
}

func TestInstancesEndWithTheirLifetime(t *testing.T) {
	t.Parallel()
	d := winBack()
	d.Lifetime = 70 * day
	p := newPerson(t, "ada", d)
	p.orders(0, "A1")
	p.until(200 * day)
	p.want("day 0: win-back entered", "day 60: win-back email win-back goes", "day 70: win-back left: lifetime")
}

func TestANewVersionGoesOnAtTheStepOfTheSameName(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*journey.Definition)
		want   string
	}{
		"the step is still there": {func(d *journey.Definition) { d.Steps[1] = email("other", "other") }, "day 60: win-back email other goes"},
		"the step is gone":        {func(d *journey.Definition) { d.Steps[0].ID = "renamed" }, "day 60: win-back left: version gone"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPerson(t, "ada", winBack())
			p.orders(0, "A1")
			changed := winBack()
			c.change(changed)
			p.set = newPerson(t, "ada", changed).set
			p.until(61 * day)
			p.want("day 0: win-back entered", c.want)
		})
	}
}

// A changed journey may lead people past a step once more; what it sent is not sent again.
func TestAStepSendsOncePerInstance(t *testing.T) {
	t.Parallel()
	p := newPerson(t, "ada", winBack())
	p.orders(0, "A1")
	p.until(61 * day)
	turned := winBack()
	turned.Steps = []journey.Step{turned.Steps[0], turned.Steps[2], turned.Steps[1], turned.Steps[3]} // the mail now stands behind the second wait
	p.set = newPerson(t, "ada", turned).set
	p.until(100 * day)
	p.want("day 0: win-back entered", "day 60: win-back email win-back goes", "day 90: win-back sms win-back goes", "day 90: win-back finished")
}

func TestPostponedQuestionsAreAskedAgain(t *testing.T) {
	t.Parallel()
	p := newPerson(t, "ada", related())
	p.orders(0, "A1", "lamp")
	due := p.state.NextDue()
	asked := p.set.Fire(p.state, due)
	ask, ok := asked[0].(journey.Ask)
	if !ok || len(asked) != 1 {
		t.Fatalf("effects %+v, want a question", asked)
	}
	p.set.Postpone(p.state, ask.Instance, due.Add(time.Minute))
	p.reload()
	if got := p.set.Answer(p.state, "of another instance", nil, due); got != nil {
		t.Errorf("an answer to nobody has effects: %+v", got)
	}
	p.until(4 * day)
	if got := p.log[len(p.log)-1]; !strings.HasSuffix(got, "related finished") {
		t.Errorf("log ends with %q", got)
	}
}

// An answer goes on from the state after everything else, and may end what entered along with the one who asked: it is
// told after all of it.
func TestAnswersComeAfterEverythingElse(t *testing.T) {
	t.Parallel()
	asking := thankYou()
	asking.Name = "ask"
	asking.Steps = []journey.Step{
		{ID: "picks", Recommend: &journey.Recommend{Min: 2, Max: 4, Otherwise: []journey.Step{{ID: "few", Tag: &journey.Tag{Add: []string{"few"}}}}}},
	}
	p := newPerson(t, "ada", asking, related())
	p.suggest = func(journey.Query) []journey.Suggestion { return nil }
	p.orders(0, "A1")
	p.want("day 0: ask entered", "day 0: related entered", "day 0: ask finished")
}

func TestSetsRefuseWhatCannotBeLaidOut(t *testing.T) {
	t.Parallel()
	twins := thankYou()
	twins.Steps = []journey.Step{email("a", "x"), email("a", "y")}
	for name, defs := range map[string][]*journey.Definition{
		"two steps with an id":   {twins},
		"two journeys of a name": {thankYou(), thankYou()},
	} {
		if _, err := journey.NewSet(journey.Config{Journeys: defs}); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// A goal that asks for the order that entered finds it after the walk is over.
func TestGoalsRecallWhatEntered(t *testing.T) {
	t.Parallel()
	d := thankYou()
	d.Goal = &journey.Goal{On: event.OrderRefunded, Within: 10 * day, Recalls: true, If: when(func(s *journey.Scope) bool {
		return s.EventProperty("order_id") == s.TriggerProperty("order_id") && s.Sent()["thanks"] != nil
	})}
	p := newPerson(t, "ada", d)
	p.orders(0, "A1", "lamp")
	p.orders(day, "A2", "bulb")
	if len(p.state.Instances) != 0 || len(p.state.Triggers) != 2 {
		t.Fatalf("%d instances, %d triggers kept, want none and both", len(p.state.Instances), len(p.state.Triggers))
	}
	p.happens(2*day, "r1", event.OrderRefunded, map[string]any{"order_id": "A2", "total": 1})
	if n := len(p.state.Goals); n != 1 || len(p.state.Triggers) != 1 {
		t.Errorf("%d goals and %d triggers are left, want those of A1", n, len(p.state.Triggers))
	}
	p.happens(20*day, "r2", event.OrderRefunded, map[string]any{"order_id": "A1", "total": 1})
	if len(p.state.Goals) != 0 || len(p.state.Triggers) != 0 {
		t.Errorf("goals %+v and triggers %+v outlive their time", p.state.Goals, p.state.Triggers)
	}
}
