package wissel

import "time"

// State is the verdict on an address or a trunk. Unknown is not Down (promise 4): without evidence nothing changes.
type State uint8

// The states, from no knowledge to worst. The zero State is Unknown.
const (
	Unknown State = iota
	Up
	Suspect
	Down
)

func (s State) String() string {
	switch s {
	case Up:
		return "up"
	case Suspect:
		return "suspect"
	case Down:
		return "down"
	case Unknown:
	}
	return "unknown"
}

// Better reports whether s is better than t to send calls to: Up, then Unknown, then Suspect, then Down.
func (s State) Better(t State) bool {
	order := [...]uint8{Up: 0, Unknown: 1, Suspect: 2, Down: 3}
	return order[s] < order[t]
}

// MarshalText is the form of JSON and YAML.
func (s State) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// Verdict is what routing and people need to know of an address's health.
type Verdict struct {
	State    State
	Since    time.Time // when State began
	Evidence string    // one line for people: "3 OPTIONS without an answer since 02:14:07"
	Answered bool      // it has answered OPTIONS at least once since we started
	Retry    bool      // Down by its calls while OPTIONS answer, and its dwell is over: one call may try it
	Seen     time.Time // when anything last arrived from it
	Proven   time.Time // when a real call was last answered over it; zero: never since start
}
