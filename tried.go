package wissel

import "time"

// Tried is what came of one attempt of a call on one address, told once, as soon as it is known: the first 18x or 2xx, a
// refusal, or that it was left without either. It is told while the call goes on.
type Tried struct {
	Call    CallID
	Group   GroupID
	Trunk   TrunkID
	Address Address
	Status  int           // SIP status: of the first 18x or the 2xx, else of the refusal; 0: silence or no connection
	Well    bool          // it took the call: it rang, was answered, or a person refused
	Delay   time.Duration // from the INVITE to that
	Test    bool          // a test call of ours
	At      time.Time
}
