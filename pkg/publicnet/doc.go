// Package publicnet tells addresses of the public internet from all others, for whoever follows
// links that others wrote: a name may lead into one's own network, to a router or to a cloud's service that hands out
// credentials. What it promises: an address counts as public only if no registry says otherwise, also one of IPv6 that
// stands for one of IPv4.
package publicnet
