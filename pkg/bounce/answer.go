package bounce

// Answer reads what a mail server answered to a mail that was being handed over: the reply code
// of RFC 5321, and the words behind it, which may begin with an enhanced code of RFC 3463. Class,
// Reason and Status are as in a Recipient of a report, so that a refusal at once and one that
// comes back by mail mean the same.
func Answer(code int, words string) (class Class, reason, status string) {
	words = keep(oneLine(words), maxLine)
	status, _ = codesOf("", words)
	class, reason = classify(status, code, words)
	return class, reason, status
}
