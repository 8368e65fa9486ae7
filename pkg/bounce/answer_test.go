package bounce

import "testing"

// TestAnswer: what servers answer at once is read as what they write in reports. The words are
// those that the large mailbox providers document for their refusals, with other numbers.
func TestAnswer(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		code           int
		words          string
		class          Class
		reason, status string
	}{
		{550, "5.1.1 The email account that you tried to reach does not exist.", Hard, "no such user", "5.1.1"},
		{550, "5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found", Hard, "bad address", "5.1.10"},
		{552, "5.2.2 The recipient's inbox is out of storage space.", Soft, "mailbox full", "5.2.2"},
		{452, "4.2.2 The recipient's inbox is out of storage space.", Soft, "mailbox full", "4.2.2"},
		{550, "5.7.26 Unauthenticated email is not accepted due to domain's DMARC policy.", Block, "authentication", "5.7.26"},
		{550, "5.7.1 Unfortunately, messages from [192.0.2.1] weren't sent. (S3140)", Block, "reputation", "5.7.1"},
		{421, "4.7.28 Our system has detected an unusual rate of mail from your IP address.", Soft, "temporary", "4.7.28"},
		{554, "5.3.4 Message size exceeds fixed limit", Message, "too big", "5.3.4"},
		{550, "no", Other, "unknown", ""},
		{450, "Greylisted, come back later", Soft, "greylisted", ""},
	} {
		class, reason, status := Answer(tc.code, tc.words)
		if class != tc.class || reason != tc.reason || status != tc.status {
			t.Errorf("%d %s: %s, %s, %s, want %s, %s, %s", tc.code, tc.words, class, reason, status, tc.class, tc.reason, tc.status)
		}
	}
}
