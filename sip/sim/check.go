package sim

import (
	"fmt"
	"strconv"
	"strings"
)

// faults lists the rules of RFC 3261 §8.1.1, §8.2.6, §12.1 and §20 that a received message breaks by itself.
func faults(m *Message) (fs []string) {
	say := func(format string, args ...any) { fs = append(fs, m.Summary()+": "+fmt.Sprintf(format, args...)) }
	for _, name := range []string{"Via", "From", "To", "Call-ID", "CSeq"} {
		if m.Get(name) == "" {
			say("no %s", name)
		}
	}
	for _, name := range []string{"From", "To", "Call-ID", "CSeq", "Max-Forwards", "Content-Length", "Content-Type"} {
		if n := len(m.All(name)); n > 1 {
			say("%d headers %s", n, name)
		}
	}
	for _, h := range m.Headers {
		if strings.ContainsFunc(h.Value, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }) {
			say("control character in %s", h.Name)
		}
	}
	if !strings.HasPrefix(m.Branch(), "z9hG4bK") {
		say("the Via's branch %q does not start with the magic cookie", m.Branch())
	}
	if param(m.Get("From"), "tag") == "" {
		say("the From has no tag")
	}
	if n, err := strconv.Atoi(m.Get("Content-Length")); err != nil || n != len(m.Body) {
		say("Content-Length %q with a body of %d bytes", m.Get("Content-Length"), len(m.Body))
	}
	if len(m.Body) > 0 && m.Get("Content-Type") == "" {
		say("a body without Content-Type")
	}
	return append(fs, kindFaults(m)...)
}

// kindFaults lists the rules that hold for requests or for responses only.
func kindFaults(m *Message) (fs []string) {
	say := func(format string, args ...any) { fs = append(fs, m.Summary()+": "+fmt.Sprintf(format, args...)) }
	_, method := m.CSeq()
	if m.Status == 0 {
		if method != m.Method {
			say("CSeq of method %q", method)
		}
		if n, err := strconv.Atoi(m.Get("Max-Forwards")); err != nil || n < 1 || n > 255 {
			say("Max-Forwards %q", m.Get("Max-Forwards"))
		}
		if (m.Method == "INVITE" || m.Method == "UPDATE") && m.Get("Contact") == "" {
			say("no Contact")
		}
		return fs
	}
	if m.Status > 100 && param(m.Get("To"), "tag") == "" {
		say("the To has no tag")
	}
	if m.Status/100 == 2 && method == "INVITE" && m.Get("Contact") == "" {
		say("no Contact")
	}
	if len(m.All("Via")) != 1 {
		say("%d Via headers came back, one was sent", len(m.All("Via")))
	}
	return fs
}
