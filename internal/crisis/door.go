package crisis

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"wissel"
)

// Person is one who may come in.
type Person struct {
	Name   string
	Phones []wissel.Number // from which he has more tries; they open nothing
	PIN    wissel.Secret   // his alone: it says who he is
	TOTP   wissel.Secret   // base32, of the app that shows him codes; zero: he has printed ones only
}

// Factor is what somebody came in with beside his PIN.
type Factor string

// The factors.
const (
	ByApp  Factor = "app"
	ByList Factor = "list"
)

// Verdict is what came of one try. The caller hears nothing of it but whether he is in: Why is for the log and the audit.
type Verdict struct {
	Person string // who is in; empty: nobody
	Meant  string // whose PIN it was, in or not; empty: nobody's
	By     Factor
	Left   int    // of ByList: how many codes he has left
	Why    string // "wrong PIN", "wrong code", "locked": of a refusal
	Wait   time.Duration
	Locked []string // sentences: what is locked now, because of this try
}

// saved is what outlives the process.
type saved struct {
	Tally Tally
	Steps map[string]uint64 // the period of the app's code that each person used last
	Lists map[string]List
}

// Door knows who may come in, and counts the tries of those who may not. Its owner guards it.
type Door struct {
	people []Person
	saved
	floor uint64 // codes of apps up to this period are refused: whether they were used is not known
}

// NewDoor makes a door that nobody has knocked at.
func NewDoor() *Door {
	return &Door{saved: saved{Tally: newTally(), Steps: map[string]uint64{}, Lists: map[string]List{}}}
}

// Set puts people in force, and keeps what is known of them.
func (d *Door) Set(people []Person) { d.people = slices.Clone(people) }

// Save gives what must outlive the process.
func (d *Door) Save() ([]byte, error) {
	body, err := json.Marshal(d.saved)
	if err != nil {
		return nil, fmt.Errorf("encode who came in: %w", err)
	}
	return body, nil
}

// Learn takes over what Save gave, beside what happened since: it may come late, when it could not be read at first.
func (d *Door) Learn(body []byte) error {
	s := saved{}
	if err := json.Unmarshal(body, &s); err != nil {
		return fmt.Errorf("decode who came in: %w", err)
	}
	for name, step := range s.Steps {
		d.Steps[name] = max(d.Steps[name], step)
	}
	for name, l := range s.Lists {
		if own, ok := d.Lists[name]; !ok || l.Made.After(own.Made) {
			d.Lists[name] = l
		}
	}
	for name, t := range s.Tally.People {
		d.Tally.People[name] = d.Tally.People[name].with(t)
	}
	for n, t := range s.Tally.Numbers {
		d.Tally.Numbers[n] = d.Tally.Numbers[n].with(t)
	}
	d.Tally.All = d.Tally.All.with(s.Tally.All)
	return nil
}

// Forgotten is called when what Save gave cannot be read: codes of apps that may have been used before now are refused.
func (d *Door) Forgotten(now time.Time) { d.floor = stepAt(now) + window }

// Try tries a PIN and a code of a caller. Whatever is wrong, the answer takes the same work and has the same Wait: only how
// often this number, and all, were wrong before counts in that. What was wrong fades with time and not with a right try: an
// operator who tries the PIN of another gains nothing by coming in himself now and then.
func (d *Door) Try(from wissel.Number, pin, code Keys, now time.Time) Verdict {
	known := d.knows(from)
	v := Verdict{Wait: d.Tally.wait(from, known, now)}
	who, place, step, list := d.match(pin, code, now)
	if who >= 0 {
		v.Meant = d.people[who].Name
	}
	switch {
	case d.Tally.locked(from, known, v.Meant, now):
		v.Why = "locked"
		return v // it counts for nothing: a lock has an end, however often somebody tries
	case who < 0:
		v.Why = "wrong PIN"
	case place < 0 && step == 0:
		v.Why = "wrong code"
	case place >= 0:
		d.Lists[v.Meant] = list.use(place, now)
		v.Person, v.By, v.Left = v.Meant, ByList, d.Lists[v.Meant].Left()
	default:
		d.Steps[v.Meant] = step
		v.Person, v.By = v.Meant, ByApp
	}
	if v.Person == "" {
		v.Locked = d.Tally.wrong(from, known, v.Meant, now)
	}
	return v
}

// match finds whose PIN it is and whether the code is his: its place in his list or its period, -1 and 0 when it is in
// neither. It does the same work for everybody's and for nobody's.
func (d *Door) match(pin, code Keys, now time.Time) (who, place int, step uint64, list List) {
	who, place = -1, -1
	given := sha256.Sum256([]byte(pin))
	for i, p := range d.people {
		want := sha256.Sum256([]byte(p.PIN.Reveal()))
		if subtle.ConstantTimeCompare(given[:], want[:]) == 1 && !p.PIN.IsZero() {
			who = i
		}
	}
	list, secret, last := nobodysList, nobodysSecret, d.floor
	hasList, hasApp := false, false
	if who >= 0 {
		p := d.people[who]
		last = max(last, d.Steps[p.Name])
		if l, ok := d.Lists[p.Name]; ok {
			list, hasList = l, true
		}
		if !p.TOTP.IsZero() {
			secret, hasApp = p.TOTP.Reveal(), true
		}
	}
	found, at := list.find(code), stepOf(secret, code, now, last)
	if hasList && len(code) == listDigits {
		place = found
	}
	if hasApp && len(code) == appDigits {
		step = at
	}
	return who, place, step, list
}

// TryStaff tries the code of colleagues, which opens nothing but what is told to them. It counts as a PIN does.
func (d *Door) TryStaff(from wissel.Number, want wissel.Secret, code Keys, now time.Time) Verdict {
	known := d.knows(from)
	v := Verdict{Wait: d.Tally.wait(from, known, now)}
	given, right := sha256.Sum256([]byte(code)), sha256.Sum256([]byte(want.Reveal()))
	same := subtle.ConstantTimeCompare(given[:], right[:]) == 1
	switch {
	case d.Tally.locked(from, known, "", now):
		v.Why = "locked"
	case same:
		v.Person = Staff
	default:
		v.Why = "wrong code of staff"
		v.Locked = d.Tally.wrong(from, known, "", now)
	}
	return v
}

// Staff is who a colleague is to the crisis line. No person can have this name.
const Staff = "staff:"

// knows reports whether it is the number of one who may come in.
func (d *Door) knows(from wissel.Number) bool {
	return from != "" && slices.ContainsFunc(d.people, func(p Person) bool { return slices.Contains(p.Phones, from) })
}

// Give puts a printed list in force for a person, in the place of the one he had.
func (d *Door) Give(name string, l List) error {
	if !d.Has(name) {
		return fmt.Errorf("the settings have no %q under crisis.operators", name)
	}
	d.Lists[name] = l
	return nil
}

// Has reports whether there is such a person.
func (d *Door) Has(name string) bool {
	return slices.ContainsFunc(d.people, func(p Person) bool { return p.Name == name })
}

// Unlock forgets the wrong tries of a person and of his numbers, and those of all strangers: he may ring from any telephone.
func (d *Door) Unlock(name string) {
	for _, p := range d.people {
		if p.Name != name {
			continue
		}
		for _, n := range p.Phones {
			delete(d.Tally.Numbers, n)
		}
	}
	maps.DeleteFunc(d.Tally.Numbers, func(n wissel.Number, _ Tries) bool { return !d.knows(n) })
	delete(d.Tally.People, name)
	d.Tally.All = Tries{}
}

// Standing is how one person stands with the door.
type Standing struct {
	Name   string
	App    bool      // he has an app
	Codes  int       // of his printed list that are still good
	Made   time.Time // when that was made; zero: he has none
	Locked time.Time // until when; zero: he is not
}

// People says how each stands at now, in the order of the settings.
func (d *Door) People(now time.Time) (all []Standing) {
	for _, p := range d.people {
		s := Standing{Name: p.Name, App: !p.TOTP.IsZero()}
		if l, ok := d.Lists[p.Name]; ok {
			s.Codes, s.Made = l.Left(), l.Made
		}
		if t := d.Tally.People[p.Name]; t.locked(now) {
			s.Locked = t.Until
		}
		all = append(all, s)
	}
	return all
}

// Locks says which numbers are locked at now, shortened, and until when all strangers are (zero: they are not).
func (d *Door) Locks(now time.Time) (numbers []string, strangers time.Time) {
	for _, n := range slices.Sorted(maps.Keys(d.Tally.Numbers)) {
		if t := d.Tally.Numbers[n]; t.locked(now) {
			numbers = append(numbers, called(n)+" until "+wissel.Clock(t.Until))
		}
	}
	if d.Tally.All.locked(now) {
		strangers = d.Tally.All.Until
	}
	return numbers, strangers
}

func called(n wissel.Number) string {
	if n == "" {
		return "callers who hide their number"
	}
	return n.Masked()
}
