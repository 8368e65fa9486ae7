package importing

import (
	"slices"
	"strings"

	"rapport/pkg/client"
)

// Kind is a kind of things that files hold.
type Kind string

// The kinds.
const (
	Profiles Kind = "profiles"
	Consents Kind = "consent"
	Products Kind = "products"
	Orders   Kind = "orders"
	Events   Kind = "events"
)

// Kinds are all kinds.
func Kinds() []Kind { return []Kind{Profiles, Consents, Products, Orders, Events} }

// field is something that rows of a kind may say. The names under which files are
// known to say it follow its own; all are compared in lower case, with _ for what is no letter or digit.
type field struct {
	name    string
	aliases string
}

// kindOf is what is known of a kind.
type kindOf struct {
	fields []field
	needed [][]string // of each group one field has to be there
	others string     // prefix of the fields that other columns become; "" leaves them out
	groups bool       // several rows may be one thing
	read   func(*reading) ([]client.Call, *Refusal)
}

// Which columns say who a row is about. In orders and events "id" is not the customer's.
var customer = []field{{"customer", "id customer_id user_id userid profile profile_id customer_number"}}

var buyer = []field{{"customer", "customer_id user_id userid profile profile_id customer_number subject"}}

var addresses = []field{
	{"email", "e_mail email_address mail customer_email billing_email"},
	{"phone", "phone_number mobile telephone tel mobile_phone billing_phone"},
}

// What else rows may say of a person.
var about = []field{
	{"first_name", "firstname given_name billing_first_name vorname"},
	{"last_name", "lastname surname family_name billing_last_name nachname"},
	{"name", "full_name customer_name billing_name"},
	{"country", "country_code billing_country default_address_country_code"},
	{"locale", "language lang"},
	{"timezone", "time_zone tz"},
}

var kinds = map[Kind]kindOf{
	Profiles: {
		fields: slices.Concat(customer, addresses, about, []field{{"at", "updated_at updated last_updated last_active created_at created sign_up"}, {"traits", ""}}),
		needed: [][]string{{"customer", "email", "phone"}}, others: "traits.", read: (*reading).profile,
	},
	Consents: {
		fields: slices.Concat(customer, addresses, []field{
			{"channel", ""},
			{"purpose", "topic list category"},
			{"granted", "consent opted_in opt_in subscribed status"},
			{"at", "date time timestamp consented_at created_at"},
			{"source", "form origin"},
			{"proof", "evidence"},
			{"confirmed", "double_opt_in doi"},
		}),
		needed: [][]string{{"customer", "email", "phone"}, {"channel"}, {"purpose"}, {"granted"}, {"at"}, {"source"}, {"proof"}}, read: (*reading).consent,
	},
	Products: {
		fields: []field{
			{"product_id", "id item_id handle"},
			{"sku", "variant_sku article_number"},
			{"name", "title product_name"},
			{"price", "variant_price regular_price"},
			{"currency", "currency_code"},
			{"compare_at_price", "list_price rrp variant_compare_at_price"},
			{"stock", "quantity inventory variant_inventory_qty"},
			{"available", "in_stock availability"},
			{"url", "link product_url"},
			{"image_url", "image image_link image_src images"},
			{"category", "product_category categories type"},
			{"brand", "vendor manufacturer"},
			{"updated_at", "at updated date_modified"},
		},
		needed: [][]string{{"product_id"}}, read: (*reading).product,
	},
	Orders: {
		fields: slices.Concat(buyer, addresses, about, []field{
			{"order_id", "order order_number order_no orderid name"},
			{"group", ""},
			{"at", "date time timestamp created_at order_date ordered_at completed_at"},
			{"total", "order_total amount grand_total"},
			{"revenue", ""},
			{"currency", "currency_code"},
			{"tax", "taxes total_tax"},
			{"shipping", "shipping_total"},
			{"discount", "discount_amount discount_total"},
			{"coupon", "discount_code coupon_code"},
			{"status", "financial_status order_status"},
			{"cancelled_at", "canceled_at"},
			{"refunded", "refunded_amount refund_total"},
			{"refunded_at", ""},
			{"lines", "products line_items items"},
			{"line.product_id", "lineitem_product_id product_id"},
			{"line.sku", "lineitem_sku sku"},
			{"line.name", "lineitem_name product_name"},
			{"line.price", "lineitem_price unit_price price"},
			{"line.quantity", "lineitem_quantity quantity qty"},
			{"line.category", "lineitem_category category"},
			{"line.url", "lineitem_url"},
			{"line.image_url", "lineitem_image_url"},
		}),
		needed: [][]string{{"order_id"}, {"customer", "email", "phone"}, {"at"}}, groups: true, read: (*reading).order,
	},
	Events: {
		fields: slices.Concat(buyer, addresses, []field{
			{"type", "event event_type event_name"},
			{"at", "time timestamp date occurred_at created_at"},
			{"event_id", "id message_id messageid"},
			{"anonymous_id", "anonymousid"},
			{"properties", "data"},
			{"traits", ""},
		}),
		needed: [][]string{{"type"}, {"customer", "email", "phone", "anonymous_id"}, {"at"}}, others: "properties.", read: (*reading).event,
	},
}

// fieldNamed is the field that a column is by its name; "" for none.
func (k kindOf) fieldNamed(column string) string {
	name := plainName(column)
	for _, f := range k.fields {
		if name == plainName(f.name) {
			return f.name
		}
	}
	for _, f := range k.fields {
		if slices.Contains(strings.Fields(f.aliases), name) {
			return f.name
		}
	}
	return ""
}

// has reports whether rows of the kind may say such a field.
func (k kindOf) has(name string) bool {
	if slices.ContainsFunc(k.fields, func(f field) bool { return f.name == name }) {
		return true
	}
	return k.others != "" && strings.HasPrefix(name, k.others) && len(name) > len(k.others)
}

func (k kindOf) names() string {
	var all []string
	for _, f := range k.fields {
		all = append(all, f.name)
	}
	if k.others != "" {
		all = append(all, k.others+"NAME")
	}
	return strings.Join(all, ", ")
}

// plainName is a column's name in lower case, with one _ for what is no letter or digit.
func plainName(s string) string {
	var b strings.Builder
	gap := false
	for _, r := range strings.ToLower(s) {
		if r < '0' || r > '9' && r < 'a' || r > 'z' && r < 0x80 {
			gap = b.Len() > 0
			continue
		}
		if gap {
			b.WriteByte('_')
			gap = false
		}
		b.WriteRune(r)
	}
	return b.String()
}

// Describe says for people which columns a kind has, and by what other names they are found.
func Describe(k Kind) string {
	var b strings.Builder
	b.WriteString("Fields, and names of columns that are taken for them:\n\n")
	for _, f := range kinds[k].fields {
		line := "  " + f.name
		if f.aliases != "" {
			line += strings.Repeat(" ", max(1, 20-len(line))) + strings.ReplaceAll(f.aliases, " ", ", ")
		}
		b.WriteString(line + "\n")
	}
	b.WriteString("\nEach row needs ")
	for i, group := range kinds[k].needed {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(strings.Join(group, " or "))
	}
	b.WriteString(". ")
	switch others := kinds[k].others; others {
	case "":
		b.WriteString("Other columns are left out.")
	default:
		b.WriteString("Other columns become " + others + "NAME.")
	}
	return b.String()
}
