package policy

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"strconv"

	"rapport/pkg/message"
)

// HeldOut reports whether a person is in the control group. It is decided by the salt and
// the person alone: a hash of both, read as a number from 0 to 1, is below the share. So it
// is the same in every replay, nobody moves when people are added, and raising the share
// keeps all who are in.
func (p *Policy) HeldOut(profileID string) bool {
	return p != nil && p.Holdout > 0 && position(p.HoldoutSalt, profileID) < p.Holdout
}

// position is where a person stands in a group, from 0 to below 1.
func position(salt, profileID string) float64 {
	b := make([]byte, 0, 128)
	b = append(strconv.AppendInt(append(b, "holdout:"...), int64(len(salt)), 10), ':')
	b = append(append(b, salt...), profileID...)
	sum := sha256.Sum256(b)
	return float64(binary.BigEndian.Uint64(sum[:8])>>11) / (1 << 53)
}

// heldOut is asked of every message for the journey's own arm, because the journey itself
// wants to know what it is worth; the control group concerns marketing alone.
func heldOut(q *question) bool {
	return q.r.Ghost || (!q.exempt() && q.p.HeldOut(q.r.Profile.ID))
}

func tellHeldOut(q *question) []Check {
	global := Check{message.ReasonHeldOut, Exempt, describeHoldout(q.p.Holdout), "not asked of transactional messages"}
	arm := Check{message.ReasonHeldOut, Passed, fmt.Sprintf("the holdout arm of journey %s gets nothing", q.r.Journey), "is not in it"}
	if q.r.Ghost {
		arm.Answer, arm.Saw = Blocked, "is in it"
	}
	if !q.exempt() {
		global.Answer, global.Saw = Passed, "is not in it"
		if q.p.Holdout <= 0 {
			global.Saw = "so nobody is in it"
		}
		if q.p.HeldOut(q.r.Profile.ID) {
			global.Answer, global.Saw = Blocked, "is in it"
		}
	}
	return []Check{global, arm}
}

// left holds for every category: a message of a journey that is over says what is over.
func left(q *question) bool { return q.r.Left }

func tellLeft(q *question) []Check {
	c := Check{message.ReasonLeft, Passed, "who left the journey gets no more of it", "is still in it"}
	if q.r.Left {
		c.Answer, c.Saw = Blocked, "has left"
	}
	return []Check{c}
}

func describeHoldout(share float64) string {
	if share <= 0 {
		return "there is no control group"
	}
	return strconv.FormatFloat(share*100, 'g', 6, 64) + "% of all people are in a control group and get no marketing"
}
