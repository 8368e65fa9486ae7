package signature

import (
	"crypto/ecdsa"
	"encoding/json"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"testing"
)

// vector is one request of the published vectors.
type vector struct {
	Scheme, Name, URL, Body, Secret string
	AuthToken                       string `json:"auth_token"`
	PublicKey                       string `json:"public_key"`
	ContentType                     string `json:"content_type"`
	Params, Header                  map[string]string
	Valid                           bool
}

// vectors reads the shared test data, or skips the test when it is not there.
func vectors(t *testing.T) []vector {
	t.Helper()
	root := os.Getenv("RAPPORT_TESTDATA")
	if root == "" {
		dir, err := os.Getwd()
		if err != nil {
			t.Fatal(err)
		}
		for !exists(filepath.Join(dir, "go.work")) {
			if dir == filepath.Dir(dir) {
				t.Skip("no go.work above this package: set RAPPORT_TESTDATA to run this test")
			}
			dir = filepath.Dir(dir)
		}
		root = filepath.Join(dir, "..", "shared", "testdata")
	}
	path := filepath.Join(root, "webhook-signatures", "vectors.json")
	if !exists(path) {
		t.Skipf("%s is absent; set RAPPORT_TESTDATA to where the test data is", path)
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var all []vector
	if err := json.Unmarshal(raw, &all); err != nil {
		t.Fatal(err)
	}
	return all
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// verify asks the function of the vector's scheme.
func (v *vector) verify() error {
	switch v.Scheme {
	case "twilio":
		got, tokens := v.Header["X-Twilio-Signature"], []string{v.AuthToken}
		if v.ContentType == "application/json" {
			return TwilioBody(tokens, v.URL, []byte(v.Body), got)
		}
		form, err := url.ParseQuery(v.Body)
		if err != nil {
			return err
		}
		for name, value := range v.Params {
			form.Set(name, value)
		}
		return Twilio(tokens, v.URL, form, got)
	case "shopify":
		return Shopify([]string{v.Secret}, []byte(v.Body), v.Header["X-Shopify-Hmac-Sha256"])
	case "standard-webhooks":
		key, err := StandardKey(v.Secret)
		if err != nil {
			return err
		}
		return Standard{v.Header["webhook-id"], v.Header["webhook-timestamp"], v.Header["webhook-signature"]}.Verify([]string{key}, []byte(v.Body))
	case "sendgrid-ecdsa-p256":
		key, err := SendGridKey(v.PublicKey)
		if err != nil {
			return err
		}
		const prefix = "X-Twilio-Email-Event-Webhook-"
		return SendGrid([]*ecdsa.PublicKey{key}, v.Header[prefix+"Timestamp"], []byte(v.Body), v.Header[prefix+"Signature"])
	}
	return errors.New("a scheme that this test does not know")
}

func TestPublishedVectors(t *testing.T) {
	t.Parallel()
	all := vectors(t)
	agreed := map[string]int{}
	for _, v := range all {
		err := v.verify()
		switch {
		case v.Valid && err != nil:
			t.Errorf("%s, %s: refused: %v", v.Scheme, v.Name, err)
		case !v.Valid && !errors.Is(err, ErrWrong):
			t.Errorf("%s, %s: %v, want ErrWrong", v.Scheme, v.Name, err)
		default:
			agreed[v.Scheme]++
		}
	}
	t.Logf("of %d vectors agree: %v", len(all), agreed)
	if len(all) < 28 {
		t.Errorf("only %d vectors", len(all))
	}
}
