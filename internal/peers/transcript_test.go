package peers

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// A walk is one caller in the shipped flow, read from the golden transcripts of package ivr: whom he is, what he presses, and
// what he must hear and when.
type walk struct {
	name    string // "text-own-nl"
	from    string // his number; empty: hidden
	hides   string // the number that he hides, and his carrier gave us; empty: it gave none
	flow    string // storing when empty
	keys    []string
	speaks  time.Duration
	crowd   bool
	full    bool     // one more callback could not be made in time
	lost    bool     // the store cannot write
	stuck   bool     // its disk hangs as he asks
	calls   int      // that he made before
	asked   []string // what for: "text", "callback"
	place   int      // of his callback
	turn    bool     // callbacks are expected to be made tomorrow morning
	changed bool     // the message changed since he called
	room    bool     // the platform comes back while he listens
	busy    bool     // and takes no call
	beyond  string   // the test that walks it instead, of both sides of the call
	wish    string
	happens []happening
}

// happening is one line of a transcript: exactly one of heard, key, speaks, hangs, tried, ends is set; none of them is a remark.
type happening struct {
	at     time.Duration
	heard  []string // names of clips: "nl/menu.text", "pause", "H" for what he said
	key    byte
	speaks bool // the tone; then he speaks
	hangs  bool
	tried  bool // he is tried at the platform, in vain
	ends   bool // he is let go
}

// walks reads all transcripts, in the order of their names.
func walks(t *testing.T) (all []walk) {
	t.Helper()
	files, err := filepath.Glob("../../ivr/testdata/transcripts/*.txt")
	if err != nil || len(files) < 30 {
		t.Fatalf("%d transcripts, %v", len(files), err)
	}
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		w, err := readWalk(string(text))
		if err != nil {
			t.Fatalf("%s: %v", f, err)
		}
		w.name = strings.TrimSuffix(filepath.Base(f), ".txt")
		all = append(all, w)
	}
	return all
}

func walkNamed(t *testing.T, name string) walk {
	t.Helper()
	for _, w := range walks(t) {
		if w.name == name {
			return w
		}
	}
	t.Fatalf("there is no transcript %s", name)
	return walk{}
}

func readWalk(text string) (w walk, err error) {
	flags := map[string]*bool{"crowd": &w.crowd, "lost": &w.lost, "stuck": &w.stuck, "room": &w.room, "busy": &w.busy, "turn": &w.turn, "changed": &w.changed, "full": &w.full}
	texts := map[string]*string{"from": &w.from, "flow": &w.flow, "hides": &w.hides, "wish": &w.wish}
	head, lines, _ := strings.Cut(text, "\n\n")
	for line := range strings.Lines(head) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		switch flag, text := flags[name], texts[name]; {
		case flag != nil:
			*flag = true
		case text != nil:
			*text = value
		case name == "keys":
			w.keys = strings.Fields(value)
		case name == "speaks":
			w.speaks, err = time.ParseDuration(value)
		case name == "earlier-calls":
			w.calls, err = strconv.Atoi(value)
		case name == "earlier-text", name == "earlier-callback":
			w.asked = append(w.asked, strings.TrimPrefix(name, "earlier-"))
		case name == "place":
			w.place, err = strconv.Atoi(value)
		default:
			err = fmt.Errorf("nobody can make it so that %q", name)
		}
		if err != nil {
			return w, err
		}
	}
	for line := range strings.Lines(lines) {
		line = strings.TrimSpace(line)
		if clips, ok := strings.CutPrefix(line, "= "); ok {
			w.happens[len(w.happens)-1].heard = strings.Fields(clips)
			continue
		}
		seconds, what, _ := strings.Cut(line, "  ")
		at, err := strconv.ParseFloat(seconds, 64)
		if err != nil {
			return w, fmt.Errorf("line %q: %w", line, err)
		}
		h := happening{at: time.Duration(at * float64(time.Second))}
		switch {
		case strings.HasPrefix(what, "[key "):
			h.key = what[len("[key ")]
		case strings.HasPrefix(what, "[tone;"):
			h.speaks = true
		case what == "[hangs up]":
			h.hangs = true
		case what == "[no colleague can take his call]":
			h.tried = true
		case what == "[a colleague takes his call]":
			w.beyond = "TestACallerInTheFlowGoesBackToAColleague"
		case strings.HasPrefix(what, "[let go"):
			h.ends = true
		}
		w.happens = append(w.happens, h)
	}
	return w, nil
}

// plays gives how long what a line says is heard: until it has been said, or something else is without a key of his.
func (w walk) plays(i int) time.Duration {
	const roughly = 150 * time.Millisecond // transcripts tell tenths of a second
	lasts := w.lasts(w.happens[i].heard)
	for _, next := range w.happens[i+1:] {
		switch {
		case next.key != 0 || next.hangs:
			return lasts
		case len(next.heard) > 0:
			if until := next.at - w.happens[i].at; until < lasts-roughly {
				return until
			}
			return lasts
		}
	}
	return lasts
}

// hangs gives the line at which the disk of a walk begins to hang, his newest deed before he hears that we are busy, and for how
// long: until after he was told that it failed. It is -1 of a walk whose disk is well.
func (w walk) hangs() (line int, long time.Duration) {
	if !w.stuck {
		return -1, 0
	}
	for i, h := range w.happens {
		if busy := len(h.heard) == 1 && strings.HasSuffix(h.heard[0], "/wish.saving"); busy {
			break
		}
		if h.key != 0 || h.speaks {
			line = i
		}
	}
	for _, h := range w.happens[line:] {
		if len(h.heard) > 0 && strings.HasSuffix(h.heard[0], "/wish.failed") {
			return line, h.at - w.happens[line].at + 3*time.Second
		}
	}
	return line, 10 * time.Second
}

// language is the last part of a walk's name.
func (w walk) language() string { return w.name[strings.LastIndexByte(w.name, '-')+1:] }

// keyed reports whether the caller presses anything.
func (w walk) keyed() bool {
	for _, h := range w.happens {
		if h.key != 0 {
			return true
		}
	}
	return false
}
