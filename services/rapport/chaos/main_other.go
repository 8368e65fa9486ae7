//go:build !linux

package main

import (
	"fmt"
	"os"
)

func main() {
	fmt.Fprintln(os.Stderr, "chaos needs Linux: it stops processes and fills disks by its means")
	os.Exit(2)
}
