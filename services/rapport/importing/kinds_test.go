package importing_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"rapport/pkg/client"
	"rapport/services/rapport/importing"
)

// said is a call in one line.
func said(c client.Call) string {
	data := ""
	switch d := c.Data.(type) {
	case json.RawMessage:
		data = string(d)
	case nil:
		b, _ := json.Marshal(c.Person)
		data = string(b)
	}
	past := ""
	if c.Past {
		past = " past"
	}
	return fmt.Sprintf("%s %s %s%s %s", c.Type, c.Subject, c.Time.Format(time.RFC3339), past, data)
}

func TestWhatRowsBecome(t *testing.T) {
	t.Parallel()
	shopify := func(k importing.Kind) importing.Mapping {
		m, err := importing.Preset("shopify", k)
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	for name, c := range map[string]struct {
		kind importing.Kind
		m    importing.Mapping
		text string
		want []string // calls
		told []string // refused rows
	}{
		"profiles": {
			importing.Profiles,
			importing.Mapping{Country: "gb", Columns: map[string]string{"Points": "traits.points:number", "VIP": "traits.vip:bool", "Note": "-"}},
			"Customer ID,E-Mail,Phone,First Name,Points,VIP,Note,Shoe Size,updated_at\n" +
				"7,Ada@Example.com,07700 900001,Ada,\"1,234.50\",yes,x,41,2026-01-02 03:04:05 +0100\n,bob@example.com,,,,,,,\n,,+49 30 123456,,,,,,\n,,,X,,,,,\n8,nobody,,,,,,,\n9,,12,,,,,,\n10,,,,many,,,,\n11,,,,,,,,soon\n",
			[]string{
				`profile.identified 7 2026-01-02T02:04:05Z past {"$profile":{"traits":{"email":"Ada@Example.com","phone":"+447700900001","first_name":"Ada","points":1234.50,"vip":true,"shoe_size":"41"}}}`,
				`profile.identified email:bob@example.com 2026-03-02T09:00:00Z past {"$profile":{"traits":{"email":"bob@example.com"}}}`,
				`profile.identified phone:+4930123456 2026-03-02T09:00:00Z past {"$profile":{"traits":{"phone":"+4930123456"}}}`,
			},
			[]string{
				`5: Customer ID is empty, and so are email and phone: nobody is named`, `6: E-Mail is "nobody", which is no e-mail address such as ada@example.com`,
				`7: Phone is "12", which is no phone number such as +447700900001`, `8: Points is "many", which is no number such as 1234.50`,
				`9: updated_at is "soon", which is no time such as 2026-03-02T09:00:00+01:00; say how it is written with --time-format`,
			},
		},
		"Shopify's profiles": {
			importing.Profiles, shopify(importing.Profiles),
			"Customer ID,First Name,Last Name,Email,Accepts Email Marketing,Default Address Country Code,Phone,Total Spent,Tags\n'123,Ada,L,ada@example.com,yes,DE,'+4930123456,12.00,vip\n",
			[]string{`profile.identified shopify:123 2026-03-02T09:00:00Z past {"$profile":{"traits":{"email":"ada@example.com","phone":"+4930123456","first_name":"Ada","last_name":"L","country":"DE","tags":"vip"},"also":["email:ada@example.com"]}}`},
			nil,
		},
		"profiles in JSON Lines": {
			importing.Profiles,
			importing.Mapping{},
			`{"id":7,"email":"ada@example.com","points":12.50,"tags":["a","b"],"traits":{"x":{"y":1}},"gone":null}`,
			[]string{`profile.identified 7 2026-03-02T09:00:00Z past {"$profile":{"traits":{"email":"ada@example.com","points":12.50,"tags":["a","b"],"x":{"y":1}}}}`},
			nil,
		},
		"consent": {
			importing.Consents,
			importing.Mapping{Values: map[string]string{"source": "form"}},
			"email,channel,purpose,granted,at,proof,confirmed\na@b.example,email,marketing,ja,2025-01-02,wording 3,yes\na@b.example,fax,marketing,yes,2025-01-02,p,\na@b.example,email,marketing,yes,2025-01-02,,\n" +
				"a@b.example,email,*,yes,2025-01-02,p,\na@b.example,email,*,no,2025-01-02,p,\na@b.example,email,m,no,,p,\na@b.example,email,m,perhaps,2025-01-02,p,\na@b.example,email,m,no,2025-01-02,p,yes\n",
			[]string{
				`consent.imported email:a@b.example 2025-01-02T00:00:00Z past {"traits":{"email":"a@b.example"},"consent":[{"channel":"email","purpose":"marketing","granted":true,"source":"form","at":"2025-01-02T00:00:00Z","proof":"wording 3","confirmed":true}]}`,
				`consent.imported email:a@b.example 2025-01-02T00:00:00Z past {"traits":{"email":"a@b.example"},"consent":[{"channel":"email","purpose":"*","granted":false,"source":"form","at":"2025-01-02T00:00:00Z","proof":"p"}]}`,
			},
			[]string{
				`3: channel is "fax": use email, sms or whatsapp`, `4: proof is empty: say what shows that they agreed, such as the form and its wording`,
				`5: purpose is "*", which can only be withdrawn: name what the person agreed to`, `7: at is empty: say when they said so`,
				`8: granted is "perhaps": use true or false`, `9: confirmed is true, and granted is false: only a yes can be confirmed`,
			},
		},
		"products": {
			importing.Products,
			importing.Mapping{Values: map[string]string{"currency": "eur"}},
			"id;title;price;stock;in stock;images\np-1;Lamp;\"1.299,00 €\";3;no;https://a/1.jpg, https://a/2.jpg\n;x;1;;;\np-2;x;1;1,5;;\np-3;x;1,299;;;\n",
			[]string{`product.updated p-1 2026-03-02T09:00:00Z {"product_id":"p-1","name":"Lamp","price":1299.00,"currency":"EUR","stock":3,"available":false,"image_url":"https://a/1.jpg","updated_at":"2026-03-02T09:00:00Z"}`},
			[]string{
				`3: id is empty: name the product`, `4: stock is "1.5": use a whole number`,
				`5: price is "1,299", which can be a thousand or a fraction: say --decimal . or --decimal ,`,
			},
		},
		"orders, one row each": {
			importing.Orders,
			importing.Mapping{Zone: "Europe/Berlin"},
			"order_number,customer_id,date,total,currency,status,line items\n" +
				"1,7,2025-07-01 12:00,19.90,eur,paid,\"[{\"\"product_id\"\":\"\"p\"\",\"\"price\"\":19.90}]\"\n2,7,2025-07-01 12:00,5,EUR,cancelled,\n3,7,2025-07-01 12:00,5.00,EUR,refunded,\n" +
				"4,7,2025-07-01 12:00,,EUR,paid,\n5,7,,5,EUR,paid,\n1,7,2025-07-01 12:00,5,EUR,paid,\n6,7,2025-07-01 12:00,5,EUR,paid,{}\n7,7,2025-07-01 12:00,5,EUR,paid,[{}]\n,7,2025-07-01 12:00,5,EUR,paid,\n",
			[]string{
				`order.completed 7 2025-07-01T10:00:00Z past {"order_id":"1","total":19.90,"currency":"EUR","products":[{"product_id":"p","price":19.90}]}`,
				`order.completed 7 2025-07-01T10:00:00Z past {"order_id":"3","total":5.00,"currency":"EUR"}`,
				`order.refunded 7 2025-07-01T10:00:00Z past {"order_id":"3","total":5.00,"currency":"EUR"}`,
			},
			[]string{
				`5: total is empty, and so are the prices of the lines: say what the order came to`, `6: date is empty: say when it was ordered`,
				`7: order_number is "1", which stands further up too, apart from this: sort the file by it`, `8: line items is "{}", which is not a list of products in JSON`,
				`9: line items is missing: name the product, or give its sku`, `10: order_number is empty: name the order`,
			},
		},
		"Shopify's orders": {
			importing.Orders, shopify(importing.Orders),
			"Name,Email,Financial Status,Currency,Taxes,Total,Discount Code,Created at,Lineitem quantity,Lineitem name,Lineitem price,Lineitem sku,Billing Name,Billing Country,Cancelled at,Refunded Amount,Id\n" +
				"#1001,Ada@Example.com,partially_refunded,EUR,1.00,30.00,X,2025-01-02 03:04:05 +0100,2,Lamp,10.00,L-1,Ada L,de,,10.00,55\n#1001,,,,,,,,1,Card,10.00,,,,,,\n#1002,b@b.example,paid,EUR,0,5.00,,2025-01-02 03:04:05 +0100,1,Lamp,5.00,L-1,B,,2025-01-03,0.00,56\n" +
				"#1003,b@b.example,paid,EUR,0,,,2025-01-02 03:04:05 +0100,3,Lamp,0.10,L-1,B,,,0.00,56\n",
			[]string{
				`order.completed email:ada@example.com 2025-01-02T02:04:05Z past {"order_id":"#1001","total":30.00,"currency":"EUR","tax":1.00,"coupon":"X","products":[{"sku":"L-1","name":"Lamp","price":10.00,"quantity":2},{"product_id":"Card","name":"Card","price":10.00,"quantity":1}],"$profile":{"traits":{"email":"Ada@Example.com","name":"Ada L","country":"DE"}}}`,
				`order.refunded email:ada@example.com 2025-01-02T02:04:05Z past {"order_id":"#1001","total":10.00,"currency":"EUR"}`,
				`order.completed email:b@b.example 2025-01-02T02:04:05Z past {"order_id":"#1003","total":0.3,"currency":"EUR","tax":0,"products":[{"sku":"L-1","name":"Lamp","price":0.10,"quantity":3}],"$profile":{"traits":{"email":"b@b.example","name":"B"}}}`,
			},
			nil,
		},
		"events": {
			importing.Events,
			importing.Mapping{TimeFormat: "unix"},
			"event,user_id,anonymous_id,time,total,size,properties\nCart Viewed,7,,1700000000,12.50,07,\"{\"\"a\"\":1}\"\nCart Viewed,,x,1700000000,,,\nCart Viewed,7,,soon,,,\nmessage.sent,7,,1700000000,,,\n,7,,1700000000,,,\n",
			[]string{
				`cart.viewed 7 2023-11-14T22:13:20Z past {"total":12.50,"size":"07","a":1}`,
				`cart.viewed anonymous:x 2023-11-14T22:13:20Z past {}`,
			},
			[]string{
				`4: time is "soon", which is not written as unix`, `5: event is one that only Rapport itself publishes: choose another name`, `6: event is empty: name what happened`,
			},
		},
		"events in JSON Lines": {
			importing.Events,
			importing.Mapping{},
			`{"type":"cart.viewed","id":"e-1","subject":"7","time":"2025-01-02T03:04:05.678Z","data":{"price":1.10},"list":[1.0]}`,
			[]string{`cart.viewed 7 2025-01-02T03:04:05Z past {"list":[1.0],"price":1.10}`},
			nil,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := &memory{}
			_, told, err := imported(t, m, importing.Options{Path: file(t, "in", c.text), Kind: c.kind, Mapping: c.m})
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, call := range m.calls {
				got = append(got, said(call))
			}
			sameLines(t, "calls", got, c.want, false)
			sameLines(t, "refused rows", told, c.told, true)
		})
	}
}

// sameLines compares texts, in their order or not.
func sameLines(t *testing.T, what string, got, want []string, ordered bool) {
	t.Helper()
	left := map[string]int{}
	for _, w := range want {
		left[w]++
	}
	for _, g := range got {
		if left[g]--; left[g] < 0 {
			t.Errorf("%s: not wanted:\n%s", what, g)
		}
	}
	for w, n := range left {
		if n > 0 {
			t.Errorf("%s: missing:\n%s", what, w)
		}
	}
	if ordered && !t.Failed() && !reflect.DeepEqual(got, want) {
		t.Errorf("%s: in another order:\n%s", what, strings.Join(got, "\n"))
	}
}

func TestMappingsThatDoNotFit(t *testing.T) {
	t.Parallel()
	for want, c := range map[string]struct {
		kind importing.Kind
		m    importing.Mapping
		text string
	}{
		"no column says customer or email or phone: the columns are a, b; say which it is with --map COLUMN=customer": {importing.Profiles, importing.Mapping{}, "a,b\n1,2\n"},
		"there is no column \"x\": there are email":         {importing.Profiles, importing.Mapping{Columns: map[string]string{"x": "email"}}, "email\n"},
		"the column \"email\" cannot be \"mail\": profiles": {importing.Profiles, importing.Mapping{Columns: map[string]string{"email": "mail"}}, "email\n"},
		"cannot be of type \"float\"":                       {importing.Profiles, importing.Mapping{Columns: map[string]string{"email": "traits.x:float"}}, "email\n"},
		"no field is called \"x\"":                          {importing.Profiles, importing.Mapping{Values: map[string]string{"x": "y"}}, "email\n"},
		"there is no time zone \"Berlin\"":                  {importing.Profiles, importing.Mapping{Zone: "Berlin"}, "email\n"},
		"guests are not known by \"name\"":                  {importing.Profiles, importing.Mapping{Join: []string{"name"}}, "email\n"},
		"the separator is \"ab\"":                           {importing.Profiles, importing.Mapping{Separator: "ab"}, "email\n"},
		"has no rows":                                       {importing.Profiles, importing.Mapping{}, "email\n"},
	} {
		if _, _, err := imported(t, &memory{}, importing.Options{Path: file(t, "in.csv", c.text), Kind: c.kind, Mapping: c.m}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	if _, err := importing.ReadMapping(file(t, "m.yaml", "colums: {}\n")); err == nil || !strings.Contains(err.Error(), "colums") {
		t.Errorf("a misspelt mapping: %v", err)
	}
	if _, err := importing.Preset("etsy", importing.Orders); err == nil || !strings.Contains(err.Error(), "use one of shopify (consent), shopify (orders)") {
		t.Errorf("an unknown preset: %v", err)
	}
}
