package app

import (
	"testing"
	"time"

	"wissel"
	"wissel/internal/audio"
	"wissel/internal/callbacks/dialling"
	"wissel/prompts"
)

// failing is a host that fails when it is to play.
type failing struct{ *host }

func (failing) Play([]*audio.Clip) { panic("a fault of ours") }

// A fault of ours while one side is spoken to ends that call alone: the attempt takes its end, and has an outcome.
func TestAFaultDoesNotStallACallback(t *testing.T) {
	sounds, err := prompts.Open("")
	if err != nil {
		t.Fatal(err)
	}
	a := &App{}
	a.settings.Store(&inUse{sounds: sounds})
	x := &dial{
		dialler: newDialler(a), stages: make(chan wissel.CallbackStage, 8), over: make(chan struct{}),
		attempt: &dialling.Attempt{
			Job: wissel.CallbackJob{Callback: "c1", Group: "support", Desk: wissel.Desk{Trunk: "genesys", To: "7001"}}, Lang: [2]string{"nl", "nl"},
			Says: func(string, string) bool { return false }, Zone: time.UTC,
		},
	}
	x.take(dialling.Event{Kind: dialling.Begin})
	x.hosts[dialling.Desk] = failing{&host{}}
	func() {
		defer func() {
			if recover() == nil {
				t.Error("nothing failed")
			}
		}()
		x.take(dialling.Event{Kind: dialling.Answered, Side: dialling.Desk})
	}()
	x.hosts[dialling.Desk] = nil
	x.take(dialling.Event{Kind: dialling.Ended, Side: dialling.Desk, End: dialling.End{Left: true, Fault: true}})
	select {
	case <-x.over:
	default:
		t.Fatalf("not over: %+v", x.state)
	}
	if r := x.told(); r.Outcome != wissel.CallbackDeskLeft {
		t.Errorf("%+v", r)
	}
}

// What a side's record says of its end, row by row.
func TestHowASideEnded(t *testing.T) {
	answered := time.Unix(1, 0)
	for _, row := range []struct {
		name string
		cdr  wissel.CDR
		left bool
		want dialling.End
	}{
		{"busy", wissel.CDR{Attempts: []wissel.Attempt{{Status: 486, Why: "refused with 486"}}, EndedBy: "callee: refused"}, true, dialling.End{Left: true, Status: 486, Why: "refused with 486"}},
		{"it rang in vain", wissel.CDR{Attempts: []wissel.Attempt{{Rang: true, Why: "rang for 45s"}}}, true, dialling.End{Left: true, Rang: true, Why: "rang for 45s"}},
		{
			"refused by one carrier, and the next is full", wissel.CDR{Attempts: []wissel.Attempt{{Status: 503, Why: "refused with 503"}, {Why: "full"}}}, true,
			dialling.End{Left: true, Status: 503, Why: "full"},
		},
		{"full", wissel.CDR{Attempts: []wissel.Attempt{{Why: "full"}}}, false, dialling.End{Why: "full"}},
		{"hung up", wissel.CDR{Answered: answered, Blame: wissel.BlameCallee, Attempts: []wissel.Attempt{{Status: 200}}, EndedBy: "callee: BYE"}, true, dialling.End{Left: true, Why: "callee: BYE"}},
		{"lost", wissel.CDR{Answered: answered, Blame: wissel.BlamePlatform, Attempts: []wissel.Attempt{{Status: 200, Rang: true}}, EndedBy: "callee: gone"}, true, dialling.End{Left: true, Rang: true, Fault: true, Why: "callee: gone"}},
	} {
		if got := endOf(row.cdr, row.left); got != row.want {
			t.Errorf("%s: %+v, want %+v", row.name, got, row.want)
		}
	}
}
