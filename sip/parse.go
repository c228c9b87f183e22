package sip

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"

	sipgo "github.com/emiago/sipgo/sip"
)

// Limits of what is read of one message (FAULTS A2). What is over them is refused before anything is made of it.
const (
	maxMessage = 64 << 10 // bytes
	maxLine    = 8 << 10  // bytes of one line
	maxLines   = 200      // header lines, continuations included
	maxVias    = 70
	maxParams  = 1024 // ";" and "&" in the header part: the parser compares each parameter with those before it
	maxCommas  = 1024
	maxBody    = 48 << 10
)

// rejection is why a request is not admitted, and the final response that says so. It is an error of parse, and what
// admit gives. One with Status 0 is not answered.
type rejection struct {
	Status  int    // SIP status code, 400-699
	Reason  string // in our words, for counters and logs; never sent
	Headers []sipgo.Header
}

func (r *rejection) Error() string { return strconv.Itoa(r.Status) + ": " + r.Reason }

// lines are the rejection's own header lines, each with its CRLF.
func (r *rejection) lines() []byte {
	var b []byte
	for _, h := range r.Headers {
		b = append(append(append(append(b, h.Name()...), ": "...), h.Value()...), crlf...)
	}
	return b
}

func reject(status int, format string, args ...any) *rejection {
	return &rejection{Status: status, Reason: fmt.Sprintf(format, args...)}
}

// rejected gives the rejection that err is, or nil.
func rejected(err error) *rejection {
	if r := (*rejection)(nil); errors.As(err, &r) {
		return r
	}
	return nil
}

// parse reads one whole message: guard first, then the parser. Its error is a *rejection, which is an answer for a
// request other than ACK; a response that is in error is dropped.
func parse(data []byte) (msg sipgo.Message, err error) {
	if r := guard(data); r != nil {
		return nil, r
	}
	defer func() { // a message must not be able to end the process, whatever it finds in the parser
		if p := recover(); p != nil {
			msg, err = nil, reject(400, "the parser panicked: %v", p)
		}
	}()
	msg, err = sipgo.ParseMessage(data)
	if err != nil && !errors.Is(err, sipgo.ErrParseReadBodyIncomplete) {
		// RFC 3261 allows white space in places where the parser does not (§25.1): once more, without.
		msg, err = sipgo.ParseMessage(tidy(data))
	}
	if err != nil {
		if scheme := foreignScheme(data); scheme != "" {
			return nil, reject(416, "scheme %s", clip(scheme))
		}
		return nil, reject(400, "%v", err)
	}
	return msg, nil
}

// foreignScheme is the scheme of a Request-URI that is none of ours; empty where there is none, or it is ours.
func foreignScheme(data []byte) string {
	_, rest, _ := bytes.Cut(data, space)
	uri, _, _ := bytes.Cut(rest, space)
	scheme, _, ok := bytes.Cut(uri, []byte(":"))
	if name := strings.ToLower(string(scheme)); ok && token(scheme) && name != "sip" && name != "sips" && name != "tel" {
		return name
	}
	return ""
}

// guard looks over a message before the parser does, and before anything of it is copied: size, number of lines, Vias,
// parameters, control characters, fields that may stand only once. It allocates nothing for a message that passes. Every
// message goes through it, responses too: bytes that pass can be written into messages of ours line by line.
func guard(data []byte) *rejection {
	if len(data) > maxMessage {
		return reject(513, "%d bytes", len(data))
	}
	end := bytes.Index(data, []byte("\r\n\r\n"))
	if end < 0 {
		return reject(400, "no empty line")
	}
	head := data[:end+2]
	if r := guardBytes(head); r != nil {
		return r
	}
	if len(data)-end-4 > maxBody {
		return reject(413, "a body of %d bytes", len(data)-end-4)
	}
	var once [8]bool
	lines, vias := 0, 0
	for first, rest := true, head; len(rest) > 0; first = false {
		i := bytes.IndexByte(rest, '\n') - 1 // guardBytes has seen to it that CR stands before it
		line := rest[:i]
		rest = rest[i+2:]
		if lines++; lines > maxLines+1 {
			return reject(513, "over %d header lines", maxLines)
		}
		if len(line) > maxLine {
			if first {
				return reject(414, "a start line of %d bytes", len(line))
			}
			return reject(513, "a line of %d bytes", len(line))
		}
		if len(line) == 0 {
			return reject(400, "no start line")
		}
		folded := line[0] == ' ' || line[0] == '\t'
		if first {
			if folded {
				return reject(400, "white space before the start line")
			}
			continue
		}
		if folded {
			continue // counted with the field it belongs to
		}
		colon := bytes.IndexByte(line, ':')
		if colon < 0 {
			return reject(400, "a line without a colon")
		}
		name, value := line[:colon], line[colon+1:]
		for len(name) > 0 && (name[len(name)-1] == ' ' || name[len(name)-1] == '\t') {
			name = name[:len(name)-1]
		}
		if !token(name) {
			return reject(400, "a line that is no header field")
		}
		id := fieldOther
		switch name[0] | 0x20 {
		case 'c', 'f', 'i', 'l', 'm', 't', 'v': // no other begins a name that matters here
			id = idOf(name)
		}
		if id == fieldVia {
			if vias += 1 + bytes.Count(value, []byte(",")); vias > maxVias {
				return reject(513, "over %d Via", maxVias)
			}
		}
		if n := onceIndex(id); n > 0 {
			if once[n] {
				return reject(400, "%s stands twice", name)
			}
			once[n] = true
		}
		if (id == fieldFrom || id == fieldTo) && !named(value) && !folds(rest) {
			return reject(400, "%s with a display name that is none", name)
		}
	}
	return nil
}

// folds reports whether the line before rest goes on there.
func folds(rest []byte) bool { return len(rest) > 0 && (rest[0] == ' ' || rest[0] == '\t') }

// named reports whether an address that stands alone has a display name of the right form: in quotes that close, or
// without a comma, which would make it two addresses (RFC 4475 §3.1.2.6, §3.1.2.15).
func named(v []byte) bool {
	quoted := false
	for i := 0; i < len(v); i++ {
		switch c := v[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '<':
			return true
		case c == ',':
			return false
		}
	}
	return !quoted
}

// guardBytes holds the characters of a header part against RFC 3261 §25.1: no control characters but the line ends and
// tabs (H15), and no more separators than the parser can be trusted with.
func guardBytes(head []byte) *rejection {
	params, commas := 0, 0
	for i, c := range head {
		kind := kinds[c]
		if kind == plainByte { // nearly all are
			continue
		}
		switch kind {
		case plainByte:
		case paramByte:
			params++
		case commaByte:
			commas++
		case endByte:
			if c == '\r' && head[i+1] == '\n' || c == '\n' && i > 0 && head[i-1] == '\r' {
				continue
			}
			return reject(400, "a bare %#02x", c)
		case controlByte:
			return reject(400, "control character %#02x", c)
		}
	}
	if params > maxParams || commas > maxCommas {
		return reject(513, "%d parameters and %d commas", params, commas)
	}
	return nil
}

// byteKind sorts bytes for guardBytes, which looks at each byte of each message.
type byteKind uint8

const (
	plainByte byteKind = iota
	paramByte
	commaByte
	endByte
	controlByte
)

var kinds = func() (k [256]byteKind) {
	for c := range 0x20 {
		k[c] = controlByte
	}
	k[0x7f], k['\t'] = controlByte, plainByte
	k['\r'], k['\n'] = endByte, endByte
	k[';'], k['&'], k[','] = paramByte, paramByte, commaByte
	return k
}()

// onceIndex numbers the fields that a message may have once (RFC 3261 §7.3.1, §20); 0 is any other.
func onceIndex(id fieldID) int {
	switch id {
	case fieldFrom:
		return 1
	case fieldTo:
		return 2
	case fieldCallID:
		return 3
	case fieldCSeq:
		return 4
	case fieldContentLength:
		return 5
	case fieldMaxForwards:
		return 6
	case fieldContentType:
		return 7
	default:
		return 0
	}
}

// token reports whether b is a token (RFC 3261 §25.1): the form of field and method names.
func token(b []byte) bool {
	for _, c := range b {
		if !tokens[c] {
			return false
		}
	}
	return len(b) > 0
}

var tokens = func() (ok [256]bool) {
	for _, c := range []byte("-.!%*_+`'~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") {
		ok[c] = true
	}
	return ok
}()

// tidy writes a message anew with its lines unfolded, and without the white space that RFC 3261 allows around the
// separators of parameters and in a Via. What stands in quotes or angle brackets stays as it is.
func tidy(data []byte) []byte {
	out := make([]byte, 0, len(data))
	rest := data
	for first := true; ; first = false {
		line, after, ok := headerLine(rest)
		if !ok {
			return data
		}
		rest = after
		switch {
		case len(line) == 0:
			return append(append(out, crlf...), rest...)
		case first:
			out = append(append(out, line...), crlf...)
			continue
		}
		name, value, ok := bytes.Cut(line, []byte(":"))
		if !ok {
			return data
		}
		name, value = bytes.TrimSpace(name), bytes.TrimSpace(unfold(value))
		switch idOf(name) {
		case fieldVia:
			value = squeeze(value, ";=,/")
		case fieldCSeq:
			value = bytes.Join(bytes.Fields(value), space)
		case fieldFrom, fieldTo, fieldContact, fieldRoute, fieldRecordRoute:
			value = squeeze(value, ";=")
		default:
		}
		out = append(append(append(out, name...), ": "...), value...)
		out = append(out, crlf...)
	}
}

// unfold puts one space where a line was folded (RFC 3261 §7.3.1).
func unfold(v []byte) []byte {
	if bytes.IndexByte(v, '\r') < 0 {
		return v
	}
	parts := bytes.Split(v, crlf)
	for i := range parts {
		parts[i] = bytes.Trim(parts[i], " \t")
	}
	return bytes.Join(parts, space)
}

// squeeze takes the white space around separators away, outside quotes and angle brackets.
func squeeze(v []byte, separators string) []byte {
	out := make([]byte, 0, len(v))
	quoted, angled := false, false
	for i := 0; i < len(v); i++ {
		c := v[i]
		switch {
		case quoted && c == '\\' && i+1 < len(v):
			out = append(out, c)
			i++
			c = v[i]
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '<':
			angled = true
		case c == '>':
			angled = false
		case angled:
		case c == ' ' || c == '\t':
			if len(out) > 0 && bytes.IndexByte([]byte(separators+" "), out[len(out)-1]) >= 0 {
				continue // behind a separator, or another space
			}
			c = ' '
		case bytes.IndexByte([]byte(separators), c) >= 0:
			out = bytes.TrimRight(out, " ")
		}
		out = append(out, c)
	}
	return out
}
