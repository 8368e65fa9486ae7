package trackingplan

// sort is a known type of what shops send.
type sort struct{ name, title, about, needs, has string }

// commerce are the types of Segment's e-commerce specification
// (https://segment.com/docs/connections/spec/ecommerce/v2/), with their names turned into
// types as event.TypeFromName does, and a few that shops send besides. Only those that
// Rapport cannot read without it need a property: a specification that calls nothing required
// is no reason to lose an order.
var commerce = []sort{
	{"products.searched", "Products Searched", "Somebody searched the shop.", "", "query"},
	{"product_list.viewed", "Product List Viewed", "Somebody looked at a list of products, such as a category.", "", "list_id category products"},
	{"product_list.filtered", "Product List Filtered", "Somebody narrowed or sorted a list of products.", "", "list_id category products " + chosen},
	{"promotion.viewed", "Promotion Viewed", "A promotion was shown to somebody.", "", "promotion_id creative name position"},
	{"promotion.clicked", "Promotion Clicked", "Somebody clicked a promotion.", "", "promotion_id creative name position"},
	{"product.clicked", "Product Clicked", "Somebody clicked a product in a list.", "", product},
	{"product.viewed", "Product Viewed", "Somebody looked at a product.", "", product},
	{"product.added", "Product Added", "A product was put into the cart.", "", "cart_id " + product},
	{"product.removed", "Product Removed", "A product was taken out of the cart.", "", "cart_id " + product},
	{"product.shared", "Product Shared", "Somebody told others of a product.", "", sharing + " " + product},
	{"product.reviewed", "Product Reviewed", "Somebody reviewed a product.", "", "product_id review_id review_body rating"},
	{"product_added_to.wishlist", "Product Added to Wishlist", "A product was put on a wishlist.", "", "wishlist_id wishlist_name " + product},
	{"product_removed_from.wishlist", "Product Removed from Wishlist", "A product was taken off a wishlist.", "", "wishlist_id wishlist_name " + product},
	{"wishlist_product_added_to.cart", "Wishlist Product Added to Cart", "A product went from a wishlist into the cart.", "", "wishlist_id wishlist_name cart_id " + product},
	{"cart.viewed", "Cart Viewed", "Somebody looked at their cart.", "", "cart_id currency value products"},
	{"cart.shared", "Cart Shared", "Somebody told others of their cart.", "", sharing + " cart_id currency value products"},
	{"checkout.started", "Checkout Started", "Somebody went on to the checkout.", "", order},
	{"checkout_step.viewed", "Checkout Step Viewed", "A step of the checkout was shown to somebody.", "", "checkout_id step shipping_method payment_method"},
	{"checkout_step.completed", "Checkout Step Completed", "Somebody has done a step of the checkout.", "", "checkout_id step shipping_method payment_method"},
	{"payment_info.entered", "Payment Info Entered", "Somebody said how they pay.", "", "checkout_id order_id step shipping_method payment_method"},
	{"order.completed", "Order Completed", "Somebody ordered.", "order_id", order},
	{"order.updated", "Order Updated", "An order was changed.", "", order},
	{"order.refunded", "Order Refunded", "Money of an order was given back; total says how much.", "order_id", order},
	{"order.cancelled", "Order Cancelled", "An order was cancelled.", "", order},
	{"order.shipped", "Order Shipped", "An order has left the shop.", "", order},
	{"order.fulfilled", "Order Fulfilled", "All of an order has left the shop.", "", order},
	{"order.delivered", "Order Delivered", "An order has arrived.", "", order},
	{"coupon.entered", "Coupon Entered", "Somebody entered a coupon.", "", "order_id cart_id coupon_id coupon_name"},
	{"coupon.applied", "Coupon Applied", "A coupon was accepted.", "", "order_id cart_id coupon_id coupon_name discount"},
	{"coupon.denied", "Coupon Denied", "A coupon was not accepted.", "", "order_id cart_id coupon_id coupon_name reason"},
	{"coupon.removed", "Coupon Removed", "A coupon was taken back.", "", "order_id cart_id coupon_id coupon_name discount"},
}

// calls are types that any property may come with: Segment's calls beside track, and what is
// about the catalogue, which has rules of its own.
var calls = []sort{
	{"page.viewed", "", "Somebody looked at a page.", "", ""},
	{"screen.viewed", "", "Somebody looked at a screen of an app.", "", ""},
	{"group.joined", "", "Somebody belongs to a group, such as a company.", "", ""},
	{"profile.aliased", "", "Two ids are the same person's.", "", ""},
	{"profile.unaliased", "", "Two ids are not the same person's after all.", "", ""},
	{"product.updated", "", "A product of the shop's catalogue is new, or has changed.", "", ""},
	{"product.delisted", "", "A product is no longer in the shop's catalogue.", "", ""},
}

// typ is the type in full.
func (s sort) typ(open bool) Type {
	t := Type{Name: s.name, Title: s.title, Description: s.about, Version: 1, Commerce: !open, Open: open, Properties: properties(s.has)}
	for i := range t.Properties {
		p := &t.Properties[i]
		p.Required = p.Name == s.needs
		if p.Name == "position" && (s.name == "promotion.viewed" || s.name == "promotion.clicked") {
			*p = Property{Name: p.Name, Kind: Text, Description: "where it was shown", Example: `"home_banner_top"`}
		}
	}
	return t
}
