package sms

// TwilioCodes is how many codes the table lists.
func TwilioCodes() (n int) {
	for _, row := range twilioCodes {
		n += len(row.codes)
	}
	return n
}
