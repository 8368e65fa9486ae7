package recommend

import "time"

// Subject is where the recommender answers requests over NATS.
const Subject = "recommend.suggest"

// Request is a Query as it travels, in JSON. The answer is a Reply.
type Request struct {
	AsOf time.Time `json:"as_of"`
	// Through is the sequence of the EVENTS stream that the model must have read before it
	// answers. Together with AsOf it makes answers reproducible: all orders from before AsOf
	// are known, none from after it count.
	Through uint64   `json:"through"`
	Basket  []string `json:"basket"`
	Exclude []string `json:"exclude,omitempty"`
	From    []Source `json:"from,omitempty"`
	Min     int      `json:"min"`
	Max     int      `json:"max"`
}

// Reply answers a Request. Error is set when there is no answer (yet); asking again later
// may help.
type Reply struct {
	Suggestions []Suggestion `json:"suggestions,omitempty"`
	Error       string       `json:"error,omitempty"`
}
