// Package bounce reads mail that comes back to a sender.
package bounce
