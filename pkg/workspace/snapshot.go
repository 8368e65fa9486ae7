package workspace

import (
	"context"
	"slices"
	"time"

	"rapport/pkg/journey"
	"rapport/pkg/message"
	"rapport/pkg/policy"
	"rapport/pkg/render"
	"rapport/pkg/routing"
	"rapport/pkg/shophook"
	"rapport/pkg/trackingplan"
	"rapport/pkg/workspace/source"
)

// Snapshot is one state of a workspace, checked as a whole. It is immutable and safe for
// use by many goroutines.
type Snapshot struct {
	version  string
	files    []*source.File
	shop     render.Shop
	zone     *time.Location // the shop's
	journeys []*journey.Definition
	segments []*journey.Segment
	policy   *policy.Policy
	loyalty  journey.Loyalty
	delivery *routing.Config
	messages *render.Set
	sources  []*shophook.Definition
	events   *trackingplan.Plan
	clients  []string // the mail programs that messages are made for; nil: the usual ones
	warnings Problems
}

// Version is a hash of all files of the workspace, 16 hexadecimal digits.
func (s *Snapshot) Version() string { return s.version }

// Warnings are what is legal in the files but probably not meant.
func (s *Snapshot) Warnings() Problems { return slices.Clone(s.warnings) }

// Shop is who writes.
func (s *Snapshot) Shop() render.Shop { return s.shop }

// Journeys are all journeys, whatever their status, sorted by name. The slice is the
// caller's, the definitions are shared and must not be changed.
func (s *Snapshot) Journeys() []*journey.Definition {
	return append([]*journey.Definition(nil), s.journeys...)
}

// Templates are the names of a channel's templates, sorted.
func (s *Snapshot) Templates(c message.Channel) []string { return s.messages.Names(c) }

// Languages are those that templates and catalogues say they are written in, as tags of BCP 47, sorted. The shop's need not
// be among them.
func (s *Snapshot) Languages() []string { return s.messages.Languages() }

// Mail renders the e-mail of a command. Errors are permanent (*render.Error), save for
// the context's.
func (s *Snapshot) Mail(ctx context.Context, c *message.Command) (render.Mail, error) {
	return s.messages.Mail(ctx, c)
}

// MailWith is Mail with options, such as the links of the person.
func (s *Snapshot) MailWith(ctx context.Context, c *message.Command, opts ...render.Option) (render.Mail, error) {
	return s.messages.Mail(ctx, c, opts...)
}

// SMS renders the text message of a command. Errors are permanent (*render.Error), save
// for the context's.
func (s *Snapshot) SMS(ctx context.Context, c *message.Command) (render.SMS, error) {
	return s.messages.SMS(ctx, c)
}

// SMSWith is SMS with options, such as the links of the person.
func (s *Snapshot) SMSWith(ctx context.Context, c *message.Command, opts ...render.Option) (render.SMS, error) {
	return s.messages.SMS(ctx, c, opts...)
}

// WhatsApp renders the WhatsApp message of a command. Errors are permanent (*render.Error),
// save for the context's.
func (s *Snapshot) WhatsApp(ctx context.Context, c *message.Command) (render.SMS, error) {
	return s.messages.WhatsApp(ctx, c)
}

// WhatsAppWith is WhatsApp with options, such as the links of the person.
func (s *Snapshot) WhatsAppWith(ctx context.Context, c *message.Command, opts ...render.Option) (render.SMS, error) {
	return s.messages.WhatsApp(ctx, c, opts...)
}

// Webhook renders the webhook of a command. Errors are permanent (*render.Error), save for
// the context's.
func (s *Snapshot) Webhook(ctx context.Context, c *message.Command) (render.Call, error) {
	return s.messages.Webhook(ctx, c)
}

// WebhookWith is Webhook with options, such as the shop's products.
func (s *Snapshot) WebhookWith(ctx context.Context, c *message.Command, opts ...render.Option) (render.Call, error) {
	return s.messages.Webhook(ctx, c, opts...)
}
