package identity

// Row is what the authority keeps of one id. The row of Authority itself keeps the latest version
// that was given out, and nothing else.
type Row struct {
	// Into and Version are where the id was last pointed ("": to itself), and by which version.
	Into    string  `cbor:"1,keyasint,omitempty"`
	Version uint64  `cbor:"2,keyasint,omitempty"`
	Claims  []Claim `cbor:"3,keyasint,omitempty"` // by Other
}

// Claim is what is known of one pair, in the row of one of the two: of two customers in both, else
// in that of the handle that may follow the other. Times are nanoseconds since 1970, zero: never.
type Claim struct {
	Other  string `cbor:"1,keyasint"`
	Joined bool   `cbor:"2,keyasint,omitempty"`
	First  int64  `cbor:"3,keyasint,omitempty"` // the earliest joined statement
	Last   int64  `cbor:"4,keyasint"`           // the latest statement
	UID    string `cbor:"5,keyasint,omitempty"` // the event of the latest statement
	// Former and Latter say that the row's own id was ever the former id of the two, and the other.
	Former bool `cbor:"6,keyasint,omitempty"`
	Latter bool `cbor:"7,keyasint,omitempty"`
}

// Encode writes a row.
func (r *Row) Encode() ([]byte, error) { return encode(r) }

// DecodeRow reads what Encode wrote.
func DecodeRow(b []byte) (*Row, error) {
	r := new(Row)
	return r, decode(b, r)
}
