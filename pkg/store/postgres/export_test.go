package postgres

// What the tests of package postgres_test look at more closely.
const (
	DueQuery = dueQuery
)
