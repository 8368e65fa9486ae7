package doctor

import (
	"context"
	"fmt"
	"strings"

	"golang.org/x/net/publicsuffix"

	"rapport/pkg/dkim"
)

// dkim looks whether the public half of each key is published.
func (d *Doctor) dkim(ctx context.Context, s Setup) []Finding {
	var all []Finding
	for _, sender := range s.Senders {
		if s.Keys.Signer(sender, d.now()) == nil {
			all = append(all, Finding{
				Check: checkDKIM, Subject: sender, Status: Warn, Detail: "Rapport has no DKIM key for this domain, and signs nothing for it",
				Remedy: "let your provider sign for " + sender + ", or make keys with rapport dkim new --domain " + sender + " --selector NAME",
			})
		}
	}
	if s.Keys == nil {
		return all
	}
	for _, domain := range s.Keys.Domains() {
		for _, k := range s.Keys.Keys(domain) {
			all = append(all, d.dkimKey(ctx, k))
		}
	}
	return all
}

func (d *Doctor) dkimKey(ctx context.Context, k dkim.Key) Finding {
	name := k.Selector + "._domainkey." + k.Domain
	f := Finding{Check: checkDKIM, Subject: name}
	want, err := dkim.Record(k.Private)
	if err != nil {
		f.Status, f.Detail, f.Remedy = Fail, err.Error(), "make a new key with rapport dkim new"
		return f
	}
	publish := "publish a TXT record at " + name + ": " + want
	found, err := d.dns.txt(ctx, name)
	switch {
	case err != nil:
		f.Status, f.Detail, f.Remedy = Unknown, err.Error(), "try again, or name another server with --dns"
	case len(found) == 0 && k.From.After(d.now()):
		f.Status, f.Detail = Warn, "the key signs from "+k.From.Format("2006-01-02")+" on and is not published yet"
		f.Remedy = publish
	case len(found) == 0:
		f.Status, f.Detail, f.Remedy = Fail, "the key is not published: no receiver can verify what it signs", publish
	case len(found) > 1:
		f.Status, f.Detail = Fail, fmt.Sprintf("there are %d records, and receivers may take any of them", len(found))
		f.Remedy = "leave only: " + want
	default:
		f.Status, f.Detail, f.Remedy = published(tags(found[0]), tags(want))
		if f.Status == Fail {
			f.Remedy = publish
		}
	}
	return f
}

// published compares a record's tags with those that a key wants (RFC 6376, section 3.6.1).
func published(got, want map[string]string) (Status, string, string) {
	spaceless := strings.Join(strings.Fields(got["p"]), "")
	kind := got["k"]
	if kind == "" {
		kind = "rsa"
	}
	switch {
	case spaceless == "":
		return Fail, "the key is published as revoked (p= is empty)", ""
	case kind != want["k"] || spaceless != want["p"]:
		return Fail, "another key is published than the one that signs here", ""
	case got["h"] != "" && !strings.Contains(got["h"], "sha256"):
		return Fail, "the record forbids SHA-256 (h=), with which all mail is signed", ""
	case strings.Contains(got["t"], "y"):
		return Warn, "published, but as a test (t=y), which receivers may treat as unsigned", "take t=y out of the record"
	}
	return OK, "published, and the one that signs here", ""
}

// organization is the domain that somebody registered (RFC 7489, section 3.2); the name itself where that is not known.
func organization(domain string) string {
	org, err := publicsuffix.EffectiveTLDPlusOne(domain)
	if err != nil {
		return domain
	}
	return org
}

// policyOf is the DMARC record that counts for a domain: its own, or its organization's. Several records are none.
func (d *Doctor) policyOf(ctx context.Context, domain string) (record, at string, several bool, err error) {
	for _, at := range []string{domain, organization(domain)} {
		found, err := d.dns.tagged(ctx, "_dmarc."+at, "v=DMARC1")
		if err != nil {
			return "", "", false, err
		}
		if len(found) > 1 {
			return "", at, true, nil
		}
		if len(found) == 1 {
			return found[0], at, false, nil
		}
	}
	return "", "", false, nil
}

// dmarc looks at the policy of each sender.
func (d *Doctor) dmarc(ctx context.Context, s Setup) []Finding {
	var all []Finding
	for _, sender := range s.Senders {
		f := Finding{Check: checkDMARC, Subject: sender}
		record, at, several, err := d.policyOf(ctx, sender)
		t := tags(record)
		switch {
		case err != nil:
			f.Status, f.Detail, f.Remedy = Unknown, err.Error(), "try again, or name another server with --dns"
		case several:
			f.Status, f.Detail, f.Remedy = Fail, "there are several DMARC records, and receivers take none of them", "leave one at _dmarc."+at
		case record == "":
			f.Status, f.Detail = Fail, "there is no DMARC record"
			f.Remedy = "publish a TXT record at _dmarc." + organization(sender) + ": v=DMARC1; p=none; rua=mailto:dmarc@" + organization(sender)
		case t["p"] != "none" && t["p"] != "quarantine" && t["p"] != "reject":
			f.Status, f.Detail, f.Remedy = Fail, "the DMARC record has no policy: "+record, "give it p=none, p=quarantine or p=reject"
		case t["rua"] == "":
			f.Status, f.Detail, f.Remedy = Warn, record, "add rua=mailto:..., so that you see who sends in your name"
		default:
			f.Status, f.Detail = OK, record
		}
		all = append(all, f)
	}
	return all
}

// alignment looks whether DKIM or SPF speaks for the domain that readers see (RFC 7489, section 3.1).
func (d *Doctor) alignment(ctx context.Context, s Setup) []Finding {
	var all []Finding
	for _, sender := range s.Senders {
		f := Finding{Check: checkAlignment, Subject: sender}
		record, _, _, err := d.policyOf(ctx, sender)
		if err != nil {
			f.Status, f.Detail, f.Remedy = Unknown, err.Error(), "try again, or name another server with --dns"
			all = append(all, f)
			continue
		}
		t := tags(record)
		signed, path := "", s.BounceDomain
		if path == "" {
			path = sender
		}
		if signer := s.Keys.Signer(sender, d.now()); signer != nil {
			signed = signer.Domain()
		}
		byDKIM := signed != "" && aligned(sender, signed, t["adkim"])
		bySPF := aligned(sender, path, t["aspf"])
		switch {
		case byDKIM && bySPF:
			f.Status, f.Detail = OK, "signed by "+signed+", return path at "+path
		case byDKIM:
			f.Status, f.Detail = Warn, "signed by "+signed+"; the return path at "+path+" is of another domain"
			f.Remedy = "use a return path below " + organization(sender) + ", and aspf=r"
		case bySPF:
			f.Status, f.Detail = Warn, "return path at "+path+"; no signature of Rapport's speaks for "+sender+", and SPF does not survive forwarding"
			f.Remedy = "sign with a key of " + sender + ", or let your provider do so"
		default:
			f.Status, f.Detail = Fail, "neither a signature nor the return path (at "+path+") speaks for "+sender
			f.Remedy = "sign with a key of " + sender + ", or use a return path below " + organization(sender)
		}
		all = append(all, f)
	}
	return all
}

// aligned compares domains as a policy says: s is strict, anything else relaxed.
func aligned(from, other, mode string) bool {
	if mode == "s" {
		return from == other
	}
	return organization(from) == organization(other)
}
