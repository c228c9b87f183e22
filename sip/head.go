package sip

import (
	"bytes"
)

// A head is a SIP message as found on the wire: slices over the datagram, nothing copied and nothing allocated. It is
// what routing to a transaction and a dialog needs; what a new call needs beside it comes from parse.
type head struct {
	data    []byte
	request bool
	method  []byte // of a request
	uri     []byte // Request-URI
	status  int    // of a response
	phrase  []byte // reason phrase of a response
	fields  []field
	body    []byte

	via        []byte // the first Via value, of possibly several
	from       []byte
	to         []byte
	callID     []byte
	cseq       uint32
	cseqMethod []byte
}

// field is one header line: its id, and its value without the white space around it.
type field struct {
	id    fieldID
	value []byte
	line  []byte // the whole line, name and all, without the last CRLF
}

// fieldID names the header fields that this package reads.
type fieldID uint8

// The fields. fieldOther is any that is not read here.
const (
	fieldOther fieldID = iota
	fieldVia
	fieldFrom
	fieldTo
	fieldCallID
	fieldCSeq
	fieldContact
	fieldRoute
	fieldRecordRoute
	fieldContentType
	fieldContentLength
	fieldMaxForwards
	fieldReason
	fieldRetryAfter
	fieldSupported
	fieldRequire
	fieldSessionExpires
	fieldMinSE
	fieldAllow
	fieldWisselCall
)

// maxFields is the cap on header lines (FAULTS A2).
const maxFields = 200

// scan reads data into h. It reports whether data has the shape of a SIP message with the fields that every message
// must have (RFC 3261 §8.1.1); whether they are right is for parse and admit to say.
func (h *head) scan(data []byte) bool {
	*h = head{data: data, fields: h.fields[:0]}
	rest, ok := h.startLine(data)
	if !ok {
		return false
	}
	for {
		line, after, ok := headerLine(rest)
		if !ok {
			return false
		}
		rest = after
		if len(line) == 0 {
			break
		}
		if len(h.fields) == maxFields {
			return false
		}
		name, value, ok := cutField(line)
		if !ok {
			return false
		}
		f := field{id: idOf(name), value: value, line: line}
		h.fields = append(h.fields, f)
		h.note(f)
	}
	h.body = rest
	if n, ok := h.number(fieldContentLength); ok && n < len(rest) {
		h.body = rest[:n]
	}
	return h.via != nil && h.from != nil && h.to != nil && h.callID != nil && h.cseqMethod != nil
}

// note keeps the fields that every message has.
func (h *head) note(f field) {
	switch f.id {
	case fieldVia:
		if h.via == nil {
			h.via, _ = cutComma(f.value)
		}
	case fieldFrom:
		h.from = f.value
	case fieldTo:
		h.to = f.value
	case fieldCallID:
		h.callID = f.value
	case fieldCSeq:
		num, method, _ := bytes.Cut(f.value, space)
		if n, ok := decimal(num); ok && n <= 1<<31 {
			h.cseq, h.cseqMethod = uint32(n), bytes.TrimSpace(method)
		}
	default:
	}
}

var (
	space  = []byte(" ")
	crlf   = []byte("\r\n")
	sip2   = []byte("SIP/2.0")
	branch = "branch"
)

// startLine reads the first line and gives the rest.
func (h *head) startLine(data []byte) ([]byte, bool) {
	i := bytes.Index(data, crlf)
	if i < 0 {
		return nil, false
	}
	line, rest := data[:i], data[i+2:]
	first, tail, ok := bytes.Cut(line, space)
	if !ok {
		return nil, false
	}
	second, third, ok := bytes.Cut(tail, space)
	if bytes.Equal(first, sip2) {
		n, good := decimal(second)
		h.status, h.phrase = n, third
		return rest, good && n >= 100 && n <= 699
	}
	h.request, h.method, h.uri = true, first, second
	return rest, ok
}

// headerLine cuts one header line, with its continuations (RFC 3261 §7.3.1), off data. An empty line ends the header.
func headerLine(data []byte) (line, rest []byte, ok bool) {
	end := 0
	for {
		i := bytes.Index(data[end:], crlf)
		if i < 0 {
			return nil, nil, false
		}
		end += i
		next := end + 2
		if end == 0 || next >= len(data) || data[next] != ' ' && data[next] != '\t' {
			return data[:end], data[next:], true
		}
		end = next
	}
}

// cutField parts a header line. A folded value is unfolded, in a copy.
func cutField(line []byte) (name, value []byte, ok bool) {
	name, value, ok = bytes.Cut(line, []byte(":"))
	if !ok {
		return nil, nil, false
	}
	value = bytes.TrimSpace(value)
	if bytes.IndexByte(value, '\r') >= 0 {
		value = bytes.ReplaceAll(value, crlf, nil)
	}
	return bytes.TrimRight(name, " \t"), value, true
}

// idOf names a header field; names are compared without regard to case (RFC 3261 §7.3.1). It is asked for every line of
// every message, so it is a switch: a map costs three times as much.
func idOf(name []byte) fieldID {
	var lower [16]byte
	if len(name) > len(lower) {
		return fieldOther
	}
	for i, c := range name {
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		lower[i] = c
	}
	switch string(lower[:len(name)]) {
	case "via", "v":
		return fieldVia
	case "from", "f":
		return fieldFrom
	case "to", "t":
		return fieldTo
	case "call-id", "i":
		return fieldCallID
	case "cseq":
		return fieldCSeq
	case "contact", "m":
		return fieldContact
	case "route":
		return fieldRoute
	case "record-route":
		return fieldRecordRoute
	case "content-type", "c":
		return fieldContentType
	case "content-length", "l":
		return fieldContentLength
	case "max-forwards":
		return fieldMaxForwards
	case "reason":
		return fieldReason
	case "retry-after":
		return fieldRetryAfter
	case "supported", "k":
		return fieldSupported
	case "require":
		return fieldRequire
	case "session-expires", "x":
		return fieldSessionExpires
	case "min-se":
		return fieldMinSE
	case "allow":
		return fieldAllow
	case "x-wissel-call":
		return fieldWisselCall
	}
	return fieldOther
}

// get is the first value of a field; nil when there is none.
func (h *head) get(id fieldID) []byte {
	for i := range h.fields {
		if h.fields[i].id == id {
			return h.fields[i].value
		}
	}
	return nil
}

// number is the first value of a field as a number; parameters and comments behind it are left out.
func (h *head) number(id fieldID) (int, bool) {
	v := h.get(id)
	if v == nil {
		return 0, false
	}
	if i := bytes.IndexAny(v, "; \t("); i >= 0 {
		v = v[:i]
	}
	return decimal(v)
}

// lists reports whether one of the values of a field that is a comma-separated list is word.
func (h *head) lists(id fieldID, word string) bool {
	for i := range h.fields {
		if h.fields[i].id != id {
			continue
		}
		for rest := h.fields[i].value; len(rest) > 0; {
			var one []byte
			one, rest = cutComma(rest)
			if len(one) == len(word) && bytes.EqualFold(one, []byte(word)) {
				return true
			}
		}
	}
	return false
}

// branch is that of the first Via.
func (h *head) branch() []byte { return param(h.via, branch) }

// fromTag and toTag are the dialog's two tags; nil when there is none.
func (h *head) fromTag() []byte { return tagOf(h.from) }
func (h *head) toTag() []byte   { return tagOf(h.to) }

// is reports whether a request has this method, or a response answers one of it.
func (h *head) is(method string) bool {
	if h.request {
		return string(h.method) == method
	}
	return string(h.cseqMethod) == method
}
