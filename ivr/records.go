package ivr

// Records reports whether the flow records what callers say: such a sound needs a key to be encrypted with.
func (p *Program) Records() bool {
	for _, n := range p.steps {
		if n.Record != nil {
			return true
		}
	}
	return false
}
