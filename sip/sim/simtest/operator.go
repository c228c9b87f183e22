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

// Restart ends wissel as Stop does, and starts it again with the store that it leaves, and the settings as they are now.
func (n *Net) Restart() {
	n.T.Helper()
	n.Stop()
	n.wissel = n.launch()
}

// Extra sets the further settings of a party's trunk, from the next Restart on.
func (n *Net) Extra(party, extra string) {
	n.T.Helper()
	for _, p := range n.parties {
		if p.Name() == party {
			p.extra = extra
			return
		}
	}
	n.T.Errorf("there is no party %s", party)
}
