package number

import (
	"errors"
	"strings"
	"testing"

	"wissel"
)

func TestParse(t *testing.T) {
	for _, c := range []struct {
		name, in, country string
		want              wissel.Number
		err               error
	}{
		{"E.164 as carriers send it", "+31201234567", "NL", "+31201234567", nil},
		{"national with its 0", "0201234567", "NL", "+31201234567", nil},
		{"as people write it", "020 - 123 45 67", "NL", "+31201234567", nil},
		{"with 00", "0031201234567", "NL", "+31201234567", nil},
		{"with a 0 in brackets", "+31 (0)20 123 45 67", "NL", "+31201234567", nil},
		{"with a 0 that should not be there", "+310201234567", "NL", "+31201234567", nil},
		{"a plus that got lost", "31201234567", "NL", "+31201234567", nil},
		{"a foreign plus that got lost", "447911123456", "NL", "+447911123456", nil},
		{"tel URI", "tel:+31-20-123-4567", "NL", "+31201234567", nil},
		{"tel URI with parameters", "tel:+31201234567;npdi;rn=+31999", "NL", "+31201234567", nil},
		{"tel URI in a context", "tel:201234567;phone-context=+31", "DE", "", ErrNotNumber},
		{"tel URI in a context with its trunk prefix", "tel:0201234567;phone-context=+31", "DE", "+31201234567", nil},
		{"tel URI in a German context", "tel:030123456;phone-context=+49", "NL", "+4930123456", nil},
		{"a context that is a domain says nothing", "0201234567;phone-context=kpn.example", "NL", "+31201234567", nil},
		{"SIP user with npdi", "+31201234567;npdi", "NL", "+31201234567", nil},
		{"SIP URI", "sip:0201234567@sbc.example;user=phone", "NL", "+31201234567", nil},
		{"SIP URI with an escaped plus", "sips:%2B31201234567@sbc.example:5061", "NL", "+31201234567", nil},
		{"0800 with four digits", "0800-1234", "NL", "+318001234", nil},
		{"0800 with seven digits", "0800 123 45 67", "NL", "+318001234567", nil},
		{"0900", "0900-1234", "NL", "+319001234", nil},
		{"municipality, short area code", "14 020", "NL", "+3114020", nil},
		{"municipality, long area code", "14 0118", "NL", "+31140118", nil},
		{"harmonised service", "116 000", "NL", "+31116000", nil},
		{"mobile", "06 12345678", "NL", "+31612345678", nil},
		{"machine", "0970 1234 5678", "NL", "+3197012345678", nil},
		{"foreign with 00", "0044 7911 123456", "NL", "+447911123456", nil},
		{"German national", "030 123456", "DE", "+4930123456", nil},
		{"British national", "07911 123456", "GB", "+447911123456", nil},
		{"American international prefix", "011 31 20 123 4567", "US", "+31201234567", nil},
		{"112", "112", "NL", "", ErrEmergency},
		{"112 behind the country code", "+31112", "NL", "", ErrEmergency},
		{"113", "113", "NL", "", ErrEmergency},
		{"112 elsewhere", "112", "DE", "", ErrEmergency},
		{"one digit too few", "020123456", "NL", "", ErrNotNumber},
		{"one digit too many", "+312012345678", "NL", "", ErrNotNumber},
		{"a country that does not exist", "+999123456789", "NL", "", ErrNotNumber},
		{"sixteen digits", "+4412345678901234", "NL", "", ErrNotNumber},
		{"withheld", "anonymous", "NL", "", ErrNotNumber},
		{"an extension", "1001", "NL", "", ErrNotNumber},
		{"nothing", "", "NL", "", ErrNotNumber},
		{"a plus alone", "+", "NL", "", ErrNotNumber},
		{"separators alone", "- -", "NL", "", ErrNotNumber},
		{"letters", "0800-FLOWERS", "NL", "", ErrNotNumber},
		{"a digit of another script", "+3120123456٧", "NL", "", ErrNotNumber},
		{"a line break", "+31201234567\r\n", "NL", "", ErrNotNumber},
		{"far too much", strings.Repeat("1", 10000), "NL", "", ErrNotNumber},
	} {
		got, err := Parse(c.in, c.country)
		if got != c.want || !errors.Is(err, c.err) || (c.err == nil) != (err == nil) {
			t.Errorf("%s: Parse(%.40q, %s) = %q, %v; want %q, %v", c.name, c.in, c.country, got, err, c.want, c.err)
		}
	}
}

func TestKindOf(t *testing.T) {
	for _, c := range []struct {
		in   wissel.Number
		want wissel.Kind
	}{
		{"+31201234567", wissel.KindFixed},
		{"+31118123456", wissel.KindFixed},
		{"+31116123456", wissel.KindFixed},
		{"+31851234567", wissel.KindCompany},
		{"+31881234567", wissel.KindCompany},
		{"+31841234567", wissel.KindUnknown},
		{"+3114020", wissel.Kind14},
		{"+31140118", wissel.Kind14},
		{"+318001234", wissel.Kind0800},
		{"+319061234", wissel.Kind0900},
		{"+319091234567", wissel.Kind0900},
		{"+31116000", wissel.Kind116},
		{"+31612345678", wissel.KindMobile},
		{"+31681234567", wissel.KindMobile},
		{"+31661234567", wissel.KindUnknown},
		{"+31971234567", wissel.KindUnknown},
		{"+4930123456", wissel.KindForeign},
		{"", wissel.KindUnknown},
		{"0201234567", wissel.KindUnknown},
	} {
		if got := KindOf(c.in); got != c.want {
			t.Errorf("KindOf(%q) = %q, want %q", c.in, got, c.want)
		}
	}
}

func TestMobileIsOnlyWhereTextsMayGo(t *testing.T) {
	for _, c := range []struct {
		in   wissel.Number
		want bool
	}{
		{"+31612345678", true}, {"+31652345678", true}, {"+31682345678", true},
		{"+31602345678", false}, {"+31662345678", false}, {"+31672345678", false}, {"+31692345678", false},
		{"+447911123456", false}, {"+31201234567", false}, {"", false},
	} {
		if got := Mobile(c.in); got != c.want {
			t.Errorf("Mobile(%q) = %v, want %v", c.in, got, c.want)
		}
	}
}

func TestIsEmergency(t *testing.T) {
	for _, c := range []struct {
		in   string
		want bool
	}{
		{"112", true}, {"113", true}, {"1-1-2", true}, {"+31112", true}, {"+31 113", true}, {"0031112", true},
		{"0112", true}, {"+49112", false}, {"1120", false}, {"+31201120112", false}, {"abc", false}, {"", false},
	} {
		if got := IsEmergency(c.in); got != c.want {
			t.Errorf("IsEmergency(%q) = %v, want %v", c.in, got, c.want)
		}
	}
}

func TestFastPathAllocatesNothing(t *testing.T) {
	if _, err := Parse("+4930123456", "NL"); err != nil { // reads the table of country codes once
		t.Fatal(err)
	}
	for _, s := range []string{"+31201234567", "+4930123456"} {
		if n := testing.AllocsPerRun(100, func() { _, _ = Parse(s, "NL") }); n != 0 {
			t.Errorf("Parse(%q) allocates %v times", s, n)
		}
	}
}

func TestCountry(t *testing.T) {
	if !Country("NL") || !Country("BE") || Country("XX") || Country("") || Country("nl") {
		t.Error("Country knows NL and BE, and neither XX, nothing nor small letters")
	}
}

// FuzzParse holds that whatever is parsed is plain E.164 and parses to itself, in every country.
func FuzzParse(f *testing.F) {
	for _, s := range []string{"+31201234567", "020 1234567", "tel:+31-20;phone-context=+31", "sip:%2B49@x", "0031", "14020", "112", ";;=", "٣"} {
		f.Add(s, "NL")
		f.Add(s, "US")
	}
	f.Fuzz(func(t *testing.T, s, country string) {
		n, err := Parse(s, country)
		if err != nil {
			return
		}
		if !plainE164(string(n)) {
			t.Fatalf("Parse(%q, %q) = %q, which is not E.164", s, country, n)
		}
		again, err := Parse(string(n), "NL")
		if err != nil && !IsEmergency(string(n)) || err == nil && again != n {
			t.Fatalf("Parse(%q, %q) = %q, and that gives %q, %v", s, country, n, again, err)
		}
	})
}

func BenchmarkParse(b *testing.B) {
	for _, s := range []string{"+31201234567", "020 123 45 67"} {
		b.Run(s, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_, _ = Parse(s, "NL")
			}
		})
	}
}
