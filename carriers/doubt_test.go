package carriers

import (
	"context"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"wissel"
	"wissel/internal/virtual"
)

func TestAnAnswerWithWhollyOtherAddressesIsDoubtedUntilOneAnswers(t *testing.T) {
	for _, c := range []struct {
		name     string
		answered string // who has answered us before the answer changes
		later    string // and after
		now      string // the new answer of DNS
		want     string // addresses in use
		doubted  bool
	}{
		{"poisoned: the known one stays first", "192.0.2.1", "", "203.0.113.9", "192.0.2.1 203.0.113.9", true},
		{"moved: the new one answers, and takes over", "192.0.2.1", "203.0.113.9", "203.0.113.9", "203.0.113.9", false},
		{"moved to where somebody answers already", "192.0.2.1 203.0.113.9", "", "203.0.113.9", "203.0.113.9", false},
		{"one of the known ones is in it: believed", "192.0.2.1", "", "203.0.113.9 192.0.2.1", "203.0.113.9 192.0.2.1", false},
		{"the known one never answered: believed", "", "", "203.0.113.9", "203.0.113.9", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			virtual.Time(t, func(t *testing.T) {
				var mu sync.Mutex
				has := map[string]bool{}
				add := func(hosts string) {
					mu.Lock()
					defer mu.Unlock()
					for _, h := range strings.Fields(hosts) {
						has[h] = true
					}
				}
				z := &zone{ip: map[string][]string{"sbc.example": {"192.0.2.1"}}}
				w := watch(z)
				w.Believe(func(a wissel.Address) bool {
					mu.Lock()
					defer mu.Unlock()
					return has[a.AddrPort.Addr().String()]
				})
				s := DefaultSettings(wissel.Carrier)
				s.To = []string{"sip:sbc.example:5060"}
				w.Set(map[wissel.TrunkID]Settings{"kpn": s})
				ctx, cancel := context.WithCancel(t.Context())
				done := make(chan error)
				go func() { done <- w.Run(ctx) }()
				synctest.Wait()
				add(c.answered)
				z.set(func() { z.ip["sbc.example"] = strings.Fields(c.now) })
				<-time.After(againEvery + time.Second)
				add(c.later)
				<-time.After(2 * lookAgain)
				if got := w.addresses("kpn"); got != c.want {
					t.Errorf("in use: %q, want %q", got, c.want)
				}
				if u := w.Unable(); (len(u) == 1) != c.doubted {
					t.Errorf("unable: %v", u)
				}
				if c.doubted { // DNS comes to its senses
					published := w.n
					z.set(func() { z.ip["sbc.example"] = []string{"192.0.2.1"} })
					<-time.After(againEvery + time.Second)
					if got := w.addresses("kpn"); got != "192.0.2.1" || len(w.Unable()) != 0 || w.n != published+1 {
						t.Errorf("afterwards %q is in use, %v, published %d times", got, w.Unable(), w.n-published)
					}
				}
				cancel()
				if err := <-done; err != nil {
					t.Fatal(err)
				}
			})
		})
	}
}
