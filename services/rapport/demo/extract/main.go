package main

import (
	"fmt"
	"os"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: extract FULL.csv.gz EXTRACT.csv.gz")
		os.Exit(2)
	}
	kept, err := extractFile(os.Args[1], os.Args[2])
	if err != nil {
		fmt.Fprintln(os.Stderr, "extract:", err)
		os.Exit(1)
	}
	fmt.Printf("%s: %d rows of %d customers, and of %d anonymous invoices\n", os.Args[2], kept.rows, kept.customers, kept.anonymous)
}
