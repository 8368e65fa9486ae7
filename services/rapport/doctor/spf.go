package doctor

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// Limits of RFC 7208, section 4.6.4: more terms that ask the DNS, or more of them that find nothing, are an error for good.
const (
	maxLookups = 10
	maxVoid    = 2
	maxSPFMX   = 10
)

// including says which domain the SPF record of a sender includes when mail leaves through a service, if it uses the
// sender's own return path.
func including(service string) string {
	return map[string]string{
		"ses": "amazonses.com", "resend": "amazonses.com", "sendgrid": "sendgrid.net", "mailgun": "mailgun.org", "postmark": "spf.mtasv.net",
		"brevo": "spf.brevo.com", "sparkpost": "sparkpostmail.com", "mailjet": "spf.mailjet.com", "mandrill": "spf.mandrillapp.com",
	}[service]
}

// spf looks at the record of each domain that stands in a return path, and at the senders'.
func (d *Doctor) spf(ctx context.Context, s Setup) []Finding {
	domains := slices.Clone(s.Senders)
	if s.BounceDomain != "" && !slices.Contains(domains, s.BounceDomain) {
		domains = append(domains, s.BounceDomain)
	}
	var all []Finding
	for _, domain := range domains {
		f := d.spfOf(ctx, domain, s.Servers)
		if f.Status == Fail && s.BounceDomain != "" && domain != s.BounceDomain {
			f.Status = Warn // Receivers look at the return path's domain, which is another one.
		}
		all = append(all, f)
	}
	return all
}

func (d *Doctor) spfOf(ctx context.Context, domain string, servers []Server) Finding {
	f := Finding{Check: checkSPF, Subject: domain}
	w := &spfWalk{dns: d.dns}
	record, err := w.record(ctx, domain)
	switch {
	case err != nil:
		f.Status, f.Detail, f.Remedy = Unknown, err.Error(), "try again, or name another server with --dns"
		return f
	case record == "":
		f.Status, f.Detail = Fail, "there is no SPF record"
		f.Remedy = "publish a TXT record at " + domain + ": v=spf1, what your mail leaves from, and ~all"
		return f
	}
	w.follow(ctx, domain, record)
	f.Detail = fmt.Sprintf("%s (%d of %d lookups)", record, w.lookups, maxLookups)
	switch {
	case w.fault != "":
		f.Status, f.Detail, f.Remedy = Fail, w.fault, w.remedy
	case w.unasked != nil:
		f.Status, f.Detail, f.Remedy = Unknown, w.unasked.Error(), "try again, or name another server with --dns"
	case w.all == "+" || w.all == "?" || w.all == "":
		f.Status, f.Remedy = Warn, "end the record with ~all or -all, so that mail from elsewhere is not yours"
		if w.all == "+" {
			f.Status = Fail // Anybody may send in this name.
		}
	default:
		f.Status = OK
		for _, server := range servers {
			if want := including(server.Service); want != "" && !w.includes(want) {
				f.Status = Warn
				f.Remedy = "mail leaves through " + server.Name + ": include:" + want + ", unless it uses a return path of its own"
			}
		}
	}
	return f
}

// spfWalk follows a record into those that it includes.
type spfWalk struct {
	dns      *resolver
	lookups  int
	void     int
	included []string
	all      string // the qualifier of all, in the record itself or where it redirects to
	fault    string
	remedy   string
	unasked  error
}

// includes reports whether a domain, or one below it, is included, however deep.
func (w *spfWalk) includes(domain string) bool {
	return slices.ContainsFunc(w.included, func(s string) bool { return s == domain || strings.HasSuffix(s, "."+domain) })
}

// record is the SPF record of a domain; empty: there is none. Several are a fault.
func (w *spfWalk) record(ctx context.Context, domain string) (string, error) {
	texts, err := w.dns.txt(ctx, domain)
	if err != nil {
		return "", err
	}
	var found []string
	for _, t := range texts {
		if lower := strings.ToLower(t); lower == "v=spf1" || strings.HasPrefix(lower, "v=spf1 ") {
			found = append(found, t)
		}
	}
	if len(found) > 1 {
		w.fail(fmt.Sprintf("%s has %d SPF records, and receivers take none of them", domain, len(found)), "put them together into one record")
	}
	if len(found) == 0 {
		return "", nil
	}
	return found[0], nil
}

// fail notes the first fault.
func (w *spfWalk) fail(fault, remedy string) {
	if w.fault == "" {
		w.fault, w.remedy = fault, remedy
	}
}

// count notes a term that asks the DNS, and stops where receivers do.
func (w *spfWalk) count() bool {
	w.lookups++
	if w.lookups > maxLookups {
		w.fail(fmt.Sprintf("the SPF record asks the DNS more than %d times, with what it includes", maxLookups),
			"take out services that you no longer use, or write their addresses as ip4: and ip6:")
	}
	return w.fault == ""
}

// empty notes a lookup that found nothing.
func (w *spfWalk) empty(term string) {
	if w.void++; w.void > maxVoid {
		w.fail(fmt.Sprintf("more than %d names of the SPF record do not exist, the last one in %s", maxVoid, term), "take out what no longer exists")
	}
}

// follow walks through the terms of a record (RFC 7208, section 5).
func (w *spfWalk) follow(ctx context.Context, domain, record string) {
	redirect := ""
	for _, term := range strings.Fields(strings.ToLower(record))[1:] {
		if w.fault != "" || w.unasked != nil {
			return
		}
		if target, ok := strings.CutPrefix(term, "redirect="); ok {
			redirect = target
			continue
		}
		qualifier, mechanism := "+", term
		if strings.ContainsRune("+-~?", rune(term[0])) {
			qualifier, mechanism = term[:1], term[1:]
		}
		if mechanism == "all" {
			w.all = qualifier
			return // What follows is not looked at, not even redirect.
		}
		w.mechanism(ctx, domain, mechanism)
	}
	if redirect != "" && w.count() {
		w.into(ctx, redirect, "redirect="+redirect)
	}
}

// mechanism follows one term other than all.
func (w *spfWalk) mechanism(ctx context.Context, domain, term string) {
	name, target, has := strings.Cut(term, ":")
	name, _, _ = strings.Cut(name, "/")
	target, _, _ = strings.Cut(target, "/")
	if !has {
		target = domain
	}
	switch name {
	case "include":
		if w.count() {
			qualifier := w.all
			w.included = append(w.included, target)
			w.into(ctx, target, term)
			w.all = qualifier // An included all says nothing about this record.
		}
	case "a", "mx", "exists", "ptr":
		if w.count() {
			w.lookUp(ctx, name, target, term)
		}
	case "ip4", "ip6":
	default:
		if !strings.Contains(term, "=") { // Modifiers that are not known are left alone (section 6).
			w.fail("the SPF record has the term "+term+", which no receiver knows", "write ip4:, ip6:, a, mx, include: or all")
		}
	}
}

// into goes on in another record.
func (w *spfWalk) into(ctx context.Context, target, term string) {
	if strings.Contains(target, "%{") { // It depends on the mail.
		return
	}
	record, err := w.record(ctx, target)
	switch {
	case err != nil:
		w.unasked = err
	case record == "":
		w.fail(term+" leads to no SPF record, which receivers take for an error of the whole", "take it out, or ask whoever runs "+target)
	default:
		w.follow(ctx, target, record)
	}
}

// lookUp asks for what a, mx and exists name.
func (w *spfWalk) lookUp(ctx context.Context, name, target, term string) {
	if name == "ptr" || strings.Contains(target, "%{") {
		return
	}
	var found []string
	var err error
	if name == "mx" {
		found, err = w.dns.mx(ctx, target)
		if len(found) > maxSPFMX {
			w.fail(fmt.Sprintf("%s has more than %d mail servers, too many for SPF", target, maxSPFMX), "name their addresses as ip4: and ip6: in place of "+term)
		}
	} else {
		found, err = w.dns.addresses(ctx, target)
	}
	if err != nil {
		w.unasked = err
	} else if len(found) == 0 {
		w.empty(term)
	}
}
