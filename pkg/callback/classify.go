package callback

import (
	"regexp"
	"strings"
)

// enhanced finds a status code of RFC 3463 among other words. What stands around it keeps IP addresses and versions out.
var enhanced = regexp.MustCompile(`(?:^|[\s;:#(\[-])([245]\.\d{1,3}\.\d{1,3})(?:[^\d.]|\.?$|\.\D)`)

// statusIn returns the first status code in texts.
func statusIn(all ...string) string {
	for _, one := range all {
		if !strings.Contains(one, ".") {
			continue
		}
		if m := enhanced.FindStringSubmatch(one); m != nil {
			return m[1]
		}
	}
	return ""
}

// classOf reads a status code by subject and detail (RFC 3463, section 3, and the registry that RFC 5248 keeps). Empty is
// for one that says nothing.
func classOf(status string) Class {
	class, rest, _ := strings.Cut(status, ".")
	if class != "5" && class != "4" {
		return ""
	}
	if class == "4" {
		return Soft
	}
	subject, _, _ := strings.Cut(rest, ".")
	switch rest {
	case "1.7", "1.8", "7.26", "7.27": // the sender's address, authentication
		return Block
	case "1.4", "2.0", "2.2", "3.1": // ambiguous, undefined, full
		return Soft
	case "2.3", "3.4": // too large
		return Content
	}
	switch subject {
	case "1", "2": // address, mailbox
		return Hard
	case "3", "4": // system, network
		return Soft
	case "5", "6": // protocol, content
		return Content
	case "7": // security and policy
		return Block
	}
	return ""
}

// complete fills in what follows from the rest: the status from the server's words, and the class of a failure.
func (e *Event) complete() {
	if e.Status == "" {
		e.Status = statusIn(e.Diagnostic, e.Reason)
	}
	switch e.Kind {
	case Bounced, Rejected, Failed:
		if e.Class == "" {
			e.Class = classOf(e.Status)
		}
		if e.Class == "" {
			e.Class = Unspecified
		}
	case Deferred:
		if e.Class == "" {
			e.Class = Soft
		}
	default:
		e.Class = ""
	}
}
