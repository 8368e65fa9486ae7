package mailer

import (
	"bytes"
	"context"
	"time"
)

// stage is how far a message came. Only after atAnswer may the server have it.
type stage int

const (
	atMail stage = iota + 1
	atRecipient
	atData
	atBody
	atAnswer
)

// send is one mail transaction (RFC 5321, section 3.3). stage is where it ended.
func (c *conn) send(ctx context.Context, l *letter) (id string, at stage, err error) {
	release := context.AfterFunc(ctx, func() { _ = c.raw.SetDeadline(time.Unix(1, 0)) })
	defer func() { c.cut = !release() || c.cut }()
	c.sent++
	c.allow(ctx, c.server.Timeout)
	if c.pipelining() {
		at, err = c.announce(l)
	} else {
		at, err = c.announceInTurn(l)
	}
	if err != nil {
		return "", at, err
	}
	c.allow(ctx, c.server.Timeout)
	if at, err := c.write(dotted(l.mime)); err != nil {
		return "", at, err
	}
	c.allow(ctx, c.server.AnswerTimeout)
	_, answer, err := c.smtp.Text.ReadResponse(250)
	if err != nil {
		return "", atAnswer, err
	}
	return queueID(answer), atAnswer, nil
}

// pipelining reports whether commands may be sent before the answers to those before them
// (RFC 2920).
func (c *conn) pipelining() bool {
	offered, _ := c.smtp.Extension("PIPELINING")
	return offered
}

// announce says MAIL, RCPT and DATA at once and reads the three answers: one round trip
// instead of three. The message does not go before all of them are known.
func (c *conn) announce(l *letter) (at stage, err error) {
	text := c.smtp.Text
	for _, part := range []string{"MAIL FROM:<", l.from, ">", c.parameters(l), "\r\nRCPT TO:<", l.to, ">\r\nDATA\r\n"} {
		_, _ = text.W.WriteString(part) // Flush reports it.
	}
	if err := text.W.Flush(); err != nil {
		return atMail, err
	}
	for _, want := range []struct {
		stage
		code int
	}{{atMail, 250}, {atRecipient, 25}, {atData, 354}} {
		_, _, answer := text.ReadResponse(want.code)
		switch {
		case answer == nil && want.stage == atData && err != nil:
			// It waits for a message that must not come: only the end of the connection tells it.
			c.cut = true
		case answer != nil && err == nil:
			at, err = want.stage, answer
		}
		if code := replyCode(answer); answer != nil && (code == 0 || code == 421) {
			break // No more answers will come.
		}
	}
	return at, err
}

// parameters are those of MAIL.
func (c *conn) parameters(l *letter) string {
	var p string
	if offered, _ := c.smtp.Extension("8BITMIME"); offered {
		p = " BODY=8BITMIME"
	}
	if offered, _ := c.smtp.Extension("SMTPUTF8"); offered && !(ascii(l.from) && ascii(l.to)) {
		p += " SMTPUTF8"
	}
	return p
}

// announceInTurn is for servers that want to answer each command before the next.
func (c *conn) announceInTurn(l *letter) (stage, error) {
	c.smtp.SkipSMTPUTF8(ascii(l.from) && ascii(l.to))
	if err := c.smtp.Mail("<" + l.from + ">"); err != nil {
		return atMail, err
	}
	if err := c.smtp.Rcpt("<" + l.to + ">"); err != nil {
		return atRecipient, err
	}
	// Not by smtp.Client.Data, whose writer goes byte by byte.
	text := c.smtp.Text
	id, err := text.Cmd("DATA")
	if err != nil {
		return atData, err
	}
	text.StartResponse(id)
	defer text.EndResponse(id)
	_, _, err = text.ReadResponse(354)
	return atData, err
}

// end is the end of a message behind its last line (RFC 5321, section 4.5.2).
const end = ".\r\n"

// dotted is a message as it goes over the wire: dots that begin lines are doubled, and a
// line with a dot ends it. Where there are none to double it costs no copy.
func dotted(mime []byte) []byte {
	lead, line := []byte("."), []byte("\r\n.")
	if bytes.HasPrefix(mime, lead) || bytes.Contains(mime, line) {
		mime = bytes.ReplaceAll(mime, line, []byte("\r\n.."))
		if bytes.HasPrefix(mime, lead) {
			mime = append(lead, mime...)
		}
	}
	if !bytes.HasSuffix(mime, []byte("\r\n")) {
		mime = append(mime, "\r\n"...)
	}
	return append(mime, end...)
}

// write writes a message to its end, large ones with one call of the system. When that
// fails, stage says whether the server may have seen the end.
func (c *conn) write(wire []byte) (stage, error) {
	w := c.smtp.Text.W
	n, err := w.Write(wire)
	if err == nil {
		err = w.Flush()
	}
	switch unsent := len(wire) - n + w.Buffered(); {
	case err == nil:
		return 0, nil
	case unsent >= len(end):
		return atBody, err
	}
	return atAnswer, err
}
