package number

import (
	"strings"
	"sync"
	"time"

	"github.com/nyaruka/phonenumbers"

	"wissel"
)

// Region is the country that n is a number of, two letters (ISO 3166): "NL". Countries that share a calling code are told apart: a
// number of Jamaica (+1 876) is not one of the United States. Empty: it is no number of a country, as those of satellites are.
func Region(n wissel.Number) string {
	if strings.HasPrefix(string(n), "+31") {
		return "NL"
	}
	parsed, err := phonenumbers.Parse(string(n), "")
	if err != nil {
		return ""
	}
	if r := phonenumbers.GetRegionCodeForNumber(parsed); len(r) == 2 {
		return r
	}
	return ""
}

// Costly reports whether a call to n can cost more than an ordinary one, or reaches no person's telephone: premium, shared cost and
// personal numbers, pagers, satellites (870, 881, 882, 883, 979 and the like), emergency numbers, and whatever is no number in use by its
// country's plan.
func Costly(n wissel.Number) bool {
	if IsEmergency(string(n)) {
		return true
	}
	if strings.HasPrefix(string(n), "+31") {
		switch KindOf(n) {
		case wissel.KindFixed, wissel.KindCompany, wissel.KindMobile, wissel.Kind14, wissel.Kind0800, wissel.Kind116:
			return false
		case wissel.Kind0900, wissel.KindUnknown, wissel.KindForeign:
		}
		return true
	}
	parsed, err := phonenumbers.Parse(string(n), "")
	if err != nil || Region(n) == "" {
		return true
	}
	switch phonenumbers.GetNumberType(parsed) {
	case phonenumbers.FIXED_LINE, phonenumbers.MOBILE, phonenumbers.FIXED_LINE_OR_MOBILE, phonenumbers.VOIP:
		return false
	default:
		return true
	}
}

// Zones are the time zones in which n may be: one for most countries, several where its digits do not tell. None is known: the world's own, UTC.
func Zones(n wissel.Number) []*time.Location {
	if strings.HasPrefix(string(n), "+31") {
		return amsterdam()
	}
	parsed, err := phonenumbers.Parse(string(n), "")
	if err != nil {
		return []*time.Location{time.UTC}
	}
	names, err := phonenumbers.GetTimezonesForNumber(parsed)
	if err != nil {
		return []*time.Location{time.UTC}
	}
	var all []*time.Location
	for _, name := range names {
		if z := located(name); z != nil {
			all = append(all, z)
		}
	}
	if len(all) == 0 {
		return []*time.Location{time.UTC}
	}
	return all
}

var amsterdam = sync.OnceValue(func() []*time.Location {
	z := located("Europe/Amsterdam")
	if z == nil {
		z = time.UTC
	}
	return []*time.Location{z}
})

// zones are those that were asked for: one value for each name, so that they can be told apart by it.
var zones sync.Map

func located(name string) *time.Location {
	if z, ok := zones.Load(name); ok {
		return z.(*time.Location)
	}
	z, err := time.LoadLocation(name)
	if err != nil {
		return nil
	}
	kept, _ := zones.LoadOrStore(name, z)
	return kept.(*time.Location)
}
