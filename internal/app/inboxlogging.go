package app

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"wissel"
	"wissel/configs"
	"wissel/internal/callbacks"
	"wissel/internal/crisis"
	"wissel/internal/sms"
	"wissel/internal/web"
)

// logging is how people log on and off by text. A code says who it is: a sender's number proves nothing. Who guesses is held back as at the
// crisis line, by number and in all, and people hear of it; what the settings have as somebody's telephone has more tries, and does not pay
// for strangers.
type logging struct {
	file   func() *configs.File
	on     func(list, name string) callbacks.LogOn
	log    func(context.Context, web.LogRequest, web.Actor) (web.Colleague, error)
	alarms *alarms
	told   *slog.Logger
	secret []byte // of this process: names codes where a text has no id

	mu    sync.Mutex
	tally crisis.Tally
}

func newLogging(file func() *configs.File, on func(list, name string) callbacks.LogOn, log func(context.Context, web.LogRequest, web.Actor) (web.Colleague, error), alarms *alarms, told *slog.Logger) *logging {
	secret := make([]byte, 32)
	_, _ = rand.Read(secret) // it never fails
	return &logging{file: file, on: on, log: log, alarms: alarms, told: told, secret: secret, tally: crisis.NewTally()}
}

// read reads a text with a code, where somebody has one; nil: it is a text like any other. Of one that has no id its code is made a name that
// only this process knows, so that its key tells two codes apart and gives neither away.
func (l *logging) read(r sms.Received) (sms.Received, *sms.Logging) {
	own, ok := sms.ReadLogging(r.Body)
	if l == nil || !ok || !slices.ContainsFunc(keys(l.file().People), func(list string) bool { return coded(l.file().People[list]) }) {
		return r, nil
	}
	mac := hmac.New(sha256.New, l.secret)
	mac.Write([]byte(own.Code))
	r.Body = own.Masked() + hex.EncodeToString(mac.Sum(nil))
	return r, &own
}

func coded(list []callbacks.Person) bool {
	return slices.ContainsFunc(list, func(p callbacks.Person) bool { return !p.Code.IsZero() })
}

// judge decides what a text with a code does: it looks at the people of the lines that it was sent to.
func (l *logging) judge(r sms.Received, key string, own sms.Logging, groups []wissel.GroupID) sms.Inbound {
	in := sms.Inbound{Received: r, Key: key, Word: own.Word(), Language: own.Language}
	f := l.file()
	var who []string
	known := false
	given := sha256.Sum256([]byte(own.Code))
	for _, g := range groups {
		for _, list := range listsOf(f, g) {
			for _, p := range f.People[list] {
				known = known || r.From != "" && p.Phone == r.From
				want := sha256.Sum256([]byte(p.Code.Reveal()))
				if subtle.ConstantTimeCompare(given[:], want[:]) == 1 && !p.Code.IsZero() {
					if one := list + "/" + p.Name; !slices.Contains(who, one) {
						who = append(who, one)
					}
					in.Group = g
				}
			}
		}
	}
	if in.Group == "" && len(groups) > 0 {
		in.Group = groups[0]
	}
	now := time.Now()
	l.mu.Lock()
	defer l.mu.Unlock()
	switch shut := l.tally.Locked(r.From, known, now); {
	case len(who) == 0 || shut:
		in.Reaction = sms.Reaction{Answer: sms.AnswerNotLogged, Wrong: !shut}
		if !shut { // a lock has an end, however often somebody tries
			l.wrong(r.From, known, now)
		}
	case own.On:
		in.Reaction = sms.Reaction{Answer: sms.AnswerLoggedOn, LogOn: strings.Join(who, "\n")}
	default:
		in.Reaction = sms.Reaction{Answer: sms.AnswerLoggedOff, LogOff: strings.Join(who, "\n")}
	}
	return in
}

// wrong counts a code that is nobody's; the lock is held.
func (l *logging) wrong(from wissel.Number, known bool, now time.Time) {
	l.told.Warn("a text with a code that is nobody's", "from", from.Masked())
	for _, what := range l.tally.Wrong(from, known, now) {
		l.alarms.set("people-codes/"+from.Masked(), "somebody guesses the codes with which people log on by text: "+what)
		l.told.Error("a code to log on by text was guessed too often", "what", what)
	}
}

// learn counts what was wrong before the start.
func (l *logging) learn(in sms.Inbound) {
	if l == nil || !in.Reaction.Wrong {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.tally.Wrong(in.From, false, in.At)
}

// act logs on and off whom a text says. What somebody said since stands.
func (l *logging) act(ctx context.Context, in sms.Inbound) error {
	if l == nil {
		return nil
	}
	for on, all := range map[bool]string{true: in.Reaction.LogOn, false: in.Reaction.LogOff} {
		for who := range strings.FieldsFuncSeq(all, func(r rune) bool { return r == '\n' }) {
			list, name := callbacks.SplitPerson(who)
			if l.on(list, name).At.After(in.At) {
				continue
			}
			by := web.Actor{Who: name, From: "text from " + in.From.Masked()}
			if _, err := l.log(ctx, web.LogRequest{List: list, Name: name, On: on, Reason: "by text, with the code"}, by); err != nil {
				l.told.Warn("one of the people is not logged as a text says", "who", who, "error", err)
			}
		}
	}
	return nil
}

// listsOf are the lists of people of a group: its desk, and those in its plans.
func listsOf(f *configs.File, g wissel.GroupID) (all []string) {
	add := func(list string) {
		if list != "" && !slices.Contains(all, list) {
			all = append(all, list)
		}
	}
	add(f.Callbacks[g].People)
	if group := f.Groups[g]; group != nil {
		for _, p := range group.Plans {
			for _, t := range p.Targets {
				add(t.People)
			}
		}
	}
	slices.Sort(all)
	return all
}
