package main

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// unseen reports whether a character may do more on a screen than be read (FAULTS A20): it moves the cursor, begins a
// line, turns the direction of reading, or hides.
func unseen(r rune) bool { return r != ' ' && !unicode.IsPrint(r) }

// visible is text that somebody else wrote, as it may stand on a screen: what is unseen is written as Go writes it.
func visible(s string) string {
	if !strings.ContainsFunc(s, unseen) {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		if !unseen(r) {
			b.WriteRune(r)
			continue
		}
		quoted := strconv.QuoteRune(r)
		b.WriteString(quoted[1 : len(quoted)-1])
	}
	return b.String()
}

// shownLines is visible for a text of ours that has several lines, such as a fault with the place in the file: a line that
// others wrote cannot stand at the beginning of one, since those behind the first are set in.
func shownLines(s string) string {
	lines := strings.Split(s, "\n")
	for i := range lines {
		lines[i] = visible(lines[i])
	}
	return strings.Join(lines, "\n     ")
}

// visibleJSON writes JSON on to w with what is unseen beyond ASCII as \u escapes, which mean the same to a program: the
// encoder escapes C0 alone, and a terminal also obeys C1 and the marks that turn text.
type visibleJSON struct{ w io.Writer }

// Write takes whole values, so no character is cut in two.
func (v visibleJSON) Write(p []byte) (int, error) {
	if _, err := v.w.Write(escapeJSON(p)); err != nil {
		return 0, err
	}
	return len(p), nil
}

func escapeJSON(p []byte) []byte {
	out := make([]byte, 0, len(p))
	for i := 0; i < len(p); {
		r, size := utf8.DecodeRune(p[i:])
		switch {
		case r < 0x7f || !unseen(r):
			out = append(out, p[i:i+size]...)
		case r > 0xffff:
			high, low := utf16.EncodeRune(r)
			out = fmt.Appendf(out, `\u%04x\u%04x`, high, low)
		default:
			out = fmt.Appendf(out, `\u%04x`, r)
		}
		i += size
	}
	return out
}
