package callback

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
)

// snsSignature signs as Amazon does: SHA-1 in version 1, SHA-256 in version 2.
func (s *signer) snsSignature(text string) string {
	digest, with := sha256.Sum256([]byte(text)), crypto.SHA256
	sum := digest[:]
	if s.snsVersion == "1" {
		old := sha1.Sum([]byte(text))
		sum, with = old[:], crypto.SHA1
	}
	sig, err := rsa.SignPKCS1v15(rand.Reader, keys().rsa, with, sum)
	if err != nil {
		panic(err)
	}
	return base64.StdEncoding.EncodeToString(sig)
}

// twilioSigned signs a URL alone, as Twilio does for GET.
func (s *signer) twilioSigned(target string) string {
	return base64.StdEncoding.EncodeToString(s.mac(sha1.New, target))
}
