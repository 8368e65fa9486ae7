package postmaster

import "github.com/emersion/go-smtp"

// answer is what a sender is told; nil: it is accepted. The words say nothing of whom an address belongs to.
func answer(what outcome) error {
	said := func(code int, enhanced smtp.EnhancedCode, words string) error {
		return &smtp.SMTPError{Code: code, EnhancedCode: enhanced, Message: words}
	}
	switch what {
	case relay:
		return said(550, smtp.EnhancedCode{5, 7, 1}, "Relaying denied")
	case nobody, forged:
		return said(550, smtp.EnhancedCode{5, 1, 1}, "No such mailbox")
	case holding:
		return said(421, smtp.EnhancedCode{4, 3, 2}, "The service is ending, come again later")
	case tooOften:
		return said(452, smtp.EnhancedCode{4, 2, 1}, "Too many mails for this address, come again later")
	case tooLarge:
		return said(552, smtp.EnhancedCode{5, 3, 4}, "The mail, or a line of it, is too large")
	case looping:
		return said(554, smtp.EnhancedCode{5, 4, 6}, "Too many hops: the mail is in a loop")
	case brokenOff:
		return said(421, smtp.EnhancedCode{4, 4, 2}, "The mail did not come to its end")
	case busy:
		return said(452, smtp.EnhancedCode{4, 3, 1}, "Too much mail at this moment, come again later")
	case storeGone, brokerGone, brokerFull:
		return said(451, smtp.EnhancedCode{4, 3, 0}, "The mail could not be worked on, come again later")
	case boxGone:
		return said(451, smtp.EnhancedCode{4, 3, 0}, "The mail could not be passed on, come again later")
	case boxRefuses:
		return said(554, smtp.EnhancedCode{5, 7, 1}, "The mailbox behind this address refuses the mail")
	}
	return nil
}

// worst is what one answer for all recipients has to say: who has to come again for one comes again for all, which
// changes nothing for the others.
func worst(said []outcome) outcome {
	sum := taken
	for i, what := range said {
		switch {
		case what == busy || what == storeGone || what == brokerGone || what == brokerFull || what == boxGone:
			return what
		case i == 0 || what == looping || what == boxRefuses || answer(sum) == nil && what == taken:
			sum = what
		}
	}
	return sum
}
