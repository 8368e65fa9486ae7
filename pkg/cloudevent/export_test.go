package cloudevent

// SlowBatch reads a batch without the scanner, and SlowOne one event.
var (
	SlowBatch = slowBatch
	SlowOne   = slow
)
