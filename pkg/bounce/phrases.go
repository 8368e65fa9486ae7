package bounce

// phrase is a row of the table: what servers say, and what it means.
type phrase struct {
	verdict
	// status, when it is not "", is how the enhanced code has to begin for the row to hold.
	status string
	// contradicts is set when the words count even against a code that says the address is bad.
	contradicts bool
	// words stand in lower case. One of them is enough.
	words []string
}

// phrases is what servers say in their own words, most telling first: the first row that is found decides. So what is
// about the sender stands before what is about the recipient ("domain of sender address does not exist"), what is
// narrow before what is wide, and words that servers use for anything at the end.
//
// Why a row is where it is, and whose words it has, stands above it. The words were read in the texts of the corpus (see
// doc.go); those of the RFCs are the descriptions of RFC 3463, section 3, and RFC 5248, section 2.4.
var phrases = []phrase{
	// Too much at once. Before "full", because some call it a quota. It passes with time, whatever the code.
	{verdict: verdict{Soft, "too much at once"}, words: []string{
		"too many connections", "too many messages", "too many recipients", "too many emails", "connection rate", "rate limit",
		"rate limited", "rate exceeded", "frequency limited", "throttled", "throttling", "relay quota", "sending quota",
		"daily quota", "relaying limit", "sending limit", "receiving mail at a rate", "slow down", "too fast",
		"connections from your", "concurrency limit", "concurrent connections",
	}},
	// DNS that does not answer now. Before "host not found", which Postfix writes in front of it.
	{verdict: verdict{Soft, "unreachable"}, words: []string{"host not found, try again", "temporary lookup failure"}},
	// Greylisting: servers that say so use codes of class 5, too.
	{verdict: verdict{Soft, "greylisted"}, words: []string{
		"greylist", "greylisted", "greylisting", "graylist", "graylisted", "graylisting", "grey listed", "gray listed",
	}},
	// The mailbox is full. It contradicts 5.1.1, with which some gateways report it.
	{verdict: verdict{Soft, "mailbox full"}, contradicts: true, words: []string{
		"mailbox full", "mailbox is full", "mail box full", "mail box is full", "mailfolder is full", "inbox is full",
		"inbox full", "account is full", "mailbox has exceeded", "over quota", "overquota", "over the quota", "out of quota",
		"quota exceeded", "exceeded quota", "exceeds quota", "exceeded the quota", "exceed the quota", "exceeded its quota",
		"exceeded their quota", "quota limit", "quota violation", "quota full", "storage quota", "mailbox quota", "disk quota",
		"exceeded storage", "exceeded its storage", "exceeded the local limit", "storage allocation", "storage limit",
		"out of storage", "out of space", "out of disk space", "insufficient storage", "not enough storage",
		"insufficient disk space", "not enough disk space", "no space left", "mailbox size limit", "mailbox for user is full",
		"maildir delivery failed", "pleine", "voll", // fr: boîte pleine; de: Postfach voll
	}},
	// The message is too big for the server or the mailbox, or has lines that are.
	{verdict: verdict{Message, "too big"}, contradicts: true, words: []string{
		"message too large", "message is too large", "message too big", "message is too big", "mail too large", "too large",
		"size limit", "message size exceeds", "exceeds size", "exceeds maximum", "exceeds the maximum", "exceeded maximum",
		"exceeds fixed maximum", "message length exceeds", "line limit exceeded", "line too long", "lines longer than",
	}},
	// The address or the domain of the sender is refused.
	{verdict: verdict{Block, "sender refused"}, contradicts: true, words: []string{
		"sender address rejected", "sender rejected", "sender denied", "sender refused", "sender is refused",
		"sender not allowed", "sender blocked", "sender is blocked", "bad sender", "invalid sender", "valid sender domain",
		"domain of sender", "sender domain", "sender's domain", "sender verify failed", "sender verification",
		"unroutable sender", "unknown sender", "from address rejected", "mail from rejected", "not a member", "are not member",
		"send to this group", "post messages to the group", "'send mail as'",
	}},
	// A header of the message is broken. Narrow, because the rows below would take the header's name.
	{verdict: verdict{Message, "content"}, words: []string{"duplicate header", "multiple from", "invalid header", "header error"}},
	// SPF, DKIM, DMARC, ARC, and submission without a password (RFC 7372).
	{verdict: verdict{Block, "authentication"}, contradicts: true, words: []string{
		"spf", "dkim", "dmarc", "arc validation", "sender policy framework", "sender id", "mail from domain",
		"authentication check", "authentication checks", "authentication failed", "authentication required",
		"authentication is required", "unauthenticated", "smtp authentication", "advertise auth", "not authenticated",
		"smtp-auth", "please authenticate",
	}},
	// The host that sends has no name, or one that does not lead back.
	{verdict: verdict{Block, "reverse DNS"}, contradicts: true, words: []string{
		"reverse dns", "rdns", "ptr", "ptr record", "ptr records", "reverse lookup", "reverse hostname", "your hostname",
		"your reverse", "unverifiable sending", "dns lookup for host", "invalid helo", "helo command rejected",
		"fcrdns", "resolvable", "does not resolve", "generic hostname",
	}},
	// An account that is blocked; the row below would take the word.
	{verdict: verdict{Hard, "mailbox disabled"}, words: []string{
		"account is blocked", "account has been blocked", "account blocked", "mailbox is blocked", "mailbox blocked",
	}},
	// Lists of bad senders, and reputation.
	{verdict: verdict{Block, "reputation"}, contradicts: true, words: []string{
		"blocked using", "blocked by", "blocked for", "blocked -", "blocked ip", "blocked address", "been blocked", "ip blocked",
		"is blocked", "blacklist", "blacklisted", "blacklisting", "black list", "blocklist", "blocklisted", "block list",
		"blocklists", "denylist", "banned", "spamhaus", "spamcop", "sorbs", "dnsbl", "rbl", "cbl", "barracuda reputation",
		"reputation", "poor reputation", "client host rejected", "client host blocked", "host network not allowed",
		"messages from", "network is on our", "user complaints", "deferred due to", "service refused",
		"connection refused by policy", "not accepting mail from your", "mail server is blocked", "aup#cdrbl",
	}},
	// The person does not want it (Facebook, with 5.1.1).
	{verdict: verdict{Block, "refused by the recipient"}, contradicts: true, words: []string{
		"recipient preferences", "refused by the recipient", "refused by recipient", "recipient does not want",
	}},
	// The account exists and is closed.
	{verdict: verdict{Hard, "mailbox disabled"}, words: []string{
		"account is disabled", "account disabled", "account has been disabled", "accounts is disabled", "account that you tried to reach is disabled",
		"account that you tried to reach is inactive", "user disabled", "user is disabled", "mailbox disabled",
		"mailbox is disabled", "mailbox has been disabled", "mailbox is inactive", "mailbox inactive", "account inactive",
		"account is inactive", "inactive user", "user inactive", "is frozen", "is suspended", "has been suspended",
		"account suspended", "user suspended", "account is locked", "account locked", "mailbox is locked", "deactivated",
		"has been discontinued", "account closed", "account is closed", "account expired", "account has expired",
		"disabled recipient", "account is not active", "mailbox not active", "disabled or discontinued",
		"temporarily inactive", "inactivity", "mailbox disabled, not accepting messages",
	}},
	// There is no such mailbox. Sendmail and Postfix say "user unknown", Exim "unknown user" or "unrouteable address",
	// qmail "no mailbox here by that name", Exchange "RecipNotFound", Domino "not listed in", Yahoo "doesn't have a".
	{verdict: verdict{Hard, "no such user"}, words: []string{
		"user unknown", "unknown user", "unknown or illegal user", "unknown recipient", "recipient unknown", "addressee unknown",
		"unknown address", "unknown mailbox", "mailbox unknown", "unknown account", "account unknown", "unknown alias",
		"unknown local part", "unknown local-part", "unknown email address", "user is unknown", "user not known",
		"user not found", "user doesn't exist", "user does not exist", "recipient not found", "recipient does not exist",
		"recipient cannot be found", "mailbox not found", "mailbox does not exist", "address not found", "account not found",
		"could not be found", "couldn't be found", "wasn't found", "was not found", "account that you tried to reach does not exist",
		"account does not exist", "address does not exist", "doesn't exist", "does not exist", "not exist", "no longer exists",
		"no such user", "no such recipient", "no such mailbox", "no such address", "no such account", "no such person",
		"no such local user", "no such local recipient", "no mailbox", "no mailbox here", "no mailbox by that name", "no user",
		"no account", "no valid recipients", "no valid recipient", "doesn't have a", "does not have a", "not a valid mailbox",
		"not a valid user", "not a valid recipient", "not a known user", "not our customer", "invalid recipient",
		"invalid recipients", "invalid mailbox", "invalid user", "invalid address", "invalid final delivery userid",
		"invalid local part", "bad destination mailbox", "bad destination email", "bad recipient", "bad address",
		"not listed in", "name is not recognized", "not recognized", "recipnotfound", "resolver.adr.recipnotfound",
		"unrouteable address", "unroutable address", "undeliverable address", "undeliverable recipient", "not known here",
		"not known at", "unknown to address", "malformed address", "malformed recipient", "incorrectly constructed",
		"illegal alias", "illegal user", "not local", "destinataire invalide", "utilisateur inconnu",
		"unbekannt", "unbekannter", "usuario desconocido", "destinatario desconocido", "utente sconosciuto",
		"destinatario sconosciuto", "onbekend",
	}},
	// There was one, and it went elsewhere.
	{verdict: verdict{Hard, "moved away"}, words: []string{
		"no longer on server", "no longer available", "no longer at", "no longer valid", "no longer in use", "no longer with",
		"no longer active", "has moved", "user has moved", "mailbox has moved",
	}},
	// There is no such domain, or it takes no mail (RFC 7505).
	{verdict: verdict{Hard, "no such domain"}, words: []string{
		"host unknown", "unknown host", "host not found", "no such host", "domain not found", "domain name not found",
		"no such domain", "unknown domain", "invalid domain", "bad domain", "nxdomain",
		"name or service not known", "bad destination system", "bad destination host", "null mx", "no smtp service",
		"does not accept mail", "doesn't accept mail", "doesn't receive email", "does not receive email",
		"domain is not reachable", "no mx", "no mail exchanger", "illegal host/domain", "illegal host", "unrouteable mail domain",
		"unrouteable domain", "unroutable domain", "couldn't find any host", "no host found", "no valid hosts",
		"host or domain name not found", "never accepts mail", "couldn't find a mail exchanger", "does not accept email", "mx points to",
	}},
	// Exchange Online refuses unknown users at its edge with these words; with other codes they are a policy.
	{verdict: verdict{Hard, "no such user"}, status: "5.4.1", words: []string{"recipient address rejected: access denied"}},
	// IronPort says no more than this when the recipient is not in its table.
	{verdict: verdict{Hard, "no such user"}, status: "5.1.0", words: []string{"address rejected"}},
	// A virus in it: a fault of this message.
	{verdict: verdict{Message, "virus"}, words: []string{
		"virus", "viruses", "malware", "trojan", "infected", "dangerous attachment", "attachment type",
		"attachment not allowed",
	}},
	// Its content looks like spam.
	{verdict: verdict{Block, "spam"}, words: []string{
		"spam", "spammy", "spam message", "unsolicited", "ube", "uce", "junk", "junk mail", "bulk mail", "bulk email", "spamassassin",
		"spam content", "content rejected", "message content rejected", "phishing", "looks like spam",
		"suspicious", "high probability",
	}},
	// Its form breaks a rule.
	{verdict: verdict{Message, "content"}, words: []string{
		"header error", "headers error", "media error", "malformed", "invalid header", "missing header", "header are not accepted",
		"header is not accepted", "addresses in from", "not rfc", "rfc 5322", "rfc 2822", "rfc5322", "rfc2822",
		"8bit", "8-bit", "mime error", "illegal attachment", "conversion", "message-id", "date header", "bare lf", "bare lfs",
		"stray newlines", "non-ascii", "smtputf8",
	}},
	// A rule refuses it, and the rule is not about the address.
	{verdict: verdict{Block, "policy"}, words: []string{
		"policy", "policies", "policy reasons", "not authorized", "not authorised", "unauthorized", "access denied", "denied",
		"relaying denied", "relay denied", "relaying",
		"no relaying", "relay mail", "relay access denied", "unable to relay", "not relay", "not permitted", "prohibited",
		"not allowed", "smtp server of your isp", "your isp", "refused by", "restricted", "forbidden",
		"permission", "not accepted from", "connections not accepted", "administrative prohibition",
		"mail rejete", "mail rejected", "rejected by", "domain-filter", "domain filter", "security", "tls required",
		"must issue a starttls",
	}},
	// The way there is broken, and nobody knows for how long.
	{verdict: verdict{Soft, "unreachable"}, words: []string{
		"timed out", "timeout", "time out", "connection refused", "connection reset", "connection lost", "lost connection",
		"connection died", "connection dropped", "socket error", "no route to host", "network is unreachable", "unreachable",
		"could not connect", "couldn't connect", "cannot connect", "can't connect", "unable to connect", "not responding",
		"establish an smtp connection", "accept our requests to connect", "unable to contact", "not reachable",
		"lookup failed", "dns error", "dns failure", "cname lookup", "name server", "server failure", "no answer from host",
		"bad connection", "network error", "host is down", "connection attempts", "hosts have been failing", "deferred",
	}},
	// It was tried for long enough.
	{verdict: verdict{Soft, "expired"}, words: []string{
		"message expired", "envelope expired", "delivery time expired", "expired", "giving up", "too long", "retry time",
		"multiple retries", "not delivered within", "for the last", "will be retried", "has been delayed",
		"queue too long", "in the queue", "cannot send message for", "unable to deliver this message after", "delayed",
	}},
	// It says itself that it may pass.
	{verdict: verdict{Soft, "temporary"}, words: []string{
		"temporarily", "temporary", "try again", "try later", "essayer plus tard", "system error", "internal error",
		"resources unavailable", "service unavailable", "service not available", "local error", "server busy", "too busy",
		"insufficient system", "system resources", "overloaded", "maintenance",
	}},
	// Mail runs in a circle: somebody has to repair the servers.
	{verdict: verdict{Other, "loop"}, words: []string{
		"loop", "routing loop", "mail loop", "looping", "too many hops", "hop count",
	}},
	// Outlook.com and others answer this to unknown addresses (RFC 5321 has "mailbox not found" as its first meaning);
	// last, because its other meanings have words of their own.
	{verdict: verdict{Hard, "no such user"}, words: []string{
		"mailbox unavailable", "mailbox not available", "recipient rejected", "invalid rcpt", "user invalid", "address invalid",
		"recipient invalid", "recipient refused", "rejected recipient", "recipient address rejected.", "not a registered",
		"unknown",
	}},
}
