package simtest

import "wissel/internal/web"

// Operator is what the commands of operators ask of wissel, as the control socket would.
func (n *Net) Operator() web.Switchboard {
	n.T.Helper()
	n.Start()
	return n.wissel.app
}
