package event

import "rapport/pkg/jsontext"

// scanner reads events and their data; what it gives up on is for encoding/json.
type scanner struct{ jsontext.Scanner }

func newScanner(text string) scanner { return scanner{jsontext.Scanner{Text: text}} }
