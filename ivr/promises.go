package ivr

import "wissel"

// Promises reports whether callers of the flow can ask for texts, and to be called back: not each of them, and not always.
func (p *Program) Promises() (texts, calls bool) {
	for _, n := range p.steps {
		if n.Record != nil {
			calls = true
		}
		if n.Wish == nil {
			continue
		}
		switch n.Wish.Kind {
		case string(wissel.WishText):
			texts = true
		case string(wissel.WishBoth):
			texts, calls = true, true
		default: // a recording is one too
			calls = true
		}
	}
	return texts, calls
}
