package condition

import "rapport/pkg/event"

// eventShape is what is known about the properties of a type of event. Types outside the
// catalogue may have any property.
//
// Orders follow Segment's "Order Completed" and "Order Refunded"
// (https://segment.com/docs/connections/spec/ecommerce/v2/#order-completed), receipts
// message.Receipt.
func eventShape(typ string) shape {
	number, text, truth := shape{kind: kindNumber}, shape{kind: kindText}, shape{kind: kindBool}
	envelope := map[string]shape{"type": text, "id": text, "time": {kind: kindTime}}
	switch {
	case typ == event.OrderCompleted || typ == event.OrderRefunded:
		product := map[string]shape{
			"product_id": text, "sku": text, "name": text, "price": number, "quantity": number, "category": text,
			"url": text, "image_url": text, "brand": text, "variant": text, "coupon": text, "position": number,
		}
		return object(with(envelope, map[string]shape{
			"order_id": text, "checkout_id": text, "affiliation": text, "total": number, "subtotal": number,
			"revenue": number, "shipping": number, "tax": number, "discount": number, "coupon": text,
			"currency": text, "email": text, "products": list(object(product)), "product_count": number,
		}))
	case event.Receipt(typ):
		return object(with(envelope, map[string]shape{
			"message_id": text, "journey": text, "instance": text, "step": text, "channel": text, "template": text,
			"outcome": text, "reason": text, "detail": text, "provider": text, "provider_id": text, "resent": truth,
			"at": {kind: kindTime},
		}))
	}
	// The envelope's properties are known of every type; the rest is open.
	return shape{kind: kindObject}
}

// envelopeShape knows the properties that an event of an unknown type has, too.
func envelopeShape(name string) shape {
	switch name {
	case "type":
		return shape{kind: kindText}
	case "time":
		return shape{kind: kindTime}
	}
	return shape{kind: kindAny}
}
