// Package shophook turns the webhooks of shop systems into events: it verifies a delivery and
// maps it by what a file of the workspace says (sources/NAME.yaml), so that another shop system
// is another file.
package shophook
