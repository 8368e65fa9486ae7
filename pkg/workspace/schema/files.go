package schema

// All are the schemas of all files, by the names of theirs in a workspace's schema directory.
func All() map[string]*Schema {
	out := map[string]*Schema{}
	for _, s := range []*Schema{Shop(), Policy(), Segment(), Loyalty(), Delivery(), Events(), Webhook(), WhatsApp(), Source(), Journey(), Test()} {
		out[s.ID+".json"] = s
	}
	return out
}
