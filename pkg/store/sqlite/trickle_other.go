//go:build !linux

package sqlite

import "os"

// trickle is for Linux; elsewhere the sync that follows does it all.
func trickle(*os.File) error { return nil }
