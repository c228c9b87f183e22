package configs

import (
	"strconv"
	"strings"
	"time"

	"wissel"
)

// planShape is [genesys, flow:storing] or {targets: [genesys, flow:storing], fresh: 7d}.
type planShape struct {
	Targets []string      `yaml:"targets" doc:"trunks, and lists of people as people:name, in the order in which they are tried, and last a flow as flow:name"`
	Fresh   time.Duration `yaml:"fresh" doc:"a target over which no call went through for so long is not switched to by itself: 7d; never mind by default"`

	in string // where its targets stand under it: ".targets", or nothing when it is a list
}

func (s *planShape) read(doc *document, n *node, path string) {
	if n.kind != mapping {
		doc.decodeInto(n, &s.Targets, path)
		return
	}
	type plain planShape // without this method
	var p plain
	doc.decodeInto(n, &p, path)
	*s = planShape(p)
	s.in = ".targets"
}

// handbackShape is how a group returns to its first target.
type handbackShape struct {
	Mode    string        `yaml:"mode" doc:"auto (in stages, each judged) or sticky (when an operator says so: wissel handback); auto by default"`
	Calm    time.Duration `yaml:"calm" doc:"how long the first target must be up before the way back begins; 1m"`
	Shares  []share       `yaml:"shares" doc:"the stages after the first single call, as shares of the callers: [10%, 50%, 100%]"`
	Samples int           `yaml:"samples" doc:"calls that a stage must have seen to be judged; 20"`
	Longest time.Duration `yaml:"longest" doc:"after a stage that went wrong the wait is calm, and twice as long each time, at most this; 1h"`
}

// fill puts the defaults of a group's handback there.
func (s *groupShape) fill(*node) {
	s.Handback = handbackShape{
		Mode: string(wissel.HandbackAuto), Calm: time.Minute, Shares: []share{100, 500, 1000}, Samples: 20, Longest: time.Hour,
	}
}

// maxStages of a way back; each one more is another wait while callers hear the backup.
const maxStages = 10

// handback reads how a group returns to the first target of its plan.
func (l *loader) handback(at string, w handbackShape) wissel.Handback {
	h := wissel.Handback{Mode: wissel.HandbackMode(w.Mode), Calm: w.Calm, Samples: w.Samples, Longest: w.Longest}
	if h.Mode != wissel.HandbackAuto && h.Mode != wissel.HandbackSticky {
		l.doc.problem(at+".mode", "%q is neither auto (in stages, each judged) nor sticky (when an operator says so)", w.Mode)
	}
	if h.Calm < time.Second || h.Calm > 24*time.Hour {
		l.doc.problem(at+".calm", "%v is outside 1s to 24h", h.Calm)
	}
	if h.Samples < 1 || h.Samples > 10_000 {
		l.doc.problem(at+".samples", "%d is outside 1 to 10000", h.Samples)
	}
	if h.Longest < h.Calm || h.Longest > 7*24*time.Hour {
		l.doc.problem(at+".longest", "%v is outside calm (%v) to 7d", h.Longest, h.Calm)
	}
	last := 0
	for i, s := range w.Shares {
		switch {
		case i >= maxStages:
			l.doc.problem(at+".shares", "these are %d stages; at most %d are right", len(w.Shares), maxStages)
			return h
		case s == 0: // it could not be read
		case int(s) <= last:
			l.doc.problem(at+".shares["+strconv.Itoa(i)+"]", "%s does not come after %s; each stage takes more callers than the one before it", s, share(last))
		}
		last = int(s)
		h.Shares = append(h.Shares, last)
	}
	if last != wholeShare {
		l.doc.problem(at+".shares", "the last stage is every caller; [10%%, 50%%, 100%%] would be right")
	}
	return h
}

// share is a part of the callers, written as a percentage with at most one decimal and kept of 1000.
type share int

const wholeShare = 1000

func (s share) String() string {
	return strings.TrimSuffix(strconv.FormatFloat(float64(s)/10, 'f', 1, 64), ".0") + "%"
}

func (s *share) read(doc *document, n *node, path string) {
	if !doc.want(n, scalar, path, "a share such as 10%") {
		return
	}
	var ok bool
	if *s, ok = parseShare(n.text); !ok {
		doc.unreadable(n.line, n.col, path, "%q is no share of the callers; 0.1%% to 100%% are, such as 10%%", n.text)
	}
}

// parseShare reads "10%" or "2.5%".
func parseShare(text string) (share, bool) {
	percent, ok := strings.CutSuffix(text, "%")
	whole, tenth, dot := strings.Cut(percent, ".")
	if !dot {
		tenth = "0"
	}
	w, errWhole := strconv.ParseUint(whole, 10, 8)
	t, errTenth := strconv.ParseUint(tenth, 10, 8)
	s := share(10*w + t)
	if !ok || errWhole != nil || errTenth != nil || len(tenth) != 1 || s < 1 || s > wholeShare {
		return 0, false
	}
	return s, true
}
