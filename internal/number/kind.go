package number

import (
	"strconv"
	"strings"
	"sync"

	"github.com/nyaruka/phonenumbers"

	"wissel"
)

// KindOf says what sort of number n is, by the Dutch numbering plan (Nummerplan telefoon- en ISDN-diensten). A number of
// another country is KindForeign; one that is no E.164 number, or Dutch and none of the known kinds (pagers, 084, 087,
// machines), is KindUnknown.
func KindOf(n wissel.Number) wissel.Kind {
	s := string(n)
	if !plainE164(s) {
		return wissel.KindUnknown
	}
	if !strings.HasPrefix(s, "+31") {
		return wissel.KindForeign
	}
	k, _ := dutchKind(s[3:])
	return k
}

// CountryCode is the country calling code of n, "31"; empty when n is no number of a country.
func CountryCode(n wissel.Number) string {
	if !plainE164(string(n)) {
		return ""
	}
	if strings.HasPrefix(string(n), "+31") {
		return "31"
	}
	parsed, err := phonenumbers.Parse(string(n), "")
	if err != nil {
		return ""
	}
	return strconv.Itoa(int(parsed.GetCountryCode()))
}

// Mobile reports whether n is in a range that texts may be sent to: Dutch 061 to 065 and 068 (FAULTS A22).
func Mobile(n wissel.Number) bool { return KindOf(n) == wissel.KindMobile }

// IsEmergency reports whether s, as dialled or in E.164, is a number that wissel must never own, dial or delay: 112, and
// 113 (suicide prevention, which has a right to be reached directly).
func IsEmergency(s string) bool {
	digits, plus, ok := strip(s)
	if !ok {
		return false
	}
	if plus || strings.HasPrefix(digits, "00") {
		rest, dutch := strings.CutPrefix(strings.TrimPrefix(digits, "00"), "31")
		return dutch && emergencyNL(rest)
	}
	return emergencyNL(digits)
}

func emergencyNL(s string) bool { return s == "112" || s == "0112" || s == "113" || s == "0113" }

// dutchKind judges the part behind +31. possible is false when no Dutch number has that beginning and length.
func dutchKind(s string) (k wissel.Kind, possible bool) {
	if len(s) < 5 || s[0] == '0' {
		return wissel.KindUnknown, false
	}
	n := len(s)
	switch {
	case s[:3] == "116" && n == 6:
		return wissel.Kind116, true
	case s[:3] == "140" && (n == 5 || n == 6): // 14 and an area code with its 0: 14 020, 14 0118
		return wissel.Kind14, true
	case s[:3] == "800":
		return wissel.Kind0800, n == 7 || n == 10
	case s[:3] == "900" || s[:3] == "906" || s[:3] == "909":
		return wissel.Kind0900, n == 7 || n == 10
	}
	switch s[0] {
	case '1', '2', '3', '4', '5', '7':
		return wissel.KindFixed, n == 9
	case '6':
		if s[1] >= '1' && s[1] <= '5' || s[1] == '8' {
			return wissel.KindMobile, n == 9
		}
	case '8':
		if s[1] == '5' || s[1] == '8' {
			return wissel.KindCompany, n == 9
		}
	}
	return wissel.KindUnknown, n >= 7 && n <= 11 // 066, 067, 082, 084, 087, 091, and 097 with its eleven
}

// countryCodes knows the country calling codes in use, by number.
var countryCodes = sync.OnceValue(func() (known [1000]bool) {
	for code := range phonenumbers.GetSupportedCallingCodes() {
		if code > 0 && code < len(known) {
			known[code] = true
		}
	}
	return known
})

// countryCode reports whether digits begin with a country code in use (ITU-T E.164 annex: one to three digits, prefix-free).
func countryCode(digits string) bool {
	known := countryCodes()
	code := 0
	for i := 0; i < 3 && i < len(digits); i++ {
		code = code*10 + int(digits[i]-'0')
		if known[code] {
			return true
		}
	}
	return false
}
