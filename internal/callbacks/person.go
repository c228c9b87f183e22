package callbacks

import "wissel"

// Person gives the open callback of a number in a group; those that are apart are never found by their number.
func (b *Book) Person(g wissel.GroupID, n wissel.Number) (Callback, bool) {
	if c := b.person[person{g, n}]; c != nil && n != "" {
		return *c, true
	}
	return Callback{}, false
}
