package peers

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"wissel"
	"wissel/sip/sim"
)

// crashes is how often wissel is killed while callers make wishes, and callers how many do so each time.
const (
	crashes = 25
	callers = 5
)

func TestAKillNeverTakesAPromiseThatWasSpoken(t *testing.T) {
	t.Parallel()
	chance := rand.New(rand.NewPCG(18, 2))
	s := serve(t)
	done := clip(t, "callback.done")
	spoken := map[wissel.Number]int{} // in which round
	for round := range crashes {
		carrier, err := openActor("carrier", s.carrier(), sim.Refuse(480))
		if err != nil {
			t.Fatal(err)
		}
		var all []talk
		var from []wissel.Number
		for i := range callers {
			from = append(from, wissel.Number(fmt.Sprintf("+3161%03d%04d", 100+round, i)))
			all = append(all, s.rings(carrier, sim.Dial{From: string(from[i]), Keys: []sim.Keys{{After: time.Duration(i) * 120 * time.Millisecond, Digits: "21"}}}))
		}
		answered(t, all[callers-1])
		// The moment of death is drawn, and lies from before the first key to after the last promise.
		<-time.After(time.Duration(chance.Int64N(int64(1400 * time.Millisecond))))
		s.kill()
		if err := carrier.leave(); err != nil {
			t.Fatal(err)
		}
		for i, c := range all {
			if c.ear.heard(done) {
				spoken[from[i]] = round
			}
		}
		s.restart()
		status, err := s.client.Status(t.Context())
		if err != nil || !status.Store.OK || status.Store.Aside != "" {
			t.Fatalf("after kill %d the store is %+v, %v", round, status.Store, err)
		}
	}
	if code := s.stop(); code != 0 {
		t.Errorf("wissel ended with %d", code)
	}
	rows := s.wished()
	for n, round := range spoken {
		if _, ok := rows[n]; !ok {
			t.Errorf("kill %d: %s heard that it was noted, and there is no row", round, n)
		}
	}
	if len(spoken) < callers || len(rows) == crashes*callers {
		t.Errorf("%d of %d promises were spoken and %d rows written: the kills did not come in between", len(spoken), crashes*callers, len(rows))
	}
	row(t, "F18", "kill -9 at %d drawn moments while %d callers wish: %d promises heard, each has its row (%d rows); the store opened each time",
		crashes, crashes*callers, len(spoken), len(rows))
}
