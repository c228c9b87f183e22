package sip

import (
	"strconv"
	"strings"
)

// A reason is one value of a Reason header (RFC 3326): why a request was sent.
type reason struct {
	Protocol string // "SIP", "Q.850"
	Cause    int    // of that protocol; 0: none
	Text     string
}

// parseReason reads the first usable value of a Reason header; ok is false when there is none.
func parseReason(v string) (r reason, ok bool) {
	for rest := []byte(v); len(rest) > 0; {
		var one []byte
		one, rest = cutComma(rest)
		name, params := string(one), []byte(nil)
		if i := strings.IndexByte(name, ';'); i >= 0 {
			name, params = name[:i], one[i:]
		}
		r = reason{Protocol: strings.TrimSpace(name)}
		if !token([]byte(r.Protocol)) || len(r.Protocol) > 16 {
			continue
		}
		if n, has := decimal(param(params, "cause")); has && n < 1000 {
			r.Cause = n
		}
		r.Text = clean(unquote(string(param(params, "text"))), 80)
		return r, true
	}
	return reason{}, false
}

// String writes the value for a Reason header of ours; the zero reason is empty.
func (r reason) String() string {
	if r.Protocol == "" {
		return ""
	}
	s := r.Protocol
	if r.Cause != 0 {
		s += ";cause=" + strconv.Itoa(r.Cause)
	}
	if r.Text != "" {
		s += ";text=" + strconv.Quote(r.Text)
	}
	return s
}

// carryReason is a received Reason value in our own words: what goes to the other leg. Empty when it said nothing.
func carryReason(v string) string {
	r, ok := parseReason(v)
	if !ok {
		return ""
	}
	return r.String()
}

// unquote takes the quotes and the backslashes of a quoted string away (RFC 3261 §25.1).
func unquote(s string) string {
	s = strings.TrimSpace(s)
	if len(s) < 2 || s[0] != '"' || s[len(s)-1] != '"' {
		return s
	}
	var b strings.Builder
	for i := 1; i < len(s)-1; i++ {
		if s[i] == '\\' && i+1 < len(s)-1 {
			i++
		}
		b.WriteByte(s[i])
	}
	return b.String()
}
