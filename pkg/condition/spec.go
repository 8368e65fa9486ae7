package condition

import (
	"slices"
	"strings"

	"rapport/pkg/event"
)

// entry declares types of events with the same properties: names of texts, numbers, truths,
// times, lists of products, and groups of anything.
type entry struct{ types, texts, numbers, truths, times, products, objects string }

// What several types of Segment's have.
const (
	productTexts   = "product_id sku name category brand variant coupon currency url image_url"
	productNumbers = "price quantity position value"
	orderTexts     = "order_id checkout_id affiliation coupon currency email"
	orderNumbers   = "total subtotal revenue value shipping tax discount product_count"
	couponTexts    = "order_id cart_id coupon_id coupon_name"
	receiptTexts   = "message_id journey instance step channel template outcome reason detail provider provider_id"

	// What came of a message, and what somebody answered to one: everything is known of it only
	// where the answer led to the message.
	answerTexts = "message_id journey instance step template channel category provider address detail reason"
	clickTexts  = answerTexts + " url product_id link link_category link_product user_agent machine"
)

// bounceKinds are what a mail that came back says of the address, see pkg/bounce.
func bounceKinds() []string { return []string{"hard", "soft", "block", "message", "other"} }

// wishes are what a text message asks for that Rapport itself understands; ask is perhaps a
// stop.
func wishes() []string { return []string{"stop", "ask", "start", "help"} }

// spec is the built-in catalogue. Commerce follows Segment's specification
// (https://segment.com/docs/connections/spec/ecommerce/v2/) with its names turned into
// types as event.TypeFromName does; receipts are message.Receipt.
func spec() []entry {
	return []entry{
		{"order.completed order.updated order.refunded order.cancelled order.shipped order.fulfilled order.delivered", orderTexts, orderNumbers, "", "", "products", ""},
		{"checkout.started", orderTexts, orderNumbers, "", "", "products", ""},
		{"checkout_step.viewed checkout_step.completed", "checkout_id shipping_method payment_method", "step", "", "", "", ""},
		{"payment_info.entered", "checkout_id order_id shipping_method payment_method", "step", "", "", "", ""},
		{"product.viewed product.clicked", productTexts, productNumbers, "", "", "", ""},
		{"product.added product.removed", productTexts + " cart_id", productNumbers, "", "", "", ""},
		{"product.shared", productTexts + " share_via share_message recipient", productNumbers, "", "", "", ""},
		{"product.reviewed", "product_id review_id review_body", "rating", "", "", "", ""},
		{"product_list.viewed product_list.filtered", "list_id category", "", "", "", "products", ""},
		{"products.searched", "query", "", "", "", "", ""},
		{"product_added_to.wishlist product_removed_from.wishlist", productTexts + " wishlist_id wishlist_name", productNumbers, "", "", "", ""},
		{"wishlist_product_added_to.cart", productTexts + " wishlist_id wishlist_name cart_id", productNumbers, "", "", "", ""},
		{"promotion.viewed promotion.clicked", "promotion_id creative name position", "", "", "", "", ""},
		{"cart.viewed cart.shared", "cart_id share_via share_message recipient currency", "value", "", "", "products", ""},
		{"coupon.entered coupon.applied coupon.denied coupon.removed", couponTexts + " reason", "discount", "", "", "", ""},

		{"profile.identified", "", "", "", "", "", ""},
		{"profile.updated", "", "", "", "", "", "traits"},
		{"profile.tagged profile.untagged", "tag", "", "", "", "", ""},
		{"segment.entered segment.left", "segment", "", "", "", "", ""},
		{"schedule.reached date.reached", "journey", "", "", "at", "", ""},
		{"task.created", "title note assignee journey step instance", "", "", "", "", ""},
		{"loyalty.points_awarded", "reason", "points balance", "", "", "", ""},
		{"loyalty.tier_reached", "tier previous", "from points", "", "", "", ""},
		{"loyalty.tier_lost", "tier previous", "points", "", "", "", ""},
		{"prediction.churn_risk_changed prediction.clv_changed", "", "value before", "", "", "", ""},
		{"survey.answered", "survey text message_id", "score", "", "", "", ""},

		{"message.sent message.failed message.uncertain message.suppressed", receiptTexts, "", "resent", "at", "", ""},
		{"email.delivered sms.delivered whatsapp.delivered whatsapp.read", answerTexts, "", "", "at", "", ""},
		{"email.deferred email.bounced sms.failed whatsapp.failed", answerTexts + " kind code", "", "", "at", "", ""},
		{"email.complained", answerTexts + " kind", "", "", "at", "", ""},
		{"email.opened email.prefetched", answerTexts + " user_agent machine", "", "", "at", "", ""},
		{"email.clicked email.scanned", clickTexts, "", "", "at", "", ""},
		{"email.replied email.auto_replied", answerTexts + " subject text", "", "", "at", "", ""},
		{"email.unsubscribed", answerTexts + " kind purpose user_agent", "", "", "at", "", ""},
		{"sms.received whatsapp.received", answerTexts + " text kind", "", "", "at", "", ""},

		{"consent.granted consent.withdrawn", "channel purpose source", "", "confirmed", "", "", ""},
		{"consent.confirmed", answerTexts + " purpose source", "", "", "at", "", ""},
		{"preferences.changed", answerTexts, "", "write_less", "pause_until at", "", ""},
		{"profile.erased", "reason source", "", "", "", "", ""},
	}
}

// builtin are the properties of a type of event of the built-in catalogue.
func builtin(typ string) (Properties, bool) {
	for _, e := range spec() {
		if !slices.Contains(strings.Fields(e.types), typ) {
			continue
		}
		p := Properties{}
		p.declare(Text, e.texts)
		p.declare(Number, e.numbers)
		p.declare(Truth, e.truths)
		p.declare(Time, e.times)
		p.declare(Object, e.objects)
		for _, name := range strings.Fields(e.products) {
			of := Properties{}
			of.declare(Text, productTexts)
			of.declare(Number, productNumbers)
			p[name] = Property{Kind: List, Of: of}
		}
		p.narrow("channel", consentChannels())
		switch typ {
		case event.EmailBounced, event.EmailDeferred:
			p.narrow("kind", bounceKinds())
		case event.SMSFailed, event.WhatsAppFailed:
			p.narrow("kind", append(bounceKinds(), "opted_out"))
		case event.SMSReceived, event.WhatsAppReceived:
			p.narrow("kind", wishes())
		}
		return p, true
	}
	return nil, false
}

// narrow says all that a text may be.
func (p Properties) narrow(name string, values []string) {
	if of, ok := p[name]; ok {
		of.Values = values
		p[name] = of
	}
}

func (p Properties) declare(k Kind, names string) {
	for _, name := range strings.Fields(names) {
		p[name] = Property{Kind: k}
	}
}
