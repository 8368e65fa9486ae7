package workspace

import (
	"fmt"
	"maps"
	"slices"

	"rapport/pkg/condition/spelling"
	"rapport/pkg/message"
	"rapport/pkg/policy"
	"rapport/pkg/workspace/source"
)

// providers are what carries messages, as the workers call themselves, and the channels of
// each.
func (x *references) providers() map[string][]message.Channel {
	all := map[string][]message.Channel{
		"twilio":  {message.SMS, message.WhatsApp},
		"webhook": {message.Webhook},
	}
	for _, name := range x.mailServers {
		all[name] = []message.Channel{message.Email}
	}
	if len(x.mailServers) == 0 {
		all["smtp"] = []message.Channel{message.Email}
	}
	return all
}

// idle warns of a throttle under which no message can ever fall.
func (r *reader) idle(n *source.Node, t *policy.Throttle) {
	all := r.providers()
	channels, known := all[t.Provider]
	switch {
	case t.Provider != "" && !known:
		r.Warn(n.File, n.Get("provider").Place, fmt.Sprintf("no message goes through %s, so this bounds nothing", t.Provider),
			spelling.DidYouMean(t.Provider, slices.Sorted(maps.Keys(all))))
	case known && t.Channel != "" && !slices.Contains(channels, t.Channel):
		r.Warn(n.File, n.Get("provider").Place, fmt.Sprintf("%s carries no messages of the channel %s, so this bounds nothing", t.Provider, t.Channel),
			"leave provider: or channel: out")
	case t.Domain != "" && (t.Channel == message.SMS || t.Channel == message.WhatsApp || t.Provider == "twilio"):
		r.Warn(n.File, n.Get("domain").Place, "telephone numbers have no domain, so this bounds nothing",
			"leave domain: out; it is for the recipients of e-mails and the hosts of webhooks")
	}
}
