package wissel

import "strings"

// Number is a telephone number in E.164 form with its plus: "+31201234567" (ITU-T E.164). The zero Number is no number:
// unknown or withheld. Package internal/number makes Numbers from what people and carriers write.
type Number string

// Masked shortens a number for logs and screens, where a caller is a person: "+31 6 ** ** 45 67" becomes "+316****4567".
func (n Number) Masked() string {
	s := string(n)
	if len(s) <= 6 {
		return strings.Repeat("*", len(s))
	}
	keep := min(4, len(s)-6)
	return s[:keep] + strings.Repeat("*", len(s)-keep-4) + s[len(s)-4:]
}

// Kind is what sort of number it is, for tariffs, for what callers know and for what may be shown as caller id.
type Kind string

// The kinds of numbers, by the Dutch numbering plan. KindUnknown is a number of no kind we know.
const (
	KindUnknown Kind = ""
	KindFixed   Kind = "fixed"   // geographic
	KindCompany Kind = "088"     // 085 and 088: not geographic, ordinary tariff
	Kind14      Kind = "14xx"    // municipalities: 14 and an area code
	Kind0800    Kind = "0800"    // freephone
	Kind0900    Kind = "0900"    // paid: 0900, 0906, 0909
	Kind116     Kind = "116"     // harmonised European services (116 xxx)
	KindMobile  Kind = "mobile"  // 06
	KindForeign Kind = "foreign" // any other country code
)

// Service reports whether n's kind is a service number, which may not be shown as caller id unless a trunk allows it.
func (k Kind) Service() bool { return k == Kind14 || k == Kind0800 || k == Kind0900 || k == Kind116 }

// Charge is what a call to a number costs the caller.
type Charge string

// The charges. A premium caller pays by the minute: his flow does not let him wait.
const (
	ChargeFree    Charge = "free"
	ChargeNormal  Charge = "normal"
	ChargePremium Charge = "premium"
)

// Charge is what calls to numbers of the kind cost, where nothing else is said.
func (k Kind) Charge() Charge {
	switch k {
	case Kind0800, Kind116:
		return ChargeFree
	case Kind0900:
		return ChargePremium
	case KindUnknown, KindFixed, KindCompany, Kind14, KindMobile, KindForeign:
	}
	return ChargeNormal
}

// Line is one number we own: the routing number that the carrier delivers, the kind, the form that callers know, the group.
type Line struct {
	Number  Number
	Kind    Kind
	Charge  Charge // to the caller
	Dialled string // as callers know and say it ("0800-1234"); empty when it is Number itself
	Group   GroupID
}
