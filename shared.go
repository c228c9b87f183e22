package wissel

import "strings"

// Shared are numbers that many people ring from: switchboards, care homes, relays for text and sign language. A call from one
// says nothing of another: it is never merged with it, or cancelled by it. The zero Shared has none.
type Shared struct {
	Numbers  map[Number]bool
	Prefixes []string // "+3188555": all numbers that begin so
}

// Has reports whether n is one of them.
func (s Shared) Has(n Number) bool {
	if s.Numbers[n] {
		return true
	}
	for _, p := range s.Prefixes {
		if strings.HasPrefix(string(n), p) {
			return true
		}
	}
	return false
}
