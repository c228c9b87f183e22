package simtest

import (
	"fmt"

	"wissel"
	"wissel/internal/web"
)

// TestLine is the number of the test line that TestLine settings add.
const TestLine = "+31887654321"

// AddTestLine adds a test line of wissel's to the settings.
func (n *Net) AddTestLine() {
	n.Settings(fmt.Sprintf("  tests:\n    numbers: [%q]\n    test: true", TestLine))
}

// Test makes a test call over a trunk, as `wissel carriers test` does, and gives what it showed and the lines that it told.
func (n *Net) Test(trunk string) (r web.TestResult, lines []string) {
	n.T.Helper()
	n.Start()
	r, err := n.wissel.app.TestCarrier(n.ctx, wissel.TrunkID(trunk), web.Actor{Who: "test", From: "test"}, func(line string) { lines = append(lines, line) })
	if err != nil {
		n.T.Errorf("test %s: %v", trunk, err)
	}
	return r, lines
}

// TestRefused asks for a test call that is not to be made, and gives why.
func (n *Net) TestRefused(trunk string) error {
	n.T.Helper()
	n.Start()
	_, err := n.wissel.app.TestCarrier(n.ctx, wissel.TrunkID(trunk), web.Actor{Who: "test", From: "test"}, func(string) {})
	if err == nil {
		n.T.Errorf("test %s: it was made", trunk)
	}
	return err
}

// Carrier is what wissel says of a trunk, and its alarms.
func (n *Net) Carrier(trunk string) (c web.Carrier, alarms []string) {
	n.T.Helper()
	for _, one := range n.wissel.app.Carriers() {
		if one.Trunk == wissel.TrunkID(trunk) {
			return one, n.wissel.app.Status(n.ctx).Alarms
		}
	}
	n.T.Errorf("there is no trunk %s", trunk)
	return c, nil
}
