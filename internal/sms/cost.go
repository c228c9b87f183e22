package sms

import (
	"fmt"
	"strings"

	"wissel"
)

// Money is an amount in millionths of the currency that the tariffs are in: prices of texts have more decimals than cents.
type Money int64

// String writes the amount with the decimals that count, and at least two: "0.075", "12.00".
func (m Money) String() string {
	sign := ""
	if m < 0 {
		sign, m = "-", -m
	}
	s := fmt.Sprintf("%d.%06d", m/1e6, m%1e6)
	for strings.HasSuffix(s, "0") && s[len(s)-3] != '.' {
		s = s[:len(s)-1]
	}
	return sign + s
}

// Tariffs is what a part costs, by the beginning of the number it goes to: "+31", "+316", "+32". The longest beginning that
// fits counts; "+" fits all.
type Tariffs map[string]Money

// Cost estimates what a text of so many parts to a number costs; false: there is no tariff for the number, which is not free.
func (t Tariffs) Cost(to wissel.Number, parts int) (Money, bool) {
	for n := len(to); n > 0; n-- {
		if each, ok := t[string(to[:n])]; ok {
			return each * Money(parts), true
		}
	}
	return 0, false
}
