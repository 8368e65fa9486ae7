package journey_test

import "testing"

// A message says the purpose of its journey, which is what its unsubscribe link withdraws.
func TestMessagesSayTheirPurpose(t *testing.T) {
	t.Parallel()
	for _, purpose := range []string{"", "news"} {
		d := thankYou()
		d.Purpose = purpose
		p := newPerson(t, "ada", d)
		p.orders(0, "A1", "lamp")
		if len(p.sent) != 1 || p.sent[0].Command.Purpose != purpose {
			t.Errorf("a journey for the purpose %q sent %+v", purpose, p.sent)
		}
	}
}
