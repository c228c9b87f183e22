package callbacks

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"

	"pgregory.net/rapid"

	"wissel"
	"wissel/internal/hours"
)

// closedTill is a desk that opens at a moment.
type closedTill struct{ at time.Time }

func (c closedTill) Open(t time.Time, o wissel.Override) bool { return c.At(t, o).Open }
func (c closedTill) At(t time.Time, _ wissel.Override) wissel.Opening {
	if t.Before(c.at) {
		return wissel.Opening{Until: c.at}
	}
	return wissel.Opening{Open: true}
}
func (c closedTill) Next(time.Time, wissel.Override) time.Time         { return c.at }
func (c closedTill) EndOfNextDay(time.Time, wissel.Override) time.Time { return c.at }

func zone(name string) *time.Location {
	z, err := time.LoadLocation(name)
	if err != nil {
		panic(err)
	}
	return z
}

var amsterdam, newYork = zone("Europe/Amsterdam"), zone("America/New_York")

func zonesOf(n wissel.Number) []*time.Location {
	if strings.HasPrefix(string(n), "+1") {
		return []*time.Location{newYork}
	}
	return []*time.Location{amsterdam}
}

func humane(t interface{ Fatalf(string, ...any) }, open string) func(*time.Location) wissel.Schedule {
	made := map[*time.Location]wissel.Schedule{}
	return func(z *time.Location) wissel.Schedule {
		if made[z] == nil {
			h, ps := hours.New(hours.Settings{Open: open, Zone: z, NoHolidays: true}, "x")
			if len(ps) > 0 {
				t.Fatalf("%v", ps)
			}
			made[z] = h
		}
		return made[z]
	}
}

// A promise near its end is told of once; one past its end is closed with a word to him; those that people have stay theirs.
func TestAPromiseNeverEndsInSilence(t *testing.T) {
	b, set := NewBook(), DefaultSettings()
	set.Trunk = "genesys"
	b.Wish(wish("a", "+31201110001", 0))
	b.Wish(wish("l", "+31201110002", 1)) // no text can be sent there
	voice := wish("v", "", 1)
	voice.ByHand = true
	b.Wish(voice)
	until := func(at time.Time) time.Time { return at.Add(8 * time.Hour) }
	told := func(hour int) (all []Notice) {
		for _, c := range b.Sweep("support", set, Look{plainLines{}, until, func(c Callback) bool { return c.ID == "a" }}, noon.Add(time.Duration(hour)*time.Hour)) {
			all = append(all, c.Notice)
		}
		return all
	}
	for hour, want := range map[int][]Notice{0: nil, 5: nil} {
		if got := told(hour); !slices.Equal(got, want) {
			t.Errorf("after %d h: %v", hour, got)
		}
	}
	if got := told(7); !slices.Equal(got, []Notice{TellNear, TellNear, TellNear}) {
		t.Errorf("near its end: %v", got)
	}
	if got := told(7); got != nil {
		t.Errorf("told twice: %v", got)
	}
	if got := told(9); !slices.Equal(got, []Notice{TellExpired, NoNotice}) || b.Closed()[0].State != Expired {
		t.Errorf("past its end: %v", got)
	}
	if c, ok := b.Get("l"); !ok || c.State != Waiting || !c.Progress.Last {
		t.Errorf("%+v", c)
	}
	if open, hand, ending := b.Waits("support", noon.Add(9*time.Hour)); open != 2 || hand != 1 || ending != 2 {
		t.Errorf("%d open, %d by hand, %d near their end", open, hand, ending)
	}
	if got := told(33); !slices.Equal(got, []Notice{TellHand}) { // no last call could be made within a day
		t.Errorf("a day past its end: %v", got)
	}
	set.Trunk = "" // people work the list, and no promise of theirs is closed under their hands
	b.Wish(wish("p", "+31201110003", 2))
	if got := told(20); !slices.Equal(got, []Notice{TellNear}) {
		t.Errorf("where nobody is dialled: %v", got)
	}
	if c, ok := b.Get("v"); !ok || c.State != Hand {
		t.Errorf("%+v", c)
	}
}

func TestAClosedCallbackIsReadBackAndReopened(t *testing.T) {
	b, set := NewBook(), DefaultSettings()
	w := wish("a", "+31201110001", 0)
	b.Wish(w)
	b.Wish(wish("b", "+31201110002", 1))
	m, _ := b.Close("a", Done, "anna", "called", noon.Add(time.Hour))
	again := Read([]wissel.Wish{w, wish("b", "+31201110002", 1)}, []Mark{m}, nil)
	if c, ok := again.Get("a"); !ok || c.State != Done || c.By != "anna" || c.Number != w.Number || len(again.Closed()) != 1 {
		t.Fatalf("%+v", c)
	}
	m2, saved, ok := again.Reopen("a", "caller", "NEE", noon.Add(2*time.Hour))
	if !ok || again.Place("support", w.Number) != 1 {
		t.Fatalf("%+v", m2)
	}
	stale := Saved{Callback: "a", Progress: Progress{State: InTalk, Since: noon, Tries: 2}}
	third := Read([]wissel.Wish{w, wish("b", "+31201110002", 1)}, []Mark{m, m2}, []Saved{stale, saved})
	c, ok, _ := third.Next("support", set, View{Lines: plainLines{}, Zones: zonesOf}, noon.Add(3*time.Hour))
	if !ok || c.ID != "a" || !c.Front || c.Tries != 0 {
		t.Errorf("%+v, %v", c, ok)
	}
}

// What disk knows of a book: rows alone, in the forms in which they are kept.
type disk struct {
	wishes []wissel.Wish
	marks  []Mark
	saved  map[string][]byte
}

func (d *disk) keep(ch Change) {
	if ch.Closed {
		d.marks = append(d.marks, ch.Mark)
		return
	}
	d.save(ch.Saved)
}

func (d *disk) save(s Saved) {
	data, err := json.Marshal(s)
	if err != nil {
		panic(err)
	}
	d.saved[s.Callback] = data
}

func (d *disk) read() *Book {
	var all []Saved
	for _, data := range d.saved {
		var s Saved
		if err := json.Unmarshal(data, &s); err != nil {
			panic(err)
		}
		all = append(all, s)
	}
	return Read(d.wishes, d.marks, all)
}

// Over any order of wishes, outcomes, stages, crashes and hours, over both changes of the clock: the order holds, a person has one call at
// a time, nobody is rung outside the hours of our zone and his, nor who objects or is abroad, agents are never exceeded, a crash costs at most one repeated ring, no promise
// is lost, and all come to an end.
func TestTheScheduleKeepsItsPromises(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := newWorld(t)
		for range rapid.IntRange(5, 120).Draw(t, "steps") {
			switch rapid.IntRange(0, 9).Draw(t, "what") {
			case 0, 1:
				w.asks()
			case 2, 3, 4:
				w.goes()
			case 5, 6, 7:
				w.hears()
			case 8:
				w.now = w.now.Add(time.Duration(rapid.IntRange(1, 300).Draw(t, "minutes")) * time.Minute)
				w.sweep()
			case 9:
				if rapid.IntRange(0, 3).Draw(t, "crash") == 0 {
					w.crash()
				}
			}
			w.check()
		}
		w.finish()
	})
}

type world struct {
	*rapid.T
	set    Settings
	view   View
	rel    Release
	book   *Book
	disk   *disk
	now    time.Time
	n      int
	flying map[string]string // callback: attempt
	rung   map[string]int    // rings of each callback
	ends   map[string]int    // attempts that rang and of which the end was told
	closed map[string]State
}

func newWorld(t *rapid.T) *world {
	start := rapid.SampledFrom([]time.Time{
		time.Date(2026, 3, 28, 12, 0, 0, 0, time.UTC), time.Date(2026, 10, 24, 12, 0, 0, 0, time.UTC), noon, // the nights on which the clock is changed
	}).Draw(t, "start")
	set, view := ready(rapid.IntRange(1, 4).Draw(t, "agents"))
	set.First = rapid.SampledFrom([]First{FirstAgent, FirstCustomer}).Draw(t, "first")
	set.Countries, set.Zone = []string{"NL", "US"}, amsterdam
	set.Humane = humane(t, rapid.SampledFrom([]string{"Mo-Su 09:00-21:00", "Mo-Su 20:00-06:00", "Mo-Su 02:00-03:00,12:00-20:00"}).Draw(t, "hours"))
	view.Zones = zonesOf
	return &world{
		T: t, set: set, view: view, book: NewBook(), disk: &disk{saved: map[string][]byte{}}, now: start,
		flying: map[string]string{}, rung: map[string]int{}, ends: map[string]int{}, closed: map[string]State{},
	}
}

func (w *world) asks() {
	w.n++
	one := wissel.Wish{
		Row: wissel.Row{ID: fmt.Sprintf("w%04d", w.n)}, Kind: wissel.WishCallback, At: w.now, Group: "support",
		Number: wissel.Number(rapid.SampledFrom([]string{"+31201110001", "+31201110002", "+31201110003", "+31201110004", "+12125550100", "+33140000000", string(objector)}).Draw(w.T, "number")),
		Apart:  rapid.IntRange(0, 5).Draw(w.T, "apart") == 0,
	}
	w.disk.wishes = append(w.disk.wishes, one)
	w.book.Wish(one)
	w.now = w.now.Add(time.Second)
}

// goes begins as many as may.
func (w *world) goes() {
	for {
		ok, _, _ := w.rel.Room(w.set, w.view, w.book.Flying("support"), w.now)
		if !ok {
			return
		}
		c, ok, _ := w.book.Next("support", w.set, w.view, w.now)
		if want, any := w.oracle(); any != ok || ok && c.ID != want {
			w.Fatalf("%s is next (%v), want %s", c.ID, ok, want)
		}
		if !ok {
			return
		}
		w.n++
		attempt := fmt.Sprintf("t%04d", w.n)
		saved, ok := w.book.Begin(c.ID, attempt, "", w.set, w.now)
		if !ok {
			w.Fatalf("%+v was next, and cannot begin", c)
		}
		w.disk.save(saved)
		w.rel = w.rel.Goes(w.set, w.view, w.now)
		w.flying[c.ID] = attempt
		for _, z := range append(zonesOf(c.Number), amsterdam) {
			if !w.set.Humane(z).At(w.now, wissel.Override{}).Open {
				w.Fatalf("%s is rung at %s", c.Number, w.now.In(z))
			}
		}
		if w.set.First == FirstCustomer {
			w.rung[c.ID]++
		}
	}
}

// oracle is who is next, found without the book's own way of looking.
func (w *world) oracle() (id string, ok bool) {
	all := w.book.Open("support")
	slices.SortStableFunc(all, func(x, y Callback) int {
		switch {
		case x.Front == y.Front:
			return 0
		case x.Front:
			return -1
		}
		return 1
	})
	for _, c := range all {
		busy := false
		for other := range w.flying {
			o, _ := w.book.Get(other)
			busy = busy || o.Number == c.Number
		}
		humane := w.set.Humane(amsterdam).At(w.now, wissel.Override{}).Open
		for _, z := range zonesOf(c.Number) {
			humane = humane && w.set.Humane(z).At(w.now, wissel.Override{}).Open
		}
		rung := 0
		for _, at := range w.book.rung[c.Number] {
			if w.now.Sub(at) < 24*time.Hour {
				rung++
			}
		}
		if (c.State == Noted || c.State == Waiting) && w.set.Refuse(c.Number, plainLines{}) == "" && !c.Due.After(w.now) && !busy && humane && rung < w.set.PerNumber {
			return c.ID, true
		}
	}
	return "", false
}

func (w *world) some() (id, attempt string, ok bool) {
	if len(w.flying) == 0 {
		return "", "", false
	}
	id = rapid.SampledFrom(slices.Sorted(func(yield func(string) bool) {
		for id := range w.flying {
			if !yield(id) {
				return
			}
		}
	})).Draw(w.T, "which")
	return id, w.flying[id], true
}

var outcomes = []wissel.CallbackOutcome{
	wissel.CallbackTalked, wissel.CallbackTalked, wissel.CallbackDeskNone, wissel.CallbackDeskNoKey, wissel.CallbackDeskGone, wissel.CallbackDeskFailed, wissel.CallbackBusy,
	wissel.CallbackRejected, wissel.CallbackNoAnswer, wissel.CallbackNoKey, wissel.CallbackLeft, wissel.CallbackCancelled, wissel.CallbackGone,
	wissel.CallbackUnknown, wissel.CallbackFailed, wissel.CallbackStopped,
}

// hears tells of a stage or of the end of an attempt.
func (w *world) hears() {
	id, attempt, ok := w.some()
	if !ok {
		return
	}
	w.now = w.now.Add(time.Duration(rapid.IntRange(1, 90).Draw(w.T, "seconds")) * time.Second)
	before, _ := w.book.Get(id)
	if rapid.Bool().Draw(w.T, "stage") {
		s := rapid.SampledFrom([]wissel.CallbackStage{wissel.CallbackDesk, wissel.CallbackCustomer, wissel.CallbackTalking, wissel.CallbackAfter, wissel.CallbackDone.Said(), wissel.CallbackAgain.Said()}).Draw(w.T, "to")
		if ch, ok := w.book.Stage(id, attempt, s, w.set, w.now); ok {
			if ch.Callback.Progress.Rung && !before.Progress.Rung {
				w.rung[id]++
			}
			w.disk.keep(ch)
			w.agent(ch)
		}
		return
	}
	r := wissel.CallbackResult{
		Outcome: rapid.SampledFrom(outcomes).Draw(w.T, "outcome"), Talked: time.Duration(rapid.IntRange(0, 60).Draw(w.T, "talked")) * time.Second,
		Key:  rapid.SampledFrom([]wissel.CallbackKey{"", "", wissel.CallbackDone, wissel.CallbackAgain, wissel.CallbackWrong}).Draw(w.T, "key"),
		Rung: before.Progress.Rung,
	}
	if !r.Outcome.Desk() && r.Outcome != wissel.CallbackStopped {
		r.Rung = true
	}
	ch, ok := w.book.Result(id, attempt, r, w.set, w.now)
	if !ok {
		w.Fatalf("the end of %s was not heard", id)
	}
	if r.Rung {
		if w.ends[id]++; !before.Progress.Rung {
			w.rung[id]++
		}
	}
	delete(w.flying, id)
	w.kept(ch)
	w.agent(ch)
}

func (w *world) agent(ch Change) {
	if ch.Took || ch.Settles {
		w.rel = w.rel.Agent(ch.Took || ch.Asked, ch.Took, w.now)
	}
}

func (w *world) kept(ch Change) {
	w.disk.keep(ch)
	if ch.Closed {
		if _, twice := w.closed[ch.Callback.ID]; twice {
			w.Fatalf("%s was closed twice", ch.Callback.ID)
		}
		w.closed[ch.Callback.ID] = ch.Callback.State
		if s := ch.Callback.State; (s == Missed) != (ch.Notice == TellMissed) || (s == Expired) != (ch.Notice == TellExpired) {
			w.Fatalf("%s is %s, and %d is told", ch.Callback.ID, s, ch.Notice)
		}
	}
}

func (w *world) sweep() {
	said := w.said()
	for _, ch := range w.book.Sweep("support", w.set, Look{plainLines{}, func(time.Time) time.Time { return time.Time{} }, nil}, w.now) {
		if !ch.Callback.State.Flying() {
			delete(w.flying, ch.Callback.ID)
			if said[ch.Callback.ID] {
				w.ends[ch.Callback.ID]++
			}
		}
		w.kept(ch)
		w.agent(ch)
	}
}

// said are those in flight of which the agent has pressed what came of it.
func (w *world) said() map[string]bool {
	all := map[string]bool{}
	for id := range w.flying {
		if c, _ := w.book.Get(id); c.Progress.Key != "" {
			all[id] = true
		}
	}
	return all
}

// crash leaves what is on disk; of some of those in flight his telephone rang, unknown to disk.
func (w *world) crash() {
	for id := range w.flying {
		if c, _ := w.book.Get(id); !c.Progress.Rung && rapid.Bool().Draw(w.T, "rang unseen") {
			w.rung[id]++
		}
	}
	w.book = w.disk.read()
	for id := range w.said() {
		w.ends[id]++
	}
	clear(w.flying)
	w.rel = w.rel.Restored()
	for _, ch := range w.book.Recover(func(wissel.GroupID) Settings { return w.set }, w.now) {
		w.kept(ch)
	}
}

// check holds what must hold at all times.
func (w *world) check() {
	busy := map[wissel.Number]bool{}
	for _, c := range w.book.Open("support") {
		if c.State.Flying() != (w.flying[c.ID] != "") {
			w.Fatalf("%s is %s, in flight as %q", c.ID, c.State, w.flying[c.ID])
		}
		if c.State.Flying() {
			if busy[c.Number] {
				w.Fatalf("%s is called twice at one time", c.Number)
			}
			busy[c.Number] = true
		}
	}
	if len(w.flying) > w.set.Agents || len(w.flying) != w.book.Flying("support") {
		w.Fatalf("%d in flight (%d counted), %d agents", len(w.flying), w.book.Flying("support"), w.set.Agents)
	}
	for id, n := range w.rung {
		lost := n - w.ends[id]
		if _, open := w.flying[id]; open {
			lost--
		}
		if lost > 2 {
			w.Fatalf("%s rang %d times for attempts whose end nobody knows", id, lost)
		}
	}
	for _, one := range w.disk.wishes {
		if _, found := w.book.Get(one.ID); !found {
			w.Fatalf("the wish %s is in no callback", one.ID)
		}
	}
}

// finish has agents take everything from now on: all come to an end within the days that the attempts may take.
func (w *world) finish() {
	end := w.now.Add(30 * 24 * time.Hour)
	for w.now.Before(end) {
		w.sweep()
		w.goes()
		for id, attempt := range w.flying {
			ch, _ := w.book.Result(id, attempt, wissel.CallbackResult{Outcome: wissel.CallbackTalked, Key: wissel.CallbackDone, Rung: true}, w.set, w.now)
			delete(w.flying, id)
			w.kept(ch)
			w.agent(ch)
		}
		owed := 0
		for _, c := range w.book.Open("support") {
			if c.State != Hand {
				owed++
			}
		}
		if owed == 0 {
			return
		}
		w.now = w.now.Add(31 * time.Minute)
	}
	_, again, why := w.rel.Room(w.set, w.view, w.book.Flying("support"), w.now)
	_, next, later := w.book.Next("support", w.set, w.view, w.now)
	w.Fatalf("after 30 days %d still wait: %s (again %v; next %v, else %v), at %v, %+v", len(w.book.Open("support")), why, again, next, later, w.now, w.rel)
}
