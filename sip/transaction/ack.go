package transaction

import "bytes"

// ackFor writes the ACK of a refusal (§17.1.1.3) from the bytes of our INVITE: its Request-URI, top Via, Route, From,
// Call-ID and CSeq number, with the To of the response. It gives nil when either lacks what is needed, or when the To holds
// characters that would forge a header.
func ackFor(invite, response []byte) []byte {
	line, rest, ok := bytes.Cut(invite, crlf)
	uri, version, ok2 := bytes.Cut(bytes.TrimPrefix(line, []byte("INVITE ")), []byte(" "))
	if !ok || !ok2 || !bytes.HasPrefix(line, []byte("INVITE ")) {
		return nil
	}
	to := header(response, "to", 't')
	from, id, cseq := header(invite, "from", 'f'), header(invite, "call-id", 'i'), header(invite, "cseq", 0)
	via := header(invite, "via", 'v')
	if to == nil || from == nil || id == nil || via == nil || len(cseq) == 0 {
		return nil
	}
	number, _, _ := bytes.Cut(cseq, []byte(" "))
	b := make([]byte, 0, 192+len(uri)+len(via)+len(from)+len(to)+len(id))
	b = append(append(append(b, "ACK "...), uri...), ' ')
	b = append(append(b, version...), "\r\nVia: "...)
	b = append(append(b, via...), crlf...)
	for name, value, after, more := nextHeader(rest); more; name, value, after, more = nextHeader(after) {
		if isHeader(name, "route", 0) && clean(value) {
			b = append(append(append(b, "Route: "...), value...), crlf...)
		}
	}
	b = append(append(b, "Max-Forwards: 70\r\nFrom: "...), from...)
	b = append(append(b, "\r\nTo: "...), to...)
	b = append(append(b, "\r\nCall-ID: "...), id...)
	b = append(append(b, "\r\nCSeq: "...), number...)
	return append(b, " ACK\r\nContent-Length: 0\r\n\r\n"...)
}

var crlf = []byte("\r\n")

// header gives the value of the first header of this name (lower case; short is its compact form), or nil when there is
// none or it holds control characters.
func header(message []byte, name string, short byte) []byte {
	_, rest, _ := bytes.Cut(message, crlf)
	for n, value, after, more := nextHeader(rest); more; n, value, after, more = nextHeader(after) {
		if isHeader(n, name, short) {
			if !clean(value) {
				return nil
			}
			return value
		}
	}
	return nil
}

// nextHeader cuts the first header off. A folded value (§7.3.1) is joined; that takes time in proportion to its length.
// more is false at the empty line.
func nextHeader(b []byte) (name, value, rest []byte, more bool) {
	line, rest, ok := bytes.Cut(b, crlf)
	if !ok || len(line) == 0 {
		return nil, nil, nil, false
	}
	if len(rest) > 0 && (rest[0] == ' ' || rest[0] == '\t') {
		line = bytes.Clone(line)
		for len(rest) > 0 && (rest[0] == ' ' || rest[0] == '\t') {
			var fold []byte
			fold, rest, _ = bytes.Cut(rest, crlf)
			line = append(append(line, ' '), bytes.Trim(fold, " \t")...)
		}
	}
	name, value, _ = bytes.Cut(line, []byte(":"))
	return bytes.Trim(name, " \t"), bytes.Trim(value, " \t"), rest, true
}

func isHeader(name []byte, long string, short byte) bool {
	if len(name) == 1 && short != 0 {
		return name[0]|0x20 == short
	}
	return len(name) == len(long) && bytes.EqualFold(name, []byte(long))
}

// clean reports whether v holds no control characters but tabs.
func clean(v []byte) bool {
	for _, c := range v {
		if c < ' ' && c != '\t' || c == 0x7f {
			return false
		}
	}
	return true
}
