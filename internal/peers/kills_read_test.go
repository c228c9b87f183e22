package peers

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
)

// What is read here is what others wrote: what callers heard, sipp's log of the telephones that rang, the SMSCs' log of the texts that
// they took. It knows nothing of wissel's tables.

// heardPromise is what a caller was told that he would have.
type heardPromise string

const (
	toCall heardPromise = "a call"
	toText heardPromise = "texts"
)

// telephone is what the log of the telephones says of one number.
type telephone struct {
	Rings int
	Done  int // calls in which he spoke, hung up, and was heard to do so
	Let   int // calls that wissel ended before, or that he refused: attempts that failed, and no kill did it
	After int // rings after he had spoken
}

// telephones reads lines such as "he rings +31612345678 CALL-ID".
func telephones(log string) map[string]telephone {
	all := map[string]telephone{}
	for line := range strings.Lines(log) {
		f := strings.Fields(line)
		if len(f) < 4 || f[0] != "he" {
			continue
		}
		one := all[f[2]]
		switch f[1] {
		case "rings":
			one.Rings++
			one.After += min(one.Done, 1)
		case "done":
			one.Done++
		case "released", "busy":
			one.Let++
		}
		all[f[2]] = one
	}
	return all
}

// account is what came of all promises.
type account struct {
	Promised          map[heardPromise]int
	Called, Texted    int      // of them, by the logs
	Hand              int      // of them, left to people, who have them on a list
	Owed              int      // of them, texts of which a kill left unknown whether they went, and which are owed still
	Again, After      int      // numbers that a kill had ring once more; of them, after they had spoken
	Lost, Twice, Over []string // promises of which there is no trace; texts that came twice; who was rung more often than once for a kill
}

func (a account) String() string {
	return fmt.Sprintf("promised %v: %d called, %d have their text, %d by hand, %d owed; %d rung once more, %d of them after they had spoken; lost %v, twice %v, too often %v",
		a.Promised, a.Called, a.Texted, a.Hand, a.Owed, a.Again, a.After, a.Lost, a.Twice, a.Over)
}

// settleAccount holds what was promised against what came. news tells the text that was promised from others; hand are the numbers on the
// list for people; owed says whose text waits.
func settleAccount(promised map[string]heardPromise, phones map[string]telephone, texts []takenText, news string, hand map[string]bool, owed func(string) bool) account {
	a := account{Promised: map[heardPromise]int{}}
	has, seen := map[string]bool{}, map[string]int{}
	for _, one := range texts {
		if seen[one.To+one.Body]++; seen[one.To+one.Body] == 2 {
			a.Twice = append(a.Twice, one.To+": "+one.Body)
		}
		has[one.To] = has[one.To] || strings.Contains(one.Body, news)
	}
	for _, n := range slices.Sorted(maps.Keys(promised)) {
		what := promised[n]
		a.Promised[what]++
		switch {
		case what == toCall && phones[n].Done > 0:
			a.Called++
		case what == toCall && hand[n]:
			a.Hand++
		case what == toText && has[n]:
			a.Texted++
		case what == toText && owed(n):
			a.Owed++
		default:
			a.Lost = append(a.Lost, fmt.Sprintf("%s was promised %s: %+v", n, what, phones[n]))
		}
	}
	for _, n := range slices.Sorted(maps.Keys(phones)) {
		one := phones[n]
		if one.Rings > one.Let+1 {
			a.Again++
			a.After += min(one.After, 1)
		}
		if one.Rings > one.Let+2 {
			a.Over = append(a.Over, fmt.Sprintf("%s: %+v", n, one))
		}
	}
	return a
}

func TestTheReaderOfTheLogsSeesWhatIsWrong(t *testing.T) {
	const log = `he rings +311 a@x
he done +311 a@x
he rings +312 b@x
he cut +312 b@x
he rings +312 c@x
he busy +312 c@x
desk rings +312 d@x
he rings +312 e@x
he done +312 e@x
he rings +313 f@x
he cut +313 f@x
he rings +313 g@x
he cut +313 g@x
he rings +313 h@x
he done +313 h@x
`
	promised := map[string]heardPromise{"+311": toCall, "+312": toCall, "+313": toCall, "+314": toCall, "+315": toCall, "+316": toText, "+317": toText, "+318": toText, "+319": toText}
	texts := []takenText{{To: "+316", Body: "A: news"}, {To: "+316", Body: "A: noted"}, {To: "+317", Body: "A: noted"}, {To: "+318", Body: "A: news"}, {To: "+318", Body: "A: news"}}
	a := settleAccount(promised, telephones(log), texts, "news", map[string]bool{"+314": true}, func(n string) bool { return n == "+317" })
	want := `promised map[a call:5 texts:4]: 3 called, 2 have their text, 1 by hand, 1 owed; 2 rung once more, 0 of them after they had spoken; ` +
		`lost [+315 was promised a call: {Rings:0 Done:0 Let:0 After:0} +319 was promised texts: {Rings:0 Done:0 Let:0 After:0}], twice [+318: A: news], too often [+313: {Rings:3 Done:1 Let:0 After:0}]`
	if a.String() != want {
		t.Errorf("got  %s\nwant %s", a, want)
	}
}
