package demo

import (
	"slices"
	"time"

	"wissel"
)

// View is what there is to see now.
type View struct {
	Acts     []Act
	Act      int  // the one that plays; len(Acts): the story is over
	Free     bool // the story is over, and the demo goes on
	Muted    bool // the platform is silent
	Closed   bool // the backup's port is closed
	Progress float64
	Parties  []Party
	Callers  []Caller // newest first
	Summary  Summary
}

// Party is one place where calls can go.
type Party struct {
	Name     string // as the settings call it
	Address  string
	State    string // its health
	Evidence string
	Talking  int // callers who hear it now
	Took     int
}

// Caller is one call, as its caller lives it.
type Caller struct {
	From  string
	Place Place
	Hears string
	Keys  string
	Setup time.Duration // 0: not answered yet
	For   time.Duration
	Over  bool
	Lost  bool
}

// shown is how many callers a View has at most, and recent how long one who has gone stays in it.
const (
	shown  = 10
	recent = 3 * time.Second
)

// View is what there is to see now. It may be asked for at any time during Run.
func (d *Demo) View() View {
	now := time.Now()
	d.mu.Lock()
	v := View{Acts: slices.Clone(d.acts), Act: d.act, Free: d.free, Muted: d.muted, Closed: d.closed, Summary: sum(d.callers)}
	talking := map[Place]int{}
	for _, c := range slices.Backward(d.callers) {
		if !c.over {
			talking[c.place]++
		}
		if len(v.Callers) < shown && (!c.over || now.Sub(c.rec.Ended) < recent) {
			v.Callers = append(v.Callers, c.view(now))
		}
	}
	d.mu.Unlock()
	for _, a := range v.Acts {
		v.Progress += a.Done / float64(len(v.Acts))
	}
	v.Parties = d.parties(talking, v.Summary)
	return v
}

func (c *caller) view(now time.Time) Caller {
	out := Caller{From: c.from, Place: c.place, Hears: c.says, Keys: c.keys, Over: c.over, Lost: c.lost(), For: now.Sub(c.placed)}
	if out.Over {
		out.For = c.rec.Ended.Sub(c.placed)
	}
	if !c.rec.Answered.IsZero() {
		out.Setup = c.rec.Setup()
	}
	switch {
	case out.Lost:
		out.Hears = "nothing"
	case out.Hears == "" && c.rec.Answered.IsZero():
		out.Hears = "waiting for an answer"
	case out.Hears == "":
		out.Hears = "listening"
	}
	return out
}

func (d *Demo) parties(talking map[Place]int, sum Summary) []Party {
	all := []Party{
		{Name: string(platformTrunk), Address: d.stage.platform.Addr().String(), Talking: talking[Platform], Took: sum.ToPrimary},
		{Name: string(backupTrunk), Address: d.stage.backup.Addr().String(), Talking: talking[Backup], Took: sum.ToBackup},
	}
	for _, c := range d.stage.app.Carriers() {
		for i := range all {
			if string(c.Trunk) == all[i].Name && len(c.Addresses) > 0 {
				all[i].State, all[i].Evidence = c.State, c.Addresses[0].Evidence
			}
		}
	}
	flow := wissel.Target{Flow: outage}
	return append(all, Party{Name: flow.String(), Address: "in wissel itself", State: "ready", Evidence: "recorded, in memory", Talking: talking[IVR], Took: sum.ToIVR})
}

// Addresses of a running demo, for people who want to try it.
type Addresses struct {
	Control string   // for --control
	Phone   string   // what a softphone on this machine dials
	Folder  string   // with the settings file wissel.yaml
	Notes   []string // what is not as usual
}

// Addresses says where the demo can be reached.
func (d *Demo) Addresses() Addresses {
	s := d.stage
	return Addresses{Control: s.control, Phone: "sip:" + Number + "@" + s.wissel.String(), Folder: s.dir, Notes: slices.Clone(s.notes)}
}
