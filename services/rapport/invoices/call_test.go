package invoices_test

import (
	"encoding/json"
	"net/mail"
	"regexp"
	"strings"
	"testing"

	"rapport/services/rapport/invoices"
)

// The call is what Segment's specification asks of "Order Completed", and says about the
// customer what the file does not.
func TestCallOfAKnownCustomer(t *testing.T) {
	t.Parallel()
	f := read(t, "536365,85123A,WHITE T-LIGHT,6,2010-12-01 08:26:00,2.55,17850.0,United Kingdom", "536365,POST,POSTAGE,1,2010-12-01 08:27:00,18.00,17850.0,United Kingdom")
	const want = `{"type":"track","event":"Order Completed","messageId":"invoice-536365-17850","timestamp":"2010-12-01T08:26:00Z",` +
		`"userId":"17850","properties":{"order_id":"536365","total":33.3,"currency":"GBP","products":[` +
		`{"product_id":"85123A","name":"WHITE T-LIGHT","price":2.55,"quantity":6},` +
		`{"product_id":"POST","name":"POSTAGE","price":18,"quantity":1,"recommendable":false}]},` +
		`"context":{"traits":{"email":"customer-17850@example.com","phone":"+447700900850"},"timezone":"Europe/London","locale":"en-GB",` +
		`"consent":[{"channel":"email","purpose":"marketing","granted":true,"source":"replay"},` +
		`{"channel":"sms","purpose":"marketing","granted":true,"source":"replay"}]}}`
	if got := call(t, f, 0); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestCallOfARefund(t *testing.T) {
	t.Parallel()
	got := call(t, read(t, "C536379,A,a,-2,2010-12-01 09:41:00,27.50,14527,UK"), 0)
	for _, want := range []string{`"event":"Order Refunded"`, `"messageId":"invoice-C536379-14527"`, `"total":55,`, `"quantity":2`} {
		if !strings.Contains(got, want) {
			t.Errorf("no %s in %s", want, got)
		}
	}
}

// Nobody is known, so there is nobody to write to and nothing to say about them.
func TestCallOfAnAnonymousOrder(t *testing.T) {
	t.Parallel()
	got := call(t, read(t, "536544,A,a,1,2010-12-01 14:32:00,2.51,,UK"), 0)
	for _, no := range []string{"userId", "context", "consent", "example.com"} {
		if strings.Contains(got, no) {
			t.Errorf("%s in %s", no, got)
		}
	}
	if !strings.Contains(got, `"anonymousId":"invoice-536544"`) {
		t.Errorf("no anonymousId in %s", got)
	}
}

func TestAddressesAreSuch(t *testing.T) {
	t.Parallel()
	for customer, want := range map[string]string{
		"17850": "customer-17850@example.com", "a b": "customer-a+b@example.com", "x@y.z": "customer-x%40y%2Ez@example.com",
	} {
		got := read(t, "1,A,a,1,2010-12-01 14:32:00,2.51,"+customer+",UK").Invoices[0].Call().Context.Traits.Email
		if _, err := mail.ParseAddress(got); err != nil || got != want {
			t.Errorf("customer %q has %s (%v), want %s", customer, got, err, want)
		}
	}
}

// Ofcom keeps 07700 900000 to 900999 for drama: nobody has these numbers.
func TestPhonesAreFromTheRangeForDrama(t *testing.T) {
	t.Parallel()
	drama := regexp.MustCompile(`"phone":"\+447700900\d{3}"`)
	for _, customer := range []string{"0", "7", "999", "1000", "12346", "18287", "-5", "99999999999999999999", "B17", "ümlaut", "a b"} {
		if got := call(t, read(t, "1,A,a,1,2010-12-01 14:32:00,2.51,"+customer+",UK"), 0); !drama.MatchString(got) {
			t.Errorf("customer %q: %s", customer, got)
		}
	}
}

func TestProducts(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]bool{
		"85123A": true, "22423": true, "POSTER": true, "DOTCOM1": true, "M1": true, "BANK": true, "15056BL": true, "DCGS0003": true,
		"POST": false, "DOT": false, "D": false, "M": false, "m": false, "C2": false, "BANK CHARGES": false, "PADS": false, "CRUK": false,
		"AMAZONFEE": false, "S": false, "B": false, "gift_0001_20": false, "GIFT_0001_50": false, "TEST001": false, "TEST002": false,
	} {
		if got := invoices.Product(code); got != want {
			t.Errorf("Product(%q) = %v", code, got)
		}
	}
}

func call(t *testing.T, f *invoices.File, i int) string {
	t.Helper()
	b, err := json.Marshal(f.Invoices[i].Call())
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
