//go:build !faults

package sip

import "wissel/sip/call"

// fault does nothing: only the build tag "faults" makes effects fail.
func fault(call.Effect) {}
