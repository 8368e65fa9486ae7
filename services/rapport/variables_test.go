package main_test

import (
	"strings"
	"testing"
)

// What is wrong with a variable is said as it is of a flag, and a key is not shown.
func TestVariablesThatMakeNoSense(t *testing.T) {
	t.Parallel()
	for variable, want := range map[string]string{
		"RAPPORT_SIGNING_KEYS=0123456789abcdef, sesame": "RAPPORT_SIGNING_KEYS: a key has 6 bytes: use at least 16 random ones, and a comma between keys",
		"RAPPORT_ALLOW_PRIVATE_WEBHOOKS=perhaps":        "RAPPORT_ALLOW_PRIVATE_WEBHOOKS is \"perhaps\": use true or false",
		"RAPPORT_FEED_EVERY=often":                      "--feed-every 0s: use 1m or more",
	} {
		cmd := command(t, t.TempDir(), append([]string{"up"}, free()...)...)
		cmd.Env = append(cmd.Env, variable)
		if got := execute(t, cmd); got.code != 2 || !strings.Contains(got.errors, want) || strings.Contains(got.errors, "sesame") {
			t.Errorf("%s: exit code %d, standard error:\n%s", variable, got.code, got.errors)
		}
	}
}

// The banner says what leaves this machine.
func TestBannerSaysWhatIsReal(t *testing.T) {
	t.Parallel()
	for want, args := range map[string][]string{
		"(nothing leaves this machine: mail, SMS, WhatsApp and webhooks are caught)": nil,
		"(real: mail and webhooks; caught: SMS and WhatsApp)":                        {"--smtp", "127.0.0.1:9"},
		"(real: mail; caught: SMS, WhatsApp and webhooks)":                           {"--smtp", "127.0.0.1:9", "--catch-webhooks"},
	} {
		if banner := up(t, t.TempDir(), args...).out.String(); !strings.Contains(banner, want) {
			t.Errorf("%v: no %q in\n%s", args, want, banner)
		}
	}
}
