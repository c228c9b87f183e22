package app

import "wissel"

// observers are told what came of each attempt of a call, in their order, on the goroutine that owns the call: they must not
// block. The list is complete before the server runs.
type observers []func(wissel.Tried)

// Tried implements sip.Observer.
func (all *observers) Tried(t wissel.Tried) {
	for _, tell := range *all {
		tell(t)
	}
}
