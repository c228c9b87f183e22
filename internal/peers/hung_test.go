package peers

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"wissel/sip/sim"
)

// setups places calls one after another that the platform takes, and gives how long each took to be set up, the shortest first.
func (s *server) setups(a *actor, number string, calls int) (all []time.Duration) {
	s.t.Helper()
	for i := range calls {
		c := s.rings(a, sim.Dial{From: fmt.Sprintf("+316123460%02d", i), To: number})
		answered(s.t, c)
		all = append(all, c.Record().Setup())
		c.Hangup("")
		over(s.t, c, 5*time.Second)
	}
	slices.Sort(all)
	return all
}

// The store's disk hangs as a caller asks to be called back. He hears within a second that it takes a while, and then that nothing is
// promised; who asks once it is known hears so at once, and nobody is left to speak to a disk that does not listen. A call that wants
// nothing of the disk is set up as ever.
func TestADiskThatHangsHoldsUpNoCallAndNoPromiseIsMade(t *testing.T) {
	// Garbage is collected all the time, for which every thread must stop: one that waited for a page of a file, and not in a call of the
	// system, would hold up the whole process.
	t.Setenv("GOGC", "5")
	const plain, spoken = "+31201234568", "+31201234569"
	s := &server{t: t, net: network(), dir: t.TempDir()}
	s.prepare(t, "store: DIR/store", "store: DIR/store\nflows: [DIR/spoken.yaml]", "    active: normaal", `    active: storing
  plain: {numbers: ["`+plain+`"], plans: {normaal: [platform, flow:storing]}}
  spoken: {numbers: ["`+spoken+`"], plans: {normaal: [flow:spoken]}}`)
	write(t, s.dir, "spoken.yaml", spokenFlow)
	s.launch(s.ownDisk([]string{binary, "serve", "--settings", s.file()})...)
	carrier := newActor(t, "carrier", s.carrier(), sim.Refuse(480))
	newActor(t, "platform", s.platform(), sim.Answer(0))
	s.health("platform", "up")
	done, failed, saving := clip(t, "callback.done"), clip(t, "wish.failed"), clip(t, "wish.saving")
	const calls = 60
	well := s.setups(carrier, plain, calls)

	first := s.rings(carrier, sim.Dial{From: "+31612345001", Keys: []sim.Keys{{After: 100 * time.Millisecond, Digits: "2"}}})
	eventually(t, 10*time.Second, "he is asked whether his number is right", func() bool { return first.ear.heard(clip(t, "callback.own")) })
	const long = 30 * time.Second
	s.hang(long)
	hung := time.Now()
	first.Press("1")
	eventually(t, 3*time.Second, "he hears that it takes a moment", func() bool { return first.ear.heard(saving) })
	busy := time.Since(hung)
	voice := s.rings(carrier, sim.Dial{From: "+31612345003", To: spoken})
	s.stored(false, 5*time.Second)
	asked := time.Now()
	if promised, refused := s.wish(carrier, "+31612345002"); promised || !refused {
		t.Errorf("who asks of a disk that is known to hang hears a promise: %v, the truth: %v", promised, refused)
	}
	told := time.Since(asked)
	stuck := s.setups(carrier, plain, calls)
	eventually(t, 10*time.Second, "the first hears that nothing is promised", func() bool { return first.ear.heard(failed) })
	eventually(t, 15*time.Second, "who would speak hears that he cannot be recorded", func() bool { return voice.ear.heard(clip(t, "speak.failed")) })
	if left := time.Until(hung.Add(long)); left < 0 {
		t.Errorf("the disk was well again %v before all was heard", -left)
	}
	if first.ear.heard(done) {
		t.Error("the first hears a promise")
	}
	for _, c := range []talk{first, voice} {
		c.Hangup("")
		over(t, c, 5*time.Second)
	}
	at := func(all []time.Duration) time.Duration { return all[len(all)*9/10] }
	if busy > 2*time.Second || told > 4*time.Second {
		t.Errorf("the first hears after %v that it takes a moment, the second after %v that nothing is promised", busy, told)
	}
	if late := at(stuck) - at(well); late > 25*time.Millisecond {
		t.Errorf("nine of ten calls are set up within %v, and while the disk hangs %v", at(well), at(stuck))
	}
	s.stored(true, long+15*time.Second)
	if promised, _ := s.wish(carrier, "+31612345004"); !promised {
		t.Error("no promise after the disk came back")
	}
	clean(t, carrier)
	if code := s.stop(); code != 0 {
		t.Errorf("wissel ended with %d", code)
	}
	row(t, "F20", "a disk that hangs for %v: who asks at that moment hears after %d ms that it takes a while, and then the truth; who asks later within %d ms of ringing; nobody is recorded; set-up of %d calls 50/90/100 %%: %v, and while it hangs %v; then promises are made again",
		long, busy.Milliseconds(), told.Milliseconds(), calls, spread(well), spread(stuck))
}

// spread is the middle, nine tenths and the longest of what was sorted.
func spread(all []time.Duration) string {
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	return fmt.Sprintf("%.1f/%.1f/%.1f ms", ms(all[len(all)/2]), ms(all[len(all)*9/10]), ms(all[len(all)-1]))
}
