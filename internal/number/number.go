// Package number turns what people, carriers and platforms write as a telephone number into E.164 (ITU-T E.164), and
// says what kind of number it is by the Dutch numbering plan. It does no I/O and keeps no state. Packages sip (callers and
// numbers dialled) and configs (numbers in the settings) call it; it is the home of the phonenumbers library, which only
// sees national forms of other countries than the Netherlands.
package number

import (
	"errors"
	"fmt"
	"strings"

	"github.com/nyaruka/phonenumbers"

	"wissel"
)

// ErrNotNumber is returned by Parse for text that is no telephone number: "anonymous", too short, too long, letters.
var ErrNotNumber = errors.New("not a telephone number")

// ErrEmergency is returned by Parse for 112 and the other numbers that wissel must never own, dial or delay.
var ErrEmergency = errors.New("an emergency number")

// maxText is the longest text that Parse looks at, in bytes. The longest number with parameters in the wild is far shorter.
const maxText = 256

// E.164 allows 15 digits with the country code; the shortest we know are Dutch 14xx numbers, 7 with the 31.
const minDigits, maxDigits = 7, 15

// Parse gives the E.164 number that s means for someone in country (ISO 3166, two letters; "NL"). s is a national number
// ("020 123 45 67"), one with 00 or + ("+31 (0)20-1234567"), a tel: URI (RFC 3966, with phone-context), a sip: or sips: URI
// or the user part of one, with parameters (";npdi", RFC 4694). A number without any prefix that cannot be a national one
// is taken as one whose plus was lost ("31201234567"). Errors: ErrNotNumber, ErrEmergency.
func Parse(s, country string) (wissel.Number, error) {
	if plainE164(s) {
		return international(s, s[1:])
	}
	if len(s) > maxText {
		return "", fmt.Errorf("%q… (%d bytes): %w", s[:32], len(s), ErrNotNumber)
	}
	user, context := split(s)
	digits, plus, ok := strip(user)
	if !ok || digits == "" {
		return "", fmt.Errorf("%q: %w", s, ErrNotNumber)
	}
	switch {
	case plus:
		return international(s, digits)
	case strings.HasPrefix(context, "+"):
		if code, _, ok := strip(context); ok {
			return inContext(s, digits, code)
		}
	}
	if country == "NL" {
		return dutch(s, digits)
	}
	return elsewhere(s, digits, country)
}

// plainE164 is the fast path: nearly all carriers send exactly this.
func plainE164(s string) bool {
	if len(s) < 1+minDigits || len(s) > 1+maxDigits || s[0] != '+' {
		return false
	}
	for i := 1; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

// split takes scheme, host and parameters off, and gives the number as written and its phone-context (RFC 3966 §5.1.5).
func split(s string) (user, context string) {
	if i := strings.IndexByte(s, ':'); i >= 0 {
		switch strings.ToLower(s[:i]) {
		case "tel", "sip", "sips":
			s = s[i+1:]
		}
	}
	if i := strings.IndexByte(s, '@'); i >= 0 {
		s = s[:i]
	}
	s = strings.ReplaceAll(s, "%2B", "+")
	s = strings.ReplaceAll(s, "%2b", "+")
	user, params, _ := strings.Cut(s, ";")
	for p := range strings.SplitSeq(params, ";") {
		if k, v, ok := strings.Cut(p, "="); ok && strings.EqualFold(k, "phone-context") {
			context = v
		}
	}
	return strings.Trim(user, " \u00a0"), context
}

// strip removes the visual separators of RFC 3966 and of people, a "(0)" behind a country code, and the plus. ok is
// false when anything else than digits is left.
func strip(s string) (digits string, plus, ok bool) {
	if strings.HasPrefix(s, "+") {
		plus, s = true, s[1:]
		s = strings.Replace(s, "(0)", "", 1)
	}
	b := make([]byte, 0, len(s))
	for _, r := range s {
		switch {
		case r >= '0' && r <= '9':
			b = append(b, byte(r))
		case r == ' ' || r == '-' || r == '.' || r == '(' || r == ')' || r == '/' || r == '\u00a0' || r == '\u2011' || r == '\u2013':
		default:
			return "", plus, false
		}
		if len(b) > 20 { // longer than 00, a country code and a whole number
			return "", plus, false
		}
	}
	return string(b), plus, true
}

// international checks country code and number behind a plus. written is for errors, and is returned itself when it is
// the number already, so that the fast path allocates nothing.
func international(written, digits string) (wissel.Number, error) {
	if rest, ok := strings.CutPrefix(digits, "31"); ok {
		if emergencyNL(rest) {
			return "", fmt.Errorf("%q: %w", written, ErrEmergency)
		}
		if strings.HasPrefix(rest, "0") { // "+31 020": the trunk prefix does not belong there, and no Dutch number begins with 0
			rest = rest[1:]
			digits, written = "31"+rest, ""
		}
		if _, possible := dutchKind(rest); !possible {
			return "", fmt.Errorf("%q: %w: no Dutch number has this form", "+"+digits, ErrNotNumber)
		}
	} else if len(digits) < minDigits || len(digits) > maxDigits || !countryCode(digits) {
		return "", fmt.Errorf("%q: %w", written, ErrNotNumber)
	}
	if len(written) == 1+len(digits) && written[0] == '+' {
		return wissel.Number(written), nil
	}
	return wissel.Number("+" + digits), nil
}

// inContext puts a local number behind the country code of its phone-context. A trunk prefix 0 is allowed there, as
// carriers write it.
func inContext(written, digits, code string) (wissel.Number, error) {
	if code == "31" {
		return dutch(written, digits)
	}
	return international(written, code+strings.TrimPrefix(digits, "0"))
}

// dutch reads what someone in the Netherlands would dial.
func dutch(written, digits string) (wissel.Number, error) {
	switch {
	case emergencyNL(digits):
		return "", fmt.Errorf("%q: %w", written, ErrEmergency)
	case strings.HasPrefix(digits, "00"):
		return international(written, digits[2:])
	case digits[0] == '0':
		return international(written, "31"+digits[1:])
	}
	if kind, _ := dutchKind(digits); kind == wissel.Kind14 || kind == wissel.Kind116 { // dialled without a trunk prefix
		return wissel.Number("+31" + digits), nil
	}
	if len(digits) >= 11 || strings.HasPrefix(digits, "31") { // nothing national begins without 0 and is this long: a lost plus
		return international(written, digits)
	}
	return "", fmt.Errorf("%q: %w: a Dutch number begins with 0 or +31", written, ErrNotNumber)
}

// elsewhere leaves the national forms of other countries to the library.
func elsewhere(written, digits, country string) (wissel.Number, error) {
	if digits == "112" || digits == "911" || digits == "999" {
		return "", fmt.Errorf("%q: %w", written, ErrEmergency)
	}
	n, err := phonenumbers.Parse(digits, country)
	if err != nil {
		return "", fmt.Errorf("%q in %s: %w: %v", written, country, ErrNotNumber, err) //nolint:errorlint // the library's own errors are not ours to give on
	}
	if !phonenumbers.IsPossibleNumber(n) {
		return "", fmt.Errorf("%q in %s: %w", written, country, ErrNotNumber)
	}
	return wissel.Number(phonenumbers.Format(n, phonenumbers.E164)), nil
}

// Country reports whether country is one whose national numbers Parse knows: two letters, ISO 3166.
func Country(country string) bool { return phonenumbers.GetCountryCodeForRegion(country) != 0 }
