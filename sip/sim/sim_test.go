package sim_test

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"wissel/internal/virtual"
	"wissel/sip/sim"
)

var (
	callerAt   = netip.MustParseAddrPort("198.51.100.1:5060")
	platformAt = netip.MustParseAddrPort("198.51.100.2:5060")
)

// scene is a caller's carrier and a platform that talk to each other, without wissel between them.
type scene struct {
	net              *sim.Net
	caller, platform *sim.Party
	sent             []string // every SIP datagram, as "from METHOD #n"
	outcome          string
}

// lose drops the SIP datagram of that name; "" drops none.
func run(t *testing.T, b sim.Behaviour, lose string, f func(s *scene)) *scene {
	t.Helper()
	s := &scene{net: sim.NewNet()}
	virtual.Time(t, func(t *testing.T) {
		seen := map[string]int{}
		var mu sync.Mutex
		s.net.Rule = func(d sim.Datagram) sim.Fate {
			if d.To.Port() != 5060 {
				return sim.Fate{}
			}
			m, err := sim.Read(d.Data)
			if err != nil {
				t.Errorf("a party wrote what cannot be read: %v", err)
				return sim.Fate{}
			}
			mu.Lock()
			defer mu.Unlock()
			name := map[bool]string{true: "caller", false: "platform"}[d.From == callerAt] + " " + m.Summary()
			seen[name]++
			name = fmt.Sprintf("%s #%d", name, seen[name])
			s.sent = append(s.sent, name)
			return sim.Fate{Lost: name == lose}
		}
		open := func(name string, at netip.AddrPort, b sim.Behaviour) *sim.Party {
			p, err := sim.New(sim.Options{Name: name, Listen: s.net.Listen, At: at, Behave: b})
			if err != nil {
				t.Fatal(err)
			}
			return p
		}
		s.caller, s.platform = open("caller", callerAt, sim.Behaviour{}), open("platform", platformAt, b)
		ctx, cancel := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		for _, p := range []*sim.Party{s.caller, s.platform} {
			wg.Go(func() {
				if err := p.Run(ctx); err != nil {
					t.Error(err)
				}
			})
		}
		f(s)
		<-time.After(70 * time.Second) // virtual: every transaction has ended
		cancel()
		wg.Wait()
		s.outcome = outcome(s)
	})
	return s
}

// outcome is what must not depend on a lost datagram.
func outcome(s *scene) string {
	var b strings.Builder
	for _, p := range []*sim.Party{s.caller, s.platform} {
		l := p.Ledger()
		for _, r := range l.Calls {
			fmt.Fprintf(&b, "%s: final %d, ended by %q, tones %v, digits %q, rang %t, held %t, alive %t\n",
				p.Name(), r.Status, r.EndedBy, r.Tones(), r.Digits, !r.Rang.IsZero(), r.Held, r.Alive)
		}
		for _, c := range l.Complaints {
			fmt.Fprintf(&b, "%s complains: %s\n", p.Name(), c)
		}
	}
	return b.String()
}

func place(t *testing.T, s *scene, d sim.Dial) *sim.Call {
	t.Helper()
	d.To, d.From, d.Via = "+31201234567", "+31612345678", platformAt
	c, err := s.caller.Place(d)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestCalls(t *testing.T) {
	tests := []struct {
		name   string
		behave sim.Behaviour
		dial   sim.Dial
		want   string
	}{
		{
			"a plain call, the caller hangs up", sim.RingThenAnswer(100*time.Millisecond, 2*time.Second).Tone(440),
			sim.Dial{Plays: sim.Answers{Hz: 660, Hangup: 5 * time.Second}},
			"caller: final 200, ended by \"us\", tones [440], digits \"\", rang true, held false, alive false\n" +
				"platform: final 200, ended by \"them\", tones [660], digits \"\", rang true, held false, alive false\n",
		},
		{
			"the platform hangs up", sim.Answer(0).Tone(440).HangupAfter(3 * time.Second),
			sim.Dial{Plays: sim.Answers{Hz: 660}},
			"caller: final 200, ended by \"them\", tones [440], digits \"\", rang false, held false, alive false\n" +
				"platform: final 200, ended by \"us\", tones [660], digits \"\", rang false, held false, alive false\n",
		},
		{
			"late offer", sim.RingThenAnswer(0, time.Second).Tone(440),
			sim.Dial{Late: true, Plays: sim.Answers{Hz: 660, Hangup: 40 * time.Second}},
			"caller: final 200, ended by \"us\", tones [440], digits \"\", rang true, held false, alive false\n" +
				"platform: final 200, ended by \"them\", tones [660], digits \"\", rang true, held false, alive false\n",
		},
		{
			"cancelled while it rings", sim.Ring(), sim.Dial{Cancel: 2 * time.Second},
			"caller: final 487, ended by \"us\", tones [], digits \"\", rang true, held false, alive false\n" +
				"platform: final 487, ended by \"them\", tones [], digits \"\", rang true, held false, alive false\n",
		},
		{
			"the answer crosses the CANCEL", sim.LateAnswer(100 * time.Millisecond), sim.Dial{Cancel: 2 * time.Second},
			"caller: final 200, ended by \"us\", tones [], digits \"\", rang true, held false, alive false\n" +
				"platform: final 200, ended by \"them\", tones [], digits \"\", rang true, held false, alive false\n",
		},
		{
			"refused", sim.Refuse(486), sim.Dial{},
			"caller: final 486, ended by \"\", tones [], digits \"\", rang false, held false, alive false\n" +
				"platform: final 486, ended by \"us\", tones [], digits \"\", rang false, held false, alive false\n",
		},
		{
			"early media", sim.EarlyMedia(100*time.Millisecond, 40*time.Second).Tone(440),
			sim.Dial{Plays: sim.Answers{Hz: 660, Hangup: time.Second}},
			"caller: final 200, ended by \"us\", tones [440], digits \"\", rang true, held false, alive false\n" +
				"platform: final 200, ended by \"them\", tones [660], digits \"\", rang true, held false, alive false\n",
		},
		{
			"two far dialogs", sim.Forked(100*time.Millisecond, time.Second, 2*time.Second).Tone(440),
			sim.Dial{Plays: sim.Answers{Hz: 660, Hangup: 40 * time.Second}},
			"caller: final 200, ended by \"us\", tones [440], digits \"\", rang true, held false, alive false\n" +
				"platform: final 200, ended by \"them\", tones [660], digits \"\", rang true, held false, alive false\n",
		},
		{
			"a platform that says nothing", sim.Mute(), sim.Dial{},
			"caller: final 0, ended by \"\", tones [], digits \"\", rang false, held false, alive false\n",
		},
		{
			"keys", sim.Answer(0).Tone(440),
			sim.Dial{Plays: sim.Answers{Hangup: 40 * time.Second}, Keys: []sim.Keys{{After: time.Second, Digits: "1*#"}, {After: 38 * time.Second, Digits: "44"}}},
			"caller: final 200, ended by \"us\", tones [440], digits \"\", rang false, held false, alive false\n" +
				"platform: final 200, ended by \"them\", tones [], digits \"1*#44\", rang false, held false, alive false\n",
		},
		{
			"held by the platform", sim.Answer(0).Tone(440).HoldAfter(2*time.Second, 40*time.Second),
			sim.Dial{Plays: sim.Answers{Hz: 660, Hangup: 60 * time.Second}},
			"caller: final 200, ended by \"us\", tones [440], digits \"\", rang false, held false, alive false\n" +
				"platform: final 200, ended by \"them\", tones [660], digits \"\", rang false, held false, alive false\n",
		},
		{
			"held by both at once", sim.Answer(0).Tone(440).HoldAfter(2*time.Second, 0),
			sim.Dial{Plays: sim.Answers{Hz: 660, Hold: 2 * time.Second, Hangup: 60 * time.Second}},
			"caller: final 200, ended by \"us\", tones [440], digits \"\", rang false, held true, alive false\n" +
				"platform: final 200, ended by \"them\", tones [660], digits \"\", rang false, held true, alive false\n",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			plain := run(t, tt.behave, "", func(s *scene) { place(t, s, tt.dial) })
			if got := plain.outcome; got != tt.want {
				t.Fatalf("got\n%swant\n%s", got, tt.want)
			}
			for _, lost := range plain.sent {
				s := run(t, tt.behave, lost, func(s *scene) { place(t, s, tt.dial) })
				if got := s.outcome; got != tt.want {
					t.Errorf("with %q lost:\n%swant\n%ssent: %v", lost, got, tt.want, s.sent)
				}
				if !slices.Contains(s.sent, lost) {
					t.Errorf("%q was not sent this time: %v", lost, s.sent)
				}
			}
		})
	}
}

func TestAPlatformDiesAndComesBack(t *testing.T) {
	run(t, sim.Answer(0).Tone(440), "", func(s *scene) {
		first := place(t, s, sim.Dial{})
		<-time.After(2 * time.Second)
		s.platform.Kill()
		<-time.After(2 * time.Second)
		first.Hangup("")
		<-first.Done()
		if r := first.Record(); r.Reason != "" || r.Gap < 1900*time.Millisecond {
			t.Errorf("the first call: %+v", r)
		}
		if err := s.platform.Revive(); err != nil {
			t.Fatal(err)
		}
		second := place(t, s, sim.Dial{Plays: sim.Answers{Hangup: time.Second}})
		<-second.Done()
		if r := second.Record(); r.Status != 200 {
			t.Errorf("the second call: %+v", r)
		}
		s.platform.Behave(sim.Refuse(503))
		third := place(t, s, sim.Dial{})
		<-third.Done()
		if r := third.Record(); r.Status != 503 {
			t.Errorf("the third call: %+v", r)
		}
		if l := s.platform.Ledger(); l.Alive() != 0 || l.Taken() != 3 || l.Answered() != 2 {
			t.Errorf("the platform's ledger: %+v", l)
		}
	})
}

func TestReadRefusesWhatIsNoMessage(t *testing.T) {
	for _, bad := range []string{"", "INVITE\r\n\r\n", "INVITE sip:a SIP/1.0\r\n\r\n", "SIP/2.0 99 x\r\n\r\n", "OPTIONS sip:a SIP/2.0\r\nVia\r\n\r\n"} {
		if m, err := sim.Read([]byte(bad)); err == nil {
			t.Errorf("%q was read as %+v", bad, m)
		}
	}
}
