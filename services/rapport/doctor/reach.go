package doctor

import (
	"context"
	"slices"
	"strings"
)

// inbound looks whether bounces and replies find their way here.
func (d *Doctor) inbound(ctx context.Context, s Setup) []Finding {
	var all []Finding
	for _, in := range []struct{ check, domain, what string }{
		{checkBounceMX, s.BounceDomain, "bounces"}, {checkReplyMX, s.ReplyDomain, "replies"},
	} {
		if in.domain == "" {
			continue
		}
		f := Finding{Check: in.check, Subject: in.domain}
		f.Status, f.Detail, f.Remedy = d.takesMail(ctx, in.domain, in.what)
		all = append(all, f)
	}
	return all
}

func (d *Doctor) takesMail(ctx context.Context, domain, what string) (Status, string, string) {
	const again = "try again, or name another server with --dns"
	hosts, err := d.dns.mx(ctx, domain)
	if err != nil {
		return Unknown, err.Error(), again
	}
	point := "publish an MX record at " + domain + " that names the host of Rapport's listener"
	if slices.Contains(hosts, ".") {
		return Fail, "it says that it takes no mail (a null MX), so " + what + " are lost", point
	}
	if len(hosts) == 0 {
		ips, err := d.dns.addresses(ctx, domain)
		switch {
		case err != nil:
			return Unknown, err.Error(), again
		case len(ips) > 0:
			return Warn, "it has no MX record, only addresses, which not all servers deliver to", point
		}
		return Fail, "it has no MX record, so " + what + " are lost", point
	}
	var dead, named []string
	for _, host := range hosts {
		named = append(named, strings.TrimSuffix(host, "."))
		ips, err := d.dns.addresses(ctx, host)
		if err != nil {
			return Unknown, err.Error(), again
		}
		if len(ips) == 0 {
			dead = append(dead, strings.TrimSuffix(host, "."))
		}
	}
	switch {
	case len(dead) == len(hosts):
		return Fail, "no host of its MX records has an address: " + strings.Join(dead, ", "), "give " + dead[0] + " an address, or name another host"
	case len(dead) > 0:
		return Warn, "some hosts of its MX records have no address: " + strings.Join(dead, ", "), "give them addresses, or take them out"
	}
	return OK, "mail goes to " + strings.Join(named, ", "), ""
}

// ptr looks whether addresses that mail leaves from have names that lead back to them.
func (d *Doctor) ptr(ctx context.Context, s Setup) []Finding {
	if len(s.SendingHosts) == 0 {
		if len(s.Servers) == 0 {
			return nil
		}
		return []Finding{{
			Check: checkPTR, Subject: "sending addresses", Status: Info, Detail: "mail leaves through other people's servers, whose operators answer for their names",
			Remedy: "if you run the server yourself, name its addresses with --sending-ip",
		}}
	}
	var all []Finding
	for _, ip := range s.SendingHosts {
		f := Finding{Check: checkPTR, Subject: ip}
		f.Status, f.Detail, f.Remedy = d.named(ctx, ip)
		all = append(all, f)
	}
	return all
}

func (d *Doctor) named(ctx context.Context, ip string) (Status, string, string) {
	const again = "try again, or name another server with --dns"
	names, err := d.dns.names(ctx, ip)
	if err != nil {
		return Unknown, err.Error(), again
	}
	if len(names) == 0 {
		return Fail, "the address has no name (PTR)", "ask whoever gave you the address for a PTR record with the name of the server"
	}
	for _, name := range names {
		ips, err := d.dns.addresses(ctx, name)
		if err != nil {
			return Unknown, err.Error(), again
		}
		if slices.Contains(ips, ip) {
			return OK, "it is called " + name + ", which leads back to it", ""
		}
	}
	return Fail, "it is called " + names[0] + ", which does not lead back to it", "give " + names[0] + " the address " + ip
}

// extras looks at what is good to have.
func (d *Doctor) extras(ctx context.Context, s Setup) []Finding {
	var all []Finding
	add := func(check, domain, name, version, missing string) {
		f := Finding{Check: check, Subject: domain, Status: Info}
		found, err := d.dns.tagged(ctx, name, version)
		switch {
		case err != nil:
			f.Status, f.Detail = Unknown, err.Error()
		case len(found) == 0:
			f.Detail = missing
		default:
			f.Detail = found[0]
		}
		all = append(all, f)
	}
	for _, sender := range s.Senders {
		add(checkBIMI, sender, "default._bimi."+sender, "v=BIMI1", "no logo is published; it needs p=quarantine or p=reject first")
	}
	inbound := []string{s.BounceDomain, s.ReplyDomain}
	slices.Sort(inbound)
	for _, domain := range slices.Compact(inbound) {
		if domain == "" {
			continue
		}
		add(checkMTASTS, domain, "_mta-sts."+domain, "v=STSv1", "senders are not told that mail to this domain is always encrypted (RFC 8461)")
		add(checkTLSRPT, domain, "_smtp._tls."+domain, "v=TLSRPTv1", "nobody is told when encrypted mail to this domain fails (RFC 8460)")
	}
	return all
}
