package callback

import (
	"encoding/base64"
	"errors"
	"strings"

	"rapport/pkg/callback/signature"
)

// needsCredentials says what providers that sign nothing are verified by.
const needsCredentials = "Secrets: user:password of HTTP basic authentication, or a token that comes as bearer token or as ?secret= of the URL"

// needSecrets is the least that a provider's open asks for.
func needSecrets(cfg Config) error {
	if len(cfg.Secrets) == 0 {
		return errors.New("there is no secret, and without one anybody could call")
	}
	return nil
}

// openCredentials verifies by a shared secret: Authorization basic or bearer, one of the headers named, or the parameter
// secret of the URL. Each secret may come in each way; a place that is empty is not tried.
func openCredentials(headers ...string) func(Config) (verifier, error) {
	return func(cfg Config) (verifier, error) {
		if err := needSecrets(cfg); err != nil {
			return nil, err
		}
		return func(c *call) error {
			offered := offeredSecrets(c, headers)
			for _, secret := range cfg.Secrets {
				for _, one := range offered {
					if signature.Same(one, secret) {
						return nil
					}
				}
			}
			if len(offered) == 0 {
				return c.forged("credentials", "there are none: put user and password, or ?secret=, into the URL that the provider calls")
			}
			return c.forged("credentials", "none of them is one that is configured: check the URL or the authentication at the provider")
		}, nil
	}
}

func offeredSecrets(c *call, headers []string) []string {
	var offered []string
	scheme, rest, _ := strings.Cut(c.header("Authorization"), " ")
	switch rest = strings.TrimSpace(rest); strings.ToLower(scheme) {
	case "basic":
		if pair, err := base64.StdEncoding.Strict().DecodeString(rest); err == nil {
			offered = append(offered, string(pair))
		}
	case "bearer":
		offered = append(offered, rest)
	}
	for _, name := range headers {
		offered = append(offered, c.header(name))
	}
	offered = append(offered, c.query().Get("secret"))
	kept := offered[:0]
	for _, one := range offered {
		if one != "" {
			kept = append(kept, one)
		}
	}
	return kept
}
