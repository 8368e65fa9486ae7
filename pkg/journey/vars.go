package journey

import "encoding/json"

// vars are the variables a template sees, as documented for marketers.
func (w *walk) vars(in *Instance, trigger *Trigger, s *Step) json.RawMessage {
	prof := &w.state.Profile
	who := make(map[string]any, len(prof.Traits)+5)
	for k, v := range prof.Traits {
		who[k] = v
	}
	who["id"] = prof.ID
	orders := map[string]any{"count": prof.Orders.Count, "total": prof.Orders.Total}
	if !prof.Orders.LastAt.IsZero() {
		orders["last_at"], orders["last_id"] = prof.Orders.LastAt, prof.Orders.LastID
	}
	who["orders"] = orders
	if len(prof.Tags) > 0 {
		who["tags"] = prof.Tags
	}
	if l := prof.Loyalty; l.Points != 0 || l.Tier != "" {
		who["loyalty"] = map[string]any{"points": l.Points, "tier": l.Tier}
	}
	b := assemble(who, in, trigger)
	if s.Survey == nil {
		return b
	}
	survey, err := json.Marshal(map[string]any{"name": s.Survey.Name})
	if err != nil {
		return b
	}
	return append(append(append(b[:len(b)-1], `,"survey":`...), survey...), '}')
}

// assemble puts the variables together. The trigger's data is JSON already, checked when
// the event was accepted, and long; it is copied as it is.
func assemble(who map[string]any, in *Instance, trigger *Trigger) json.RawMessage {
	b, err := json.Marshal(who)
	if err != nil {
		// Traits came from JSON and go back to it. Were one not to, the message is decided
		// all the same, and a strict template will say what it misses.
		b = []byte("{}")
	}
	var list []byte
	if len(in.Suggestions) > 0 {
		if list, err = json.Marshal(in.Suggestions); err != nil {
			list = nil
		}
	}
	size := len(b) + len(list) + len(`{"profile":,"trigger":,"recommendations":}`)
	if trigger != nil {
		size += len(trigger.Data)
	}
	b = append(append(make([]byte, 0, size), `{"profile":`...), b...)
	if trigger != nil && len(trigger.Data) > 0 {
		b = append(append(b, `,"trigger":`...), trigger.Data...)
	}
	if list != nil {
		b = append(append(b, `,"recommendations":`...), list...)
	}
	return append(b, '}')
}
