package trackingplan

// words are the properties that several types of commerce share, by their names in Segment's
// specification. Amounts of money are Money, also where the specification says number: shops
// send both, and only a decimal keeps the pennies.
var words = map[string]Property{
	"affiliation":     {Kind: Text, Description: "the store or partner through which it was sold", Example: `"Google Store"`},
	"brand":           {Kind: Text, Description: "the brand of the product", Example: `"Hasbro"`},
	"cart_id":         {Kind: Text, Description: "the cart", Example: `"C-118"`},
	"category":        {Kind: Text, Description: "the category of the product", Example: `"lamps"`},
	"checkout_id":     {Kind: Text, Description: "the checkout, from its first step to its last", Example: `"K-310"`},
	"coupon":          {Kind: Text, Description: "the code of the coupon that was used", Example: `"MAYDEALS"`},
	"coupon_id":       {Kind: Text, Description: "the coupon", Example: `"may_deals_2026"`},
	"coupon_name":     {Kind: Text, Description: "what the coupon is called", Example: `"May deals"`},
	"creative":        {Kind: Text, Description: "the picture or text that promotes", Example: `"top_banner_2"`},
	"currency":        {Kind: Text, Description: "the currency of all amounts, by its code in ISO 4217", Example: `"EUR"`},
	"discount":        {Kind: Money, Description: "how much the price was reduced by", Example: `"2.50"`},
	"email":           {Kind: Text, Description: "the address of who ordered", Example: `"ada@example.com"`},
	"image_url":       {Kind: Text, Description: "where a picture of the product is", Example: `"https://shop.example/lamp.jpg"`},
	"list_id":         {Kind: Text, Description: "the list of products that was shown", Example: `"hot_deals"`},
	"name":            {Kind: Text, Description: "what it is called", Example: `"Desk lamp"`},
	"order_id":        {Kind: Text, Description: "the order, as the shop's system knows it", Example: `"A-1001"`},
	"payment_method":  {Kind: Text, Description: "how it is paid", Example: `"Visa"`},
	"position":        {Kind: Number, Description: "the place in the list, from 1", Example: `3`},
	"price":           {Kind: Money, Description: "the price of one", Example: `"18.99"`},
	"product_count":   {Kind: Integer, Description: "how many lines there were, where only the first of them are told", Example: `120`},
	"product_id":      {Kind: Text, Description: "the product, as the shop's system knows it", Example: `"lamp-7"`},
	"promotion_id":    {Kind: Text, Description: "the promotion", Example: `"promo_1"`},
	"quantity":        {Kind: Number, Description: "how many, or how much of it", Example: `2`},
	"query":           {Kind: Text, Description: "what was searched for", Example: `"blue roses"`},
	"rating":          {Kind: Number, Description: "how the product was rated", Example: `5`},
	"reason":          {Kind: Text, Description: "why", Example: `"expired"`},
	"recipient":       {Kind: Text, Description: "with whom it was shared", Example: `"friend@example.com"`},
	"recommendable":   {Kind: Boolean, Description: "false for lines that are no products, such as postage", Example: `false`},
	"revenue":         {Kind: Money, Description: "what the shop earns by it, without shipping and tax", Example: `"25.00"`},
	"review_body":     {Kind: Text, Description: "what the review says", Example: `"Bright and quiet"`},
	"review_id":       {Kind: Text, Description: "the review", Example: `"R-77"`},
	"share_message":   {Kind: Text, Description: "what was written to those with whom it was shared", Example: `"Look at this"`},
	"share_via":       {Kind: Text, Description: "by which means it was shared", Example: `"email"`},
	"shipping":        {Kind: Money, Description: "what shipping costs", Example: `"3.00"`},
	"shipping_method": {Kind: Text, Description: "how it is shipped", Example: `"Fedex"`},
	"sku":             {Kind: Text, Description: "the number under which the product is kept in stock", Example: `"G-32"`},
	"step":            {Kind: Number, Description: "which step of the checkout, from 1", Example: `2`},
	"subtotal":        {Kind: Money, Description: "the sum after discounts, without shipping and tax", Example: `"22.50"`},
	"tax":             {Kind: Money, Description: "what tax is paid", Example: `"2.00"`},
	"total":           {Kind: Money, Description: "all that is paid, with shipping and tax", Example: `"27.50"`},
	"url":             {Kind: Text, Description: "where the product is shown", Example: `"https://shop.example/lamp"`},
	"value":           {Kind: Money, Description: "what it is worth", Example: `"18.99"`},
	"variant":         {Kind: Text, Description: "the variant of the product", Example: `"brass"`},
	"wishlist_id":     {Kind: Text, Description: "the wishlist", Example: `"W-9"`},
	"wishlist_name":   {Kind: Text, Description: "what the wishlist is called", Example: `"Birthday"`},
}

// What several types have.
const (
	product = "product_id sku name category brand variant price quantity coupon currency position value url image_url recommendable"
	order   = "order_id checkout_id affiliation total subtotal revenue value shipping tax discount coupon currency email product_count products"
	sharing = "share_via share_message recipient"
	chosen  = "filters sorts"
)

// property is a word as a property; what is not among the words is a list.
func property(name string) Property {
	p := words[name]
	p.Name = name
	switch name {
	case "products":
		p.Kind, p.Description = Array, "the products, one for each line"
		p.Of = &Property{Kind: Object, Properties: properties(product)}
	case "filters", "sorts":
		p.Kind, p.Description = Array, "how the list was narrowed or sorted: what by, and which"
		p.Of = &Property{Kind: Object, Properties: []Property{
			{Name: "type", Kind: Text, Description: "what by", Example: `"price"`}, {Name: "value", Kind: Text, Description: "which", Example: `"under-$25"`},
		}}
	}
	return p
}
