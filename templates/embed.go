package templates

import "embed"

// FS holds the workspace's files.
//
//go:embed rapport.yaml journeys email sms
var FS embed.FS
