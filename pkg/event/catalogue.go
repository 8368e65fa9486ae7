package event

// Other stands for every type outside the catalogue, see Label.
const Other = "other"

// Label is the type itself if it is one of the catalogue, and Other if it is not. Types are
// free text from senders: as labels of metrics they would be without bound, and could say
// anything. The catalogue is what shops and Rapport itself send; pkg/condition says of the
// same types which properties they have, and its tests hold the two together.
func Label(typ string) string {
	switch typ {
	case OrderCompleted, OrderRefunded, "order.updated", "order.cancelled", "order.shipped", "order.fulfilled", "order.delivered",
		"checkout.started", "checkout_step.viewed", "checkout_step.completed", "payment_info.entered",
		"product.viewed", "product.clicked", "product.added", "product.removed", "product.shared", "product.reviewed",
		ProductUpdated, ProductRemoved, ProfileUnaliased, ProfileMerged, ProfileSplit,
		"product_list.viewed", "product_list.filtered", "products.searched",
		"product_added_to.wishlist", "product_removed_from.wishlist", "wishlist_product_added_to.cart",
		"promotion.viewed", "promotion.clicked", "cart.viewed", "cart.shared",
		"coupon.entered", "coupon.applied", "coupon.denied", "coupon.removed",
		PageViewed, ScreenViewed, GroupJoined, ProfileAliased,
		ProfileIdentified, "profile.updated", "profile.tagged", "profile.untagged",
		"segment.entered", "segment.left", "schedule.reached", "date.reached", "task.created",
		"loyalty.points_awarded", "loyalty.tier_reached", "loyalty.tier_lost",
		"prediction.churn_risk_changed", "prediction.clv_changed", "survey.answered",
		MessageSent, MessageFailed, MessageUncertain, MessageSuppressed,
		EmailDelivered, EmailDeferred, EmailBounced, EmailComplained, EmailOpened, EmailPrefetched, EmailClicked, EmailScanned,
		EmailReplied, EmailAutoReplied, EmailUnsubscribed,
		SMSReceived, SMSDelivered, SMSFailed,
		WhatsAppReceived, WhatsAppDelivered, WhatsAppRead, WhatsAppFailed,
		ConsentGranted, ConsentWithdrawn, ConsentConfirmed, PreferencesChanged, ProfileErased,
		ClockAdvanced:
		return typ
	}
	return Other
}
