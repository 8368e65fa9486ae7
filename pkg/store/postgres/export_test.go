package postgres

// DueQuery is what a poll for timers asks.
const DueQuery = dueQuery

// PathOfEvents are the statements that events take, from Acquire to the relay.
var PathOfEvents = map[string]string{
	"lock_offset": lockOffset, "add_offset": addOffset, "take_offset": takeOffset, "move_offset": moveOffset,
	"put_profiles": putProfiles, "add_timeline": addTimeline, "add_messages": addMessages, "set_outcomes": setOutcomes,
	"add_resting": addResting, "drop_resting": dropResting, "add_arms": addArms,
	"add_outbox": addOutbox, "drop_outbox": dropOutbox, "outbox": outboxQuery,
	"load_states": loadStates, "load_seen": loadSeen,
	"due": dueQuery, "lock_floor": lockFloor, "settle": settleRow, "raise_floor": raiseFloor,
	"newest_lines": newestLines, "lines_between": linesBetween, "fetch_lines": fetchLines, "events": eventsQuery,
	"stale":      staleQuery,
	"any_erased": anyErased, "load_erased": loadErased, "drop_phone": dropPhone, "add_phone": addPhone,
	"lock_outbox": lockOutbox, "trim_outbox": trimOutbox, "drop_unsent": dropUnsent, "drop_timeline": dropTimeline,
	"drop_phones": dropPhones, "drop_wakes": dropWakes, "drop_profiles": dropProfiles, "tomb_messages": tombMessages,
	"suppress_unsent": suppressUnsent, "add_erased": addErased,
}
