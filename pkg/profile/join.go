package profile

// Join is the profile of a person who has several ids, made of what is known under each: see
// the section on joins in the package comment. The parts are left as they are. Each has an id of
// its own; segments are not joined, because they are asked about the whole.
func Join(id string, parts ...*Profile) *Profile {
	j := &Profile{ID: id}
	if len(parts) > 0 {
		*j = *parts[0]
		j.ID = id
	}
	return j
}
