package profile

import (
	"errors"
	"fmt"

	"rapport/pkg/profile/stored"
)

// formVersion is the first byte of a profile that is stored by itself.
const formVersion = 1

// Encode writes a profile by itself, as a part of a person's: its stored form behind a number.
func Encode(p *Profile) ([]byte, error) {
	var f stored.Form
	b, ok := stored.Append(&f, []byte{formVersion}, p, (*Profile).Form)
	if !ok {
		return nil, fmt.Errorf("encode profile %s: a trait is no value of JSON", p.ID)
	}
	return b, nil
}

// Decode reads what Encode wrote. It keeps nothing of b.
func Decode(b []byte) (*Profile, error) {
	if len(b) == 0 || b[0] != formVersion {
		return nil, fmt.Errorf("decode profile: written by another version of Rapport (format %v, this one reads %d)", b[:min(1, len(b))], formVersion)
	}
	var f stored.Form
	var p Profile
	if !stored.Read(&f, b[1:], &p, (*Profile).Form) {
		return nil, errors.New("decode profile: it is damaged")
	}
	return &p, nil
}

// JoinStored joins two profiles as Encode writes them; the join has the id of the first.
func JoinStored(a, b []byte) ([]byte, error) {
	pa, err := Decode(a)
	if err != nil {
		return nil, err
	}
	pb, err := Decode(b)
	if err != nil {
		return nil, err
	}
	return Encode(Join(pa.ID, pa, pb))
}
