package doctor

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/miekg/dns"
)

// resolver asks one DNS server.
type resolver struct {
	server string
	fault  error // why there is no server to ask
	udp    *dns.Client
	tcp    *dns.Client
}

// system is where the system's DNS servers are named.
const system = "/etc/resolv.conf"

func newResolver(server string, patience time.Duration) *resolver {
	r := &resolver{server: server, udp: &dns.Client{Timeout: patience, UDPSize: dns.DefaultMsgSize}, tcp: &dns.Client{Net: "tcp", Timeout: patience}}
	if server != "" {
		return r
	}
	config, err := dns.ClientConfigFromFile(system)
	if err != nil || len(config.Servers) == 0 {
		r.fault = errors.New("this system names no DNS server: name one with --dns")
		return r
	}
	r.server = net.JoinHostPort(config.Servers[0], config.Port)
	return r
}

// ask returns the records of a type. No records and no error means that there are none.
func (r *resolver) ask(ctx context.Context, name string, kind uint16) ([]dns.RR, error) {
	if r.fault != nil {
		return nil, r.fault
	}
	q := new(dns.Msg)
	q.SetQuestion(dns.Fqdn(name), kind)
	q.SetEdns0(dns.DefaultMsgSize, false)
	answer, _, err := r.udp.ExchangeContext(ctx, q, r.server)
	if err == nil && answer.Truncated {
		answer, _, err = r.tcp.ExchangeContext(ctx, q, r.server)
	}
	if err != nil {
		return nil, fmt.Errorf("the DNS server %s did not answer about %s", r.server, name)
	}
	if answer.Rcode != dns.RcodeSuccess && answer.Rcode != dns.RcodeNameError {
		return nil, fmt.Errorf("the DNS server %s answered %s about %s", r.server, dns.RcodeToString[answer.Rcode], name)
	}
	var found []dns.RR
	for _, rr := range answer.Answer {
		if rr.Header().Rrtype == kind { // Aliases come before what they lead to.
			found = append(found, rr)
		}
	}
	return found, nil
}

// txt returns the texts of a name, each put together from its strings.
func (r *resolver) txt(ctx context.Context, name string) ([]string, error) {
	found, err := r.ask(ctx, name, dns.TypeTXT)
	var texts []string
	for _, rr := range found {
		texts = append(texts, strings.Join(rr.(*dns.TXT).Txt, ""))
	}
	return texts, err
}

// tagged returns the texts that begin with a version, such as v=DMARC1, whatever the case and white space.
func (r *resolver) tagged(ctx context.Context, name, version string) ([]string, error) {
	all, err := r.txt(ctx, name)
	var texts []string
	for _, t := range all {
		first, _, _ := strings.Cut(t, ";")
		if strings.EqualFold(strings.Join(strings.Fields(first), ""), version) {
			texts = append(texts, t)
		}
	}
	return texts, err
}

// mx returns the names of mail servers, the first choice first as the DNS gave them; "." is one that takes no mail (RFC 7505).
func (r *resolver) mx(ctx context.Context, name string) ([]string, error) {
	found, err := r.ask(ctx, name, dns.TypeMX)
	var hosts []string
	for _, rr := range found {
		hosts = append(hosts, strings.ToLower(rr.(*dns.MX).Mx))
	}
	return hosts, err
}

// addresses returns the IPs of a host. An error means that neither kind of address could be asked for.
func (r *resolver) addresses(ctx context.Context, host string) ([]string, error) {
	if net.ParseIP(host) != nil {
		return []string{host}, nil
	}
	four, err4 := r.ask(ctx, host, dns.TypeA)
	six, err6 := r.ask(ctx, host, dns.TypeAAAA)
	var ips []string
	for _, rr := range four {
		ips = append(ips, rr.(*dns.A).A.String())
	}
	for _, rr := range six {
		ips = append(ips, rr.(*dns.AAAA).AAAA.String())
	}
	if len(ips) == 0 {
		return nil, errors.Join(err4, err6)
	}
	return ips, nil
}

// names returns what an IP is called.
func (r *resolver) names(ctx context.Context, ip string) ([]string, error) {
	reverse, err := dns.ReverseAddr(ip)
	if err != nil {
		return nil, fmt.Errorf("%s is no IP address", ip)
	}
	found, err := r.ask(ctx, reverse, dns.TypePTR)
	var hosts []string
	for _, rr := range found {
		hosts = append(hosts, strings.TrimSuffix(rr.(*dns.PTR).Ptr, "."))
	}
	return hosts, err
}

// tags reads a record of the form "v=X; name=value; ..." (RFC 6376, section 3.2). Names are in lower case.
func tags(record string) map[string]string {
	all := map[string]string{}
	for part := range strings.SplitSeq(record, ";") {
		name, value, ok := strings.Cut(part, "=")
		if ok {
			all[strings.ToLower(strings.TrimSpace(name))] = strings.TrimSpace(value)
		}
	}
	return all
}
