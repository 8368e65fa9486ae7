package callback

// twilioClass reads the error codes of messages that were not delivered (https://www.twilio.com/docs/api/errors), and says
// in few words what they mean, since a callback holds the number alone. What is not listed is between the sender and
// Twilio: configuration, registration, parameters.
func twilioClass(code string) (class Class, words string) {
	switch code {
	case "":
		return "", ""
	case "21610", "63033", "63014": // replied STOP; blocked the sender
		return Optout, "the recipient has opted out"
	case "21614", "30005", "30006", "30014", "63003", "63024": // no mobile number, unknown handset, landline
		return Hard, "the number does not exist or takes no messages"
	case "30011", "63036": // no MMS, no RCS on this handset
		return Hard, "the handset cannot take this kind of message"
	case "30003":
		return Soft, "the handset is switched off or out of reach"
	case "30008":
		return Unspecified, "the carrier does not say why"
	case "30001", "30017", "30022", "30023", "30027", "30410", "14107", "20429", "21611", "63017", "63018", "63038": // queues, rates, congestion
		return Soft, "too much at once, or a carrier that is overloaded"
	case "30009", "30020", "30021", "21730", "63009", "63010", "63012", "63023": // Twilio or the channel is broken
		return Soft, "a failure at the provider or the carrier"
	case "30002", "30004", "30007", "30018", "30024", "30032", "30033", "30034", "30035", "30450", "63013", "63026", "63051":
		return Block, "filtered or blocked: check the sender's registration and the content"
	case "30019", "30010", "11751", "63005", "63006", "63016", "63019", "63021", "63034", "63037": // size, price, form
		return Content, "the message does not fit the channel"
	case "63027", "63028", "63029", "63040", "63041", "63042", "63032": // templates, and whom WhatsApp lets be written to
		return Content, "the channel does not accept this message or template for this recipient"
	case "30025", "30026": // a share of the day's messages is used up
		return "", "the carrier's daily limit comes near"
	}
	return Unspecified, "see the provider's page about this code"
}
