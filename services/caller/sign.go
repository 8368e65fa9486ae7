package caller

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"
	"time"
)

const signatureHeader = "Rapport-Signature"

// signature signs a body as Stripe does, see the package's description. The time is part of
// what is signed, so that an old call cannot be passed off as a new one.
func signature(keys []string, at time.Time, body []byte) string {
	stamp := strconv.FormatInt(at.Unix(), 10)
	var b strings.Builder
	b.WriteString("t=" + stamp)
	for _, key := range keys {
		mac := hmac.New(sha256.New, []byte(key))
		mac.Write([]byte(stamp + "."))
		mac.Write(body)
		b.WriteString(",v1=" + hex.EncodeToString(mac.Sum(nil)))
	}
	return b.String()
}
