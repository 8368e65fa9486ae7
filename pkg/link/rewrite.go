package link

import "rapport/pkg/message"

// Rewrite is written next.
func (m *Maker) Rewrite(html string, _ *message.Command) string { return html }
