package smtpsink

import (
	"bufio"
	"net"
	"net/textproto"
	"strings"
	"time"
)

// session is one connection.
type session struct {
	sink   *Sink
	conn   net.Conn
	in     *textproto.Reader
	worker string
	to     string
	began  time.Time
}

func newSession(s *Sink, c net.Conn, worker string) *session {
	return &session{sink: s, conn: c, in: textproto.NewReader(bufio.NewReader(c)), worker: worker}
}

// say writes one reply; false when the client is gone.
func (s *session) say(line string) bool {
	_, err := s.conn.Write([]byte(line + "\r\n"))
	return err == nil
}

const idle = 5 * time.Minute // RFC 5321, section 4.5.3.2.7

// run serves commands until the client leaves or the plan ends the connection.
func (s *session) run(n int) {
	d := s.sink.plan.Connection(n)
	s.sink.pause(d.After)
	if d.Mood == TurnOff {
		s.say("421 4.3.2 busy, come again later")
		return
	}
	if !s.say("220 sink ESMTP") {
		return
	}
	for {
		_ = s.conn.SetReadDeadline(time.Now().Add(idle)) // A broken connection says so at the read.
		line, err := s.in.ReadLine()
		if err != nil || !s.command(line) {
			return
		}
	}
}

// command answers one command; false ends the connection.
func (s *session) command(line string) bool {
	verb, rest, _ := strings.Cut(line, " ")
	switch strings.ToUpper(verb) {
	case "EHLO":
		return s.say("250-sink") && s.say("250-8BITMIME") && s.say("250 SMTPUTF8")
	case "HELO", "RSET", "NOOP":
		if strings.EqualFold(verb, "RSET") {
			s.to = ""
		}
		return s.say("250 2.0.0 ok")
	case "MAIL":
		s.began, s.to = time.Now(), ""
		return s.say("250 2.1.0 ok")
	case "RCPT":
		s.to = address(rest)
		if NoSuchUser(s.to) {
			return s.say("550 5.1.1 no such user")
		}
		return s.say("250 2.1.5 ok")
	case "DATA":
		if s.to == "" {
			return s.say("503 5.5.1 no recipient")
		}
		return s.data()
	case "QUIT":
		s.say("221 2.0.0 bye")
		return false
	}
	return s.say("502 5.5.2 not known")
}

// NoSuchUser reports whether the server refuses an address for good: those whose mailbox
// begins with "nobody".
func NoSuchUser(to string) bool { return strings.HasPrefix(to, "nobody") }

// address is what stands between the angle brackets of "TO:<...>".
func address(rest string) string {
	_, after, _ := strings.Cut(rest, "<")
	to, _, _ := strings.Cut(after, ">")
	return to
}

// data receives one message and does with it what the plan says.
func (s *session) data() bool {
	if !s.say("354 go on") {
		return false
	}
	header, err := s.in.ReadMIMEHeader()
	if err != nil {
		return false
	}
	message := header.Get("X-Rapport-Message")
	d := s.sink.attempt(message)
	r := Record{Message: message, ID: header.Get("Message-ID"), To: s.to, Worker: s.worker, Mood: d.Mood, Began: s.began}
	if d.Mood == Drop { // Half of it has been read; the rest never is.
		return s.note(r) && false
	}
	if _, err := s.in.ReadDotBytes(); err != nil {
		return false // The client went away before the final dot.
	}
	s.sink.pause(d.After)
	switch r.Accepted = d.Mood == Accept || d.Mood == Swallow; {
	case !s.note(r):
		return s.say("451 4.3.0 could not be stored")
	case d.Mood == PutOff:
		// Not as a greylist (4.7.1), which has senders wait for five minutes and more.
		return s.say("451 4.3.1 no room just now, try again later")
	case d.Mood == Refuse:
		return s.say("554 5.6.0 not wanted")
	case d.Mood == Swallow:
		return false
	}
	return s.say("250 2.0.0 Ok: queued as " + message)
}

// note records an attempt; false when it could not be.
func (s *session) note(r Record) bool {
	r.At = time.Now()
	return s.sink.record(r) == nil
}
