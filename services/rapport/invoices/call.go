package invoices

import (
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Call is an invoice as the call of Segment's HTTP API that the shop's backend would have
// made (https://segment.com/docs/connections/spec/track/).
type Call struct {
	Type        string     `json:"type"`
	Event       string     `json:"event"`
	MessageID   string     `json:"messageId"`
	Timestamp   time.Time  `json:"timestamp"`
	UserID      string     `json:"userId,omitempty"`
	AnonymousID string     `json:"anonymousId,omitempty"`
	Properties  properties `json:"properties"`
	Context     *about     `json:"context,omitempty"`
}

type properties struct {
	OrderID  string      `json:"order_id"`
	Total    json.Number `json:"total"`
	Currency string      `json:"currency"`
	Products []product   `json:"products"`
}

type product struct {
	ProductID     string      `json:"product_id"`
	Name          string      `json:"name,omitempty"`
	Price         json.Number `json:"price"`
	Quantity      int         `json:"quantity"`
	Recommendable *bool       `json:"recommendable,omitempty"`
}

type about struct {
	Traits   traits    `json:"traits"`
	Timezone string    `json:"timezone"`
	Locale   string    `json:"locale"`
	Consent  []consent `json:"consent"`
}

type traits struct {
	Email string `json:"email"`
	Phone string `json:"phone"`
}

type consent struct {
	Channel string `json:"channel"`
	Purpose string `json:"purpose"`
	Granted bool   `json:"granted"`
	Source  string `json:"source"`
}

// Call tells the invoice. Its message id is derived from invoice and customer, so telling
// it twice is harmless.
func (i *Invoice) Call() Call {
	c := Call{
		Type: "track", Event: "Order Completed", Timestamp: i.At, UserID: i.Customer,
		MessageID: "invoice-" + i.Number + "-" + i.Customer,
		Properties: properties{
			OrderID: i.Number, Total: json.Number(i.Total().String()), Currency: "GBP",
			Products: make([]product, 0, len(i.Lines)),
		},
	}
	if i.Refund() {
		c.Event = "Order Refunded"
	}
	for _, l := range i.Lines {
		p := product{ProductID: l.Code, Name: l.Name, Price: json.Number(l.Price.String()), Quantity: l.Quantity}
		if !Product(l.Code) {
			p.Recommendable = new(bool)
		}
		c.Properties.Products = append(c.Properties.Products, p)
	}
	if i.Customer == "" {
		c.AnonymousID = "invoice-" + i.Number
		return c
	}
	c.Context = &about{
		Traits:   traits{Email: address(i.Customer), Phone: phone(i.Customer)},
		Timezone: "Europe/London", Locale: "en-GB",
		Consent: []consent{{"email", "marketing", true, "replay"}, {"sms", "marketing", true, "replay"}},
	}
	return c
}

// address is at a domain that is kept for examples. Ids of other files than the data set's
// may hold what an address cannot.
func address(customer string) string {
	return "customer-" + strings.ReplaceAll(url.QueryEscape(customer), ".", "%2E") + "@example.com"
}

// phone is a number from 07700 900000 to 900999, which Ofcom keeps for drama
// (https://www.ofcom.org.uk/phones-and-broadband/phone-numbers/numbers-for-drama).
func phone(customer string) string {
	n, err := strconv.Atoi(customer)
	if err != nil || n < 0 {
		n = 0
		for _, c := range []byte(customer) {
			n = (n*31 + int(c)) % 1000
		}
	}
	return fmt.Sprintf("+447700900%03d", n%1000)
}

// notProducts are the stock codes of the data set that stand for postage, discounts,
// manual entries, fees, samples, commissions, charity and tests.
var notProducts = regexp.MustCompile(`^(POST|DOT|D|M|C2|BANK CHARGES|PADS|CRUK|AMAZONFEE|S|B|GIFT.*|.*VOUCHER.*|TEST.*)$`)

// Product reports whether a stock code stands for something that can be recommended.
func Product(code string) bool { return !notProducts.MatchString(strings.ToUpper(code)) }
