package simtest

import "wissel/internal/web"

// Operator is what the commands of operators ask of wissel, as the control socket would.
func (n *Net) Operator() web.Switchboard {
	n.T.Helper()
	n.Start()
	return n.wissel.app
}

// Stop ends wissel at once, as SIGTERM with nothing to wait for does, and waits for all that it started.
func (n *Net) Stop() {
	n.T.Helper()
	n.Start()
	n.wissel.close(n.T)
}
