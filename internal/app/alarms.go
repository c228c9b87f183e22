package app

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"wissel"
)

// maxAlarms bounds what is kept: alarms are for people, who read a few.
const maxAlarms = 32

// alarms are the sentences that status shows until they are cleared or an hour old. Safe for concurrent use.
type alarms struct {
	mu  sync.Mutex
	all map[string]alarm
}

type alarm struct {
	text  string
	at    time.Time
	holds bool // it stays until it is cleared
}

// set raises or renews an alarm, which is shown for an hour.
func (a *alarms) set(key, text string) { a.put(key, alarm{text: text, at: time.Now()}) }

// hold raises or renews an alarm that stays until it is cleared.
func (a *alarms) hold(key, text string) { a.put(key, alarm{text: text, at: time.Now(), holds: true}) }

func (a *alarms) put(key string, one alarm) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.all == nil {
		a.all = map[string]alarm{}
	}
	if _, known := a.all[key]; !known && len(a.all) >= maxAlarms {
		return
	}
	a.all[key] = one
}

// clear takes an alarm back.
func (a *alarms) clear(key string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.all, key)
}

// clearAll takes back the alarms whose keys begin so.
func (a *alarms) clearAll(prefix string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	maps.DeleteFunc(a.all, func(key string, _ alarm) bool { return strings.HasPrefix(key, prefix) })
}

// keepOnly makes want, by key, all that holds of the alarms whose keys begin so.
func (a *alarms) keepOnly(prefix string, want map[string]string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	maps.DeleteFunc(a.all, func(key string, _ alarm) bool {
		_, wanted := want[strings.TrimPrefix(key, prefix)]
		return strings.HasPrefix(key, prefix) && !wanted
	})
	for name, text := range want {
		if one, ok := a.all[prefix+name]; ok {
			one.text = text // since it was raised
			a.all[prefix+name] = one
		} else if len(a.all) < maxAlarms {
			if a.all == nil {
				a.all = map[string]alarm{}
			}
			a.all[prefix+name] = alarm{text: text, at: time.Now(), holds: true}
		}
	}
}

// texts gives the alarms of the last hour and those that hold, oldest first.
func (a *alarms) texts() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	maps.DeleteFunc(a.all, func(_ string, one alarm) bool { return !one.holds && time.Since(one.at) > time.Hour })
	list := slices.SortedFunc(maps.Values(a.all), func(x, y alarm) int { return x.at.Compare(y.at) })
	out := []string{}
	for _, one := range list {
		out = append(out, wissel.Clock(one.at)+" "+one.text)
	}
	return out
}

// alarm is what package sip tells people through; args are slog's keys and values.
func (a *App) alarm(what string, args ...any) {
	var text strings.Builder
	text.WriteString(what)
	for i := 0; i+1 < len(args); i += 2 {
		fmt.Fprintf(&text, ", %v %v", args[i], args[i+1])
	}
	a.alarms.set(what, text.String())
}
