//go:build faults

package sip

import (
	"sync/atomic"

	"wissel/sip/call"
)

// FaultIn, in builds with the tag "faults", is called before each effect; it may panic (FAULTS F35).
var FaultIn atomic.Pointer[func(call.Effect)]

func fault(e call.Effect) {
	if f := FaultIn.Load(); f != nil {
		(*f)(e)
	}
}
