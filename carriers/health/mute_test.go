package health

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"wissel"
	"wissel/internal/virtual"
)

// barred is a Prober whose messages to some addresses, or to all, do not leave our host.
type barred struct {
	mu     sync.Mutex
	except map[wissel.Address]bool // these leave; nil: all do
}

func (p *barred) bar(except ...wissel.Address) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.except = map[wissel.Address]bool{}
	for _, a := range except {
		p.except[a] = true
	}
}

func (p *barred) lift() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.except = nil
}

func (p *barred) Probe(_ context.Context, _ *wissel.Trunk, a wissel.Address) Observation {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.except != nil && !p.except[a] {
		return Observation{Unable: errors.New("write udp: operation not permitted")}
	}
	return Observation{Status: 200}
}

func TestThatNoTrunkCanBeAskedIsSaid(t *testing.T) {
	rows := []struct {
		name string
		play func(p *barred)
		want string // the alarms, "+" for one raised and "-" for its end
	}{
		{"all can be asked", func(*barred) { pass(time.Minute) }, ""},
		{"for two seconds none can", func(p *barred) { p.bar(); pass(2 * time.Second); p.lift(); pass(time.Minute) }, ""},
		{"one still can", func(p *barred) { p.bar(address(2)); pass(time.Minute) }, ""},
		{"none can", func(p *barred) { p.bar(); pass(6 * time.Second) }, "+"},
		{"none can for long: it is said once", func(p *barred) { p.bar(); pass(time.Hour) }, "+"},
		{"and then they can again", func(p *barred) { p.bar(); pass(time.Minute); p.lift(); pass(5 * time.Second) }, "+-"},
		{"one at least can again", func(p *barred) { p.bar(); pass(time.Minute); p.bar(address(1)); pass(5 * time.Second) }, "+-"},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			virtual.Time(t, func(t *testing.T) {
				b, p := NewBoard(DefaultPolicy(), nil), &barred{}
				var got strings.Builder
				b.Alarm(func(key, text string) {
					switch {
					case key != AlarmMute:
						t.Errorf("%s: %s", key, text)
					case text == "":
						got.WriteString("-")
					case strings.HasPrefix(text, "no trunk can be asked: write udp: operation not permitted (since "):
						got.WriteString("+")
					default:
						t.Errorf("it says %q", text)
					}
				})
				b.Set(map[wissel.TrunkID]*wissel.Trunk{
					"a": {ID: "a", Addresses: []wissel.Address{address(1)}}, "b": {ID: "b", Addresses: []wissel.Address{address(2)}}})
				ctx, cancel := context.WithCancel(t.Context())
				done := make(chan error)
				go func() { done <- b.Run(ctx, p) }()
				pass(10 * time.Second)
				row.play(p)
				for i := range 2 {
					if v := b.Verdicts()[address(i+1)]; v.State != wissel.Up {
						t.Errorf("that we cannot ask made it %s: %s", v.State, v.Evidence)
					}
				}
				cancel()
				if err := <-done; err != nil {
					t.Error(err)
				}
				if got.String() != row.want {
					t.Errorf("alarms %q, want %q", got.String(), row.want)
				}
			})
		})
	}
}
