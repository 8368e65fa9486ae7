package transfer

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"time"
)

// checksum is the sum of the hashes of rows.
type checksum struct {
	rows int64
	sum  uint64
	row  []byte
}

func newChecksum() *checksum { return &checksum{} }

// add counts a row. Both databases' drivers give integers, text, bytes and NULL their own
// types; what is equal in the tables is equal here.
func (c *checksum) add(values []any) error {
	c.row = c.row[:0]
	for _, v := range values {
		switch v := v.(type) {
		case nil:
			c.row = append(c.row, 'n')
		case int64:
			c.row = binary.BigEndian.AppendUint64(append(c.row, 'i'), uint64(v))
		case int32:
			c.row = binary.BigEndian.AppendUint64(append(c.row, 'i'), uint64(int64(v)))
		case string:
			c.row = append(binary.BigEndian.AppendUint64(append(c.row, 'b'), uint64(len(v))), v...)
		case []byte:
			c.row = append(binary.BigEndian.AppendUint64(append(c.row, 'b'), uint64(len(v))), v...)
		case time.Time:
			return fmt.Errorf("a value is a time, which no table has")
		default:
			return fmt.Errorf("a value is a %T, which no table has", v)
		}
	}
	hash := sha256.Sum256(c.row)
	c.sum += binary.BigEndian.Uint64(hash[:8])
	c.rows++
	return nil
}

func (c *checksum) bytes() []byte {
	return binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(nil, uint64(c.rows)), c.sum)
}
