package ingest

import (
	"fmt"
	"net/http"

	"rapport/pkg/event"
)

// callAnswer says that a call is stored, and under which id.
type callAnswer struct {
	Success bool   `json:"success" doc:"Always true: the broker has the event."`
	ID      string `json:"id" doc:"The messageId, or the id that the event got because it had none."`
}

// batchAnswer says item by item what became of a batch.
type batchAnswer struct {
	Success  bool `json:"success" doc:"Always true: the broker has every item that is not rejected."`
	Accepted int  `json:"accepted" doc:"How many items are stored."`
	// Results are those of all items, in their order.
	Results  []result   `json:"results" doc:"What became of each item, in the order of the batch."`
	Rejected []rejected `json:"rejected" doc:"The rejected items once more. Repeating them as they are would not help."`
}

// result is what became of one item.
type result struct {
	Index  int    `json:"index" doc:"Position in the batch, from 0."`
	ID     string `json:"id,omitempty" doc:"The item's id, or the one that it got because it had none."`
	Status string `json:"status" enum:"stored,rejected" doc:"Whether the broker has it."`
	Field  string `json:"field,omitempty" doc:"Which field is wrong."`
	Error  string `json:"error,omitempty" doc:"What is wrong with it, and the remedy."`
}

const (
	itemStored   = "stored"
	itemRejected = "rejected"
)

// add notes an item that is stored once the answer is sent.
func (a *batchAnswer) add(i int, id string) {
	a.Results = append(a.Results, result{Index: i, ID: id, Status: itemStored})
	a.Accepted++
}

// reject notes an item that is not taken.
func (a *batchAnswer) reject(i int, id string, err *fieldError) {
	a.Results = append(a.Results, result{Index: i, ID: id, Status: itemRejected, Field: err.field, Error: err.detail})
	a.Rejected = append(a.Rejected, rejected{Index: i, ID: id, Field: err.field, Error: err.detail, reason: err.reason})
}

func newBatchAnswer(n int) *batchAnswer {
	return &batchAnswer{Success: true, Results: make([]result, 0, n), Rejected: []rejected{}}
}

// from is what the events of one request have in common.
func (s *Service) from(k *Key) *origin {
	return &origin{key: k, received: s.o.Now(), maxSize: s.o.Limits.Event, plan: s.o.Plan, catalogue: s.o.Catalogue}
}

// serveCall takes one call.
func (s *Service) serveCall(w http.ResponseWriter, r *http.Request, verb string) {
	var c *call
	k, p := s.admit(w, r, s.o.Limits.Event, func(body []byte) (key []byte, p *problem) {
		if c, p = decodeCall(body); p != nil {
			return nil, p
		}
		return c.WriteKey, nil
	})
	if p != nil {
		s.refuse(w, r, p)
		return
	}
	o := s.from(&k)
	a, ferr := o.accept(c, verb)
	if ferr != nil {
		s.refuse(w, r, fieldProblem(ferr))
		return
	}
	s.answerOne(w, r, o, a)
}

// answerOne stores one event and says so.
func (s *Service) answerOne(w http.ResponseWriter, r *http.Request, o *origin, a accepted) {
	if p := s.store(r.Context(), o, []accepted{a}); p != nil {
		s.refuse(w, r, p)
		return
	}
	writeJSON(w, http.StatusOK, "application/json", callAnswer{true, a.event.ID})
}

// serveBatch takes a list of calls.
func (s *Service) serveBatch(w http.ResponseWriter, r *http.Request) {
	var b *batch
	k, p := s.admit(w, r, s.o.Limits.Batch, func(body []byte) (key []byte, p *problem) {
		if b, p = decodeBatch(body); p != nil {
			return nil, p
		}
		return b.WriteKey, nil
	})
	if p == nil {
		p = s.checkItems("batch", len(*b.Batch))
	}
	if p != nil {
		s.refuse(w, r, p)
		return
	}
	o := s.from(&k)
	o.sentAt, o.context = b.SentAt, b.Context
	answer, good := acceptAll(o, b)
	s.answerAll(w, r, o, answer, good)
}

// answerAll stores the good items of a batch and tells of all.
func (s *Service) answerAll(w http.ResponseWriter, r *http.Request, o *origin, answer *batchAnswer, good []accepted) {
	if len(good) == 0 {
		p := newProblem(http.StatusBadRequest, invalid, "Nothing acceptable",
			fmt.Sprintf("None of the %d items could be accepted; rejected says why, item by item.", len(answer.Results)))
		p.Rejected = answer.Rejected
		s.refuse(w, r, p)
		return
	}
	if p := s.store(r.Context(), o, good); p != nil {
		s.refuse(w, r, p)
		return
	}
	for _, rej := range answer.Rejected {
		s.metrics.refused(r.Context(), rej.reason, 1)
	}
	writeJSON(w, http.StatusOK, "application/json", answer)
}

func (s *Service) checkItems(field string, n int) *problem {
	switch {
	case n == 0:
		return fieldProblem(wrong(field, "is empty: send at least one"))
	case n > s.o.Limits.Items:
		return fieldProblem(wrong(field, "has %d items, at most %d are taken: send several batches", n, s.o.Limits.Items).because(tooLarge))
	}
	return nil
}

func acceptAll(from *origin, b *batch) (*batchAnswer, []accepted) {
	answer := newBatchAnswer(len(*b.Batch))
	good := make([]accepted, 0, len(*b.Batch))
	for i := range *b.Batch {
		c := &(*b.Batch)[i]
		a, err := from.acceptItem(c, b.notObjects[i])
		if err != nil {
			id, _ := text("messageId", c.MessageID)
			answer.reject(i, id, err)
			continue
		}
		answer.add(i, a.event.ID)
		good = append(good, a)
	}
	return answer, good
}

// acceptItem is accept for a call of a batch, which says itself what it is.
func (o *origin) acceptItem(c *call, notObject *fieldError) (accepted, *fieldError) {
	if notObject != nil {
		return accepted{}, notObject
	}
	verb, err := text("type", first(c.Type, c.Action))
	if err != nil {
		return accepted{}, err
	}
	return o.accept(c, verb)
}

// serveDropped takes what browsers' libraries tell about themselves, and keeps none of it. They
// would try again and again if nobody answered.
func (s *Service) serveDropped(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, http.StatusOK, "application/json", struct {
		Success bool `json:"success"`
	}{true})
}

// product reports whether an event is about the catalogue, and no person.
func product(e *event.Event) bool {
	return e.Type == event.ProductUpdated || e.Type == event.ProductRemoved
}
