package sms

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// Encoding is how the characters of a text travel.
type Encoding uint8

// The encodings. One character outside the first makes the whole text travel in the second, which has less than half the room.
const (
	GSM7 Encoding = iota // 3GPP TS 23.038, seven bits a character
	UCS2                 // UTF-16, big endian, as every phone since the nineties reads it
)

func (e Encoding) String() string {
	if e == UCS2 {
		return "UCS-2"
	}
	return "GSM-7"
}

// room is how many units fit in a text that is alone, and in each part of a longer one: 140 bytes, less the 6 of the header
// that joins the parts (TS 23.040 §9.2.3.24.1).
func (e Encoding) room() (alone, part int) {
	if e == UCS2 {
		return 70, 67
	}
	return 160, 153
}

// units is how much of that room r takes: septets in GSM-7, UTF-16 code units in UCS-2.
func (e Encoding) units(r rune) int {
	if e == UCS2 {
		return utf16.RuneLen(r)
	}
	return weigh(r)
}

// MaxParts is the longest text that is sent, in parts: phones and operators get into trouble beyond it, and each is paid for.
const MaxParts = 10

// Size is how long a text is.
type Size struct {
	Encoding Encoding
	Units    int    // septets in GSM-7 (an extension character is two), UTF-16 code units in UCS-2
	Parts    int    // 0 for an empty text
	Left     int    // units that still fit in the last part
	Odd      []rune // the characters that made it UCS-2, each once, in their order; nil in GSM-7
}

// Measure gives the size of a text; bytes that are no UTF-8 count as U+FFFD. It agrees with Split.
func Measure(text string) Size {
	s := Size{Odd: odd(text)}
	if len(s.Odd) > 0 {
		s.Encoding = UCS2
	}
	for _, r := range text {
		s.Units += s.Encoding.units(r)
	}
	alone, part := s.Encoding.room()
	switch {
	case s.Units == 0:
		s.Left = alone
	case s.Units <= alone:
		s.Parts, s.Left = 1, alone-s.Units
	default:
		cut(text, s.Encoding, func(_ string, used int) { s.Parts, s.Left = s.Parts+1, part-used })
	}
	return s
}

// cut gives the parts of a text that is too long for one. A character is never cut in two: neither an escape and what it
// escapes, nor the halves of a surrogate pair.
func cut(text string, e Encoding, each func(part string, units int)) {
	_, room := e.room()
	from, used := 0, 0
	for at, r := range text {
		n := e.units(r)
		if used+n > room {
			each(text[from:at], used)
			from, used = at, 0
		}
		used += n
	}
	each(text[from:], used)
}

func odd(text string) (all []rune) {
	var seen map[rune]bool
	for _, r := range text {
		if weigh(r) > 0 || seen[r] {
			continue
		}
		if seen == nil {
			seen = map[rune]bool{}
		}
		seen[r] = true
		all = append(all, r)
	}
	return all
}

// Part is one message of those that a text is sent as.
type Part struct {
	Text   string
	Header []byte // user data header with its length byte (TS 23.040 §9.2.3.24.1, eight bit reference); nil for a text that is alone
	Body   []byte // GSM-7: a septet in each byte; UCS-2: UTF-16, big endian
}

// The errors of Split.
var (
	ErrEmpty   = errors.New("there is no text")
	ErrTooLong = fmt.Errorf("longer than %d parts", MaxParts)
	ErrNotUTF8 = errors.New("not UTF-8")
)

// Split cuts a text into the parts that it is sent as. ref tells the parts of this text from those of others to the same
// phone: Ref makes one. Errors: ErrEmpty, ErrTooLong, ErrNotUTF8.
func Split(text string, ref byte) (Encoding, []Part, error) {
	size := Measure(text)
	switch {
	case size.Parts == 0:
		return 0, nil, ErrEmpty
	case !utf8.ValidString(text):
		return 0, nil, ErrNotUTF8
	case size.Parts > MaxParts:
		return 0, nil, fmt.Errorf("%d parts: %w", size.Parts, ErrTooLong)
	case size.Parts == 1:
		return size.Encoding, []Part{{Text: text, Body: encode(text, size.Encoding)}}, nil
	}
	parts := make([]Part, 0, size.Parts)
	cut(text, size.Encoding, func(part string, _ int) {
		parts = append(parts, Part{
			Text:   part,
			Header: []byte{5, 0, 3, ref, byte(size.Parts), byte(len(parts) + 1)},
			Body:   encode(part, size.Encoding),
		})
	})
	return size.Encoding, parts, nil
}

// Ref is the reference of the text with an idempotency key: the same whenever that text is sent again, so that a part sent
// later joins those that arrived before.
func Ref(key string) byte {
	h := fnv.New32a()
	_, _ = h.Write([]byte(key))
	sum := h.Sum32()
	return byte(sum ^ sum>>8 ^ sum>>16 ^ sum>>24)
}

func encode(text string, e Encoding) (b []byte) {
	for _, r := range text {
		if e == GSM7 {
			b = appendSeptets(b, r)
			continue
		}
		for _, u := range utf16.AppendRune(nil, r) {
			b = binary.BigEndian.AppendUint16(b, u)
		}
	}
	return b
}

// Decode reads the body of a part, without its header. An odd last byte of UCS-2 is dropped, half a pair is U+FFFD.
func Decode(body []byte, e Encoding) string {
	if e == GSM7 {
		return DecodeGSM7(body)
	}
	var text strings.Builder
	units := make([]uint16, 0, len(body)/2)
	for ; len(body) >= 2; body = body[2:] {
		units = append(units, binary.BigEndian.Uint16(body))
	}
	for _, r := range utf16.Decode(units) {
		text.WriteRune(r)
	}
	return text.String()
}
