package templates

import "embed"

// FS holds the workspace's files.
//
//go:embed LANGUAGE.md rapport.yaml policy.yaml loyalty.yaml events.yaml segments journeys sources email locales sms webhook tests schema
var FS embed.FS
