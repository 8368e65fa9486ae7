package main

import (
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"rapport/services/rapport/importing"
)

func consentImport() *cobra.Command {
	f := importFlags{adjust: addressAsID}
	cmd := &cobra.Command{
		Use: "import FILE", Short: "Import consent, with its proof, from a file", Args: operands("FILE"),
		Long: `Read a CSV file or JSON Lines and publish each row as an event consent.imported, as rapport import
consent does; but where there is only an e-mail address, it is the person's id. Columns:

  profile    the customer's id; or email instead, which is the id then
  channel    email, sms or whatsapp
  purpose    marketing, or a purpose of your policy
  granted    true or false
  at         when they said so, such as 2026-03-02T09:00
  source     where they said so: the form, the shop, the former provider
  proof      what shows it: the form's wording and version, the IP address, a document's
             number; at most 500 bytes
  confirmed  true where a double opt-in was completed (may be missing)

A row without proof is refused: consent that nobody can show is none (GDPR, article 7).
Rows that cannot be used are named, and the others are imported. The file may be imported
again: a row that was imported is known.`,
		RunE: func(c *cobra.Command, args []string) error { return f.run(c, importing.Consents, args[0], "decision") },
	}
	f.flags(cmd)
	return cmd
}

// addressAsID lets the address be the id where the file has no other.
func addressAsID(path string, m *importing.Mapping) error {
	s, err := importing.OpenSheet(path, importing.Format{Encoding: m.Encoding})
	if err != nil {
		return err
	}
	columns := s.Columns()
	if err := s.Close(); err != nil {
		return err
	}
	byID, byMail := slices.Contains(columns, "profile"), slices.Contains(columns, "email")
	if byID && byMail {
		return fmt.Errorf("%s:1: name one of the columns profile and email: it says who agreed", path)
	}
	if _, said := m.Columns["email"]; byMail && !said {
		*m = m.Over(importing.Mapping{Columns: map[string]string{"email": "customer+email"}})
	}
	return nil
}
