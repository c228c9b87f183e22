package sms

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"wissel"
)

func TestMeasure(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       Size
	}{
		{"nothing", "", Size{Left: 160}},
		{"plain Dutch", "Er is een storing.", Size{Units: 18, Parts: 1, Left: 142}},
		{"as much as one part holds", strings.Repeat("a", 160), Size{Units: 160, Parts: 1}},
		{"one more", strings.Repeat("a", 161), Size{Units: 161, Parts: 2, Left: 145}},
		{"two full parts", strings.Repeat("a", 306), Size{Units: 306, Parts: 2}},
		{"the euro counts two", strings.Repeat("a", 158) + "€", Size{Units: 160, Parts: 1}},
		{"the euro does not fit at the end of a part", strings.Repeat("a", 152) + "€" + strings.Repeat("b", 10), Size{Units: 164, Parts: 2, Left: 141}},
		{"é is in the alphabet", "één café", Size{Units: 8, Parts: 1, Left: 152}},
		{"ë is not", "geïnd in België", Size{Encoding: UCS2, Units: 15, Parts: 1, Left: 55, Odd: []rune{'ï', 'ë'}}},
		{"as much as one part of UCS-2 holds", strings.Repeat("ë", 70), Size{Encoding: UCS2, Units: 70, Parts: 1, Odd: []rune{'ë'}}},
		{"one more of UCS-2", strings.Repeat("ë", 71), Size{Encoding: UCS2, Units: 71, Parts: 2, Left: 63, Odd: []rune{'ë'}}},
		{"a pair is two, and is not cut", strings.Repeat("ë", 66) + "🚧" + strings.Repeat("ë", 10),
			Size{Encoding: UCS2, Units: 78, Parts: 2, Left: 55, Odd: []rune{'ë', '🚧'}}},
	} {
		if diff := cmp.Diff(c.want, Measure(c.text)); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
	}
}

// texts are what people write, with much of what is hard: the extension table, letters outside it, pairs.
func texts(max int) *rapid.Generator[string] {
	hard := rapid.SampledFrom([]rune("aaaaaaaaaa e.€[]{}~^|\\\fëï🚧👩@£\n\r'Δ"))
	plain := rapid.SampledFrom([]rune("aaaaaaaaaa e.€[]{}~^|\\\f@£\n\rΔàÇ"))
	return rapid.OneOf(
		rapid.StringOfN(hard, 1, max, -1), rapid.StringOfN(plain, 1, max, -1), rapid.StringOfN(rapid.Rune(), 1, max, -1),
	)
}

func TestPartsJoinToTheText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := texts(600).Draw(t, "text")
		size := Measure(text)
		e, parts, err := Split(text, 0xA5)
		if errors.Is(err, ErrTooLong) {
			if size.Parts <= MaxParts {
				t.Fatalf("%d parts are too long", size.Parts)
			}
			return
		}
		if !utf8.ValidString(text) {
			if !errors.Is(err, ErrNotUTF8) {
				t.Fatalf("not UTF-8: %v", err)
			}
			return
		}
		if err != nil || len(parts) != size.Parts || e != size.Encoding {
			t.Fatalf("%d parts of %v (%v), measured %d of %v", len(parts), e, err, size.Parts, size.Encoding)
		}
		check(t, text, e, parts, size)
	})
}

func check(t *rapid.T, text string, e Encoding, parts []Part, size Size) {
	var written, read strings.Builder
	units, left := 0, 0
	for i, p := range parts {
		written.WriteString(p.Text)
		read.WriteString(Decode(p.Body, e))
		n, bits := len(p.Body), 7
		if e == UCS2 {
			n, bits = n/2, 16
		}
		units += n
		header := (len(p.Header)*8 + 6) / 7 * 7
		if e == UCS2 {
			header = len(p.Header) * 8
		}
		if header+n*bits > 140*8 {
			t.Fatalf("part %d has %d units and a header of %d bytes: more than 140 bytes", i, n, len(p.Header))
		}
		left = (140*8 - header - n*bits) / bits
		if len(parts) > 1 && !cmp.Equal(p.Header, []byte{5, 0, 3, 0xA5, byte(len(parts)), byte(i + 1)}) {
			t.Fatalf("part %d has the header % x", i, p.Header)
		}
	}
	if written.String() != text || read.String() != text {
		t.Fatalf("the parts are %q, and are read as %q", written.String(), read.String())
	}
	if units != size.Units || left != size.Left {
		t.Fatalf("%d units and %d left, measured %d and %d", units, left, size.Units, size.Left)
	}
}

func TestNoPartCouldHaveTakenMore(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e, parts, err := Split(texts(600).Draw(t, "text"), 1)
		if err != nil {
			return
		}
		for i := range len(parts) - 1 {
			next, _ := utf8.DecodeRuneInString(parts[i+1].Text)
			used := 0
			for _, r := range parts[i].Text {
				used += e.units(r)
			}
			if _, room := e.room(); used+e.units(next) <= room {
				t.Fatalf("part %d holds %d units, and %q would still fit", i, used, next)
			}
		}
	})
}

func TestSplitRefuses(t *testing.T) {
	for text, want := range map[string]error{"": ErrEmpty, strings.Repeat("a", 153*MaxParts+1): ErrTooLong, "a\xff": ErrNotUTF8} {
		if _, _, err := Split(text, 0); !errors.Is(err, want) {
			t.Errorf("Split(%.10q): %v, want %v", text, err, want)
		}
	}
	if _, parts, err := Split(strings.Repeat("a", 153*MaxParts), 0); err != nil || len(parts) != MaxParts {
		t.Errorf("the longest text: %d parts, %v", len(parts), err)
	}
}

func FuzzDecodeGSM7(f *testing.F) {
	f.Add([]byte{0x1b, 0x65, 0x1b, 0x41, 0x1b, 0x1b, 0x1b})
	f.Fuzz(func(t *testing.T, b []byte) {
		if s := DecodeGSM7(b); !utf8.ValidString(s) || utf8.RuneCountInString(s) > len(b) {
			t.Errorf("% x is %q", b, s)
		}
	})
}

func TestCost(t *testing.T) {
	prices := Tariffs{"+31": 75000, "+316": 80500, "+": 1200000}
	for _, c := range []struct {
		to    string
		parts int
		want  string
	}{{"+31612345678", 2, "0.161"}, {"+31201234567", 1, "0.075"}, {"+4930123456", 10, "12.00"}} {
		if got, ok := prices.Cost(wissel.Number(c.to), c.parts); !ok || got.String() != c.want {
			t.Errorf("%d parts to %s: %v %v, want %s", c.parts, c.to, got, ok, c.want)
		}
	}
	if got, ok := (Tariffs{"+31": 1}).Cost("+4930123456", 1); ok {
		t.Errorf("a number without a tariff costs %v", got)
	}
	if got := Money(-50000).String(); got != "-0.05" {
		t.Errorf("-0.05 is written as %s", got)
	}
}

// Bytes as TS 23.038 prints them; a whole conversation with a program of others checks the rest (package smpp).
func TestCodesOfTheStandard(t *testing.T) {
	for text, want := range map[string]string{
		"@£$¥èéùìòÇ": "00010203040506070809", "_ΩΞÆßÉ": "1115" + "1a" + "1c1e1f", "¤¡ÄÖÑÜ§¿äöñüà": "24405b5c5d5e5f607b7c7d7e7f",
		"€[\\]^{|}~\f": "1b651b3c1b2f1b3e1b141b281b401b291b3d1b0a", "aZ0\r\n": "615a300d0a",
	} {
		if got := fmt.Sprintf("%x", encode(text, GSM7)); got != want {
			t.Errorf("%q is %s, want %s", text, got, want)
		}
	}
	if got := fmt.Sprintf("%x", encode("ë🚧", UCS2)); got != "00ebd83ddea7" {
		t.Errorf("UCS-2: %s", got)
	}
}
