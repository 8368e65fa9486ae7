package lint

// Rule is the name of a rule, as templates switch it off.
type Rule string

// The rules.
const (
	Clip        Rule = "clip"
	Alt         Rule = "alt"
	LayoutTable Rule = "layout-table"
	Lang        Rule = "lang"
	Title       Rule = "title"
	Headings    Rule = "headings"
	LinkText    Rule = "link-text"
	Contrast    Rule = "contrast"
	DarkMode    Rule = "dark-mode"
	Insecure    Rule = "insecure"
	DataURI     Rule = "data-uri"
	Host        Rule = "host"
	Target      Rule = "target"
	Active      Rule = "active"
	Unresolved  Rule = "unresolved"
	TextPart    Rule = "text-part"
	Unsubscribe Rule = "unsubscribe"
	Address     Rule = "address"
	Promotion   Rule = "promotion"
	SubjectLine Rule = "subject"
	PreviewLine Rule = "preheader"
	SpamWords   Rule = "spam-words"
	Support     Rule = "clients"
	Segments    Rule = "sms-segments"
	Encoding    Rule = "sms-encoding"
	ShortLinks  Rule = "sms-links"
	Capitals    Rule = "sms-capitals"
	Brand       Rule = "sms-brand"
	Stop        Rule = "sms-stop"
)

// Description says what a rule is for.
type Description struct {
	Rule   Rule
	Worst  Severity // the most that a finding of it can be
	What   string   // what it finds
	Source string   // the address of where the rule comes from
}

// Descriptions are all rules, in the order in which findings are told.
func Descriptions() []Description { return table() }

const wcag = "https://www.w3.org/TR/WCAG22/#"

func table() []Description {
	return []Description{
		{Clip, Warning, "The HTML has 90% or more of the 102 KB behind which Gmail cuts a message off. Counted are the bytes of the HTML in UTF-8, with what click tracking adds to links, and without what the encoding of the transfer adds.", "https://www.spamresource.com/2022/01/what-is-gmail-clipping-and-what-to-do.html"},
		{Alt, Warning, "A picture has no `alt`, so that nobody knows what it shows where pictures are off or read aloud. Decoration has `alt=\"\"`.", wcag + "non-text-content"},
		{LayoutTable, Info, "A table lays out the page and does not say `role=\"presentation\"`.", wcag + "info-and-relationships"},
		{Lang, Warning, "The page does not say its language, by which it is read aloud: `<html lang=\"en\">`.", wcag + "language-of-page"},
		{Title, Info, "The page has no `<title>`.", wcag + "page-titled"},
		{Headings, Info, "A heading skips a level.", "https://www.w3.org/WAI/WCAG22/Techniques/general/G141"},
		{LinkText, Warning, "A link has no text, or one such as \"click here\" (a note), which says nothing to those who go from link to link.", wcag + "link-purpose-in-context"},
		{Contrast, Warning, "A text has less than 4.5:1 of contrast, or 3:1 if it is large, on a background of one colour; in the dark, too, where the page has rules for `prefers-color-scheme: dark`. Over pictures and gradients nothing is said.", wcag + "contrast-minimum"},
		{DarkMode, Info, "The page has colours of its own and no `<meta name=\"color-scheme\">`, so that mail programs invert them as they like.", "https://www.caniemail.com/features/html-meta-color-scheme/"},
		{Insecure, Warning, "A link or a picture begins with `http://`.", "https://www.w3.org/TR/mixed-content/"},
		{DataURI, Warning, "A picture lies in the page as a `data:` address, which Gmail and Outlook do not show.", "https://www.caniemail.com/features/image-base64/"},
		{Host, Warning, "A link or a picture leads to this machine, a private network, or a host that is for examples.", "https://www.rfc-editor.org/rfc/rfc6761"},
		{Target, Error, "A link leads nowhere: no `href`, an empty one, `#`, a placeholder, or `javascript:`.", "https://html.spec.whatwg.org/multipage/links.html"},
		{Active, Warning, "The page has scripts, forms, frames, video or style sheets of elsewhere, which mail programs take out.", "https://www.caniemail.com/features/html-form/"},
		{Unresolved, Error, "`{{`, `{%`, `[object Object]`, or `nil`, `null`, `undefined` or `NaN` where a word should be, is in what readers get.", "https://shopify.github.io/liquid/basics/introduction/"},
		{TextPart, Warning, "The plain text is missing, far shorter than the HTML, or has tags or character codes of HTML in it.", "https://www.rfc-editor.org/rfc/rfc2046#section-5.1.4"},
		{Unsubscribe, Error, "Marketing shows no link by which to unsubscribe.", "https://www.law.cornell.edu/uscode/text/15/7704"},
		{Address, Error, "Marketing does not show the shop's postal address.", "https://www.law.cornell.edu/uscode/text/15/7704"},
		{Promotion, Warning, "A transactional message seems to advertise: discounts, codes, recommended products. It would need consent then; in Germany see section 7 of the UWG.", "https://www.law.cornell.edu/cfr/text/16/316.3"},
		{SubjectLine, Warning, "The subject is longer than 60 characters, in capitals, has several exclamation marks, several emoji (a note), or pretends to be an answer.", "https://www.law.cornell.edu/uscode/text/15/7704"},
		{PreviewLine, Warning, "The preheader is missing, or repeats the subject.", "https://www.litmus.com/blog/the-ultimate-guide-to-preview-text-support"},
		{SpamWords, Info, "Words that many a filter and reader takes for spam. It is a hint: what decides is how people react.", "https://spamassassin.apache.org/"},
		{Support, Warning, "HTML or CSS that a mail program of `email.clients` lacks (what it lacks in part, or without harm, is a note).", "https://www.caniemail.com/"},
		{Segments, Warning, "A text message is billed as more than one: three or more are a warning, two a note.", "https://www.twilio.com/docs/glossary/what-sms-character-limit"},
		{Encoding, Warning, "Characters that are not in the GSM alphabet halve what fits, and cost another segment. What smart encoding exchanges is not counted.", "https://www.twilio.com/docs/glossary/what-is-gsm-7-character-encoding"},
		{ShortLinks, Warning, "A link of a shared shortener such as bit.ly, which carriers block.", "https://support.twilio.com/hc/en-us/articles/1260804572090"},
		{Capitals, Info, "Most of the text is in capitals.", "https://analysisfunction.civilservice.gov.uk/publishing-on-the-analysis-function-website/checklist-for-publishing-on-the-analysis-function-website/"},
		{Brand, Info, "The text does not say who writes.", "https://www.ctia.org/the-wireless-industry/industry-commitments/messaging-interoperability-sms-mms"},
		{Stop, Warning, "Marketing does not say how to stop it, as in \"Reply STOP to opt out\".", "https://www.ctia.org/the-wireless-industry/industry-commitments/messaging-interoperability-sms-mms"},
	}
}
