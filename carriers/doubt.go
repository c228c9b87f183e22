package carriers

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"wissel"
)

// lookAgain is how often a doubted answer is held against who has answered us since.
const lookAgain = time.Second

// Believe gives what tells whether an address has ever answered us, before Run. With it, an answer of DNS that shares no
// address with the one before takes over only when one of its addresses has answered: a poisoned or mistaken answer moves
// no call (F25). Until then both are in use, the known ones first, so that a peer who has really moved is found at once
// when his old address falls silent.
func (d *Directory) Believe(answered func(wissel.Address) bool) { d.answered = answered }

// take puts a good answer into n and reports whether the addresses in use have changed.
func (d *Directory) take(uri string, n *name, found []Found) (changed bool) {
	switch {
	case sameSet(n.found, found):
		changed = n.doubted != nil
		n.doubted = nil
	case n.doubted != nil && sameSet(n.doubted, found):
	case d.doubts(n.found, found):
		changed, n.doubted = true, found
		d.log.Warn("DNS gives a trunk's name wholly other addresses; until one of them answers the known ones are tried first", "uri", uri, "known", n.found, "new", found)
	default:
		d.adopt(uri, n, found)
		changed = true
	}
	return changed
}

// adopt puts found in place of what n stood for.
func (d *Directory) adopt(uri string, n *name, found []Found) {
	n.previous = remember(n.previous, n.found, found)
	n.found, n.doubted = found, nil
	d.log.Info("a trunk's name has new addresses", "uri", uri, "addresses", found)
}

// doubts reports whether an answer is to be doubted: those we know have answered us, and it has none of them, and none of
// its own has.
func (d *Directory) doubts(known, found []Found) bool {
	if d.answered == nil {
		return false
	}
	has := func(f Found) bool { return d.answered(f.Address) }
	shared := func(f Found) bool { return slices.Contains(known, f) }
	return slices.ContainsFunc(known, has) && !slices.ContainsFunc(found, shared) && !slices.ContainsFunc(found, has)
}

// settle adopts the doubted answers of which an address has answered, and reports whether there were any.
func (d *Directory) settle() (changed bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for uri, old := range d.names {
		if old.doubted == nil || d.doubts(old.found, old.doubted) {
			continue
		}
		n := *old
		d.adopt(uri, &n, n.doubted)
		d.names[uri] = &n
		changed = true
	}
	return changed
}

// doubt says, for people, what is doubted.
func (n *name) doubt(uri string) error {
	var hosts []string
	for _, f := range n.doubted {
		hosts = append(hosts, f.Address.String())
	}
	return fmt.Errorf("resolve %s: DNS now gives %s, where nothing has answered yet", uri, strings.Join(hosts, ", "))
}
