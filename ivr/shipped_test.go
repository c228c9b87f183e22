package ivr_test

import (
	"cmp"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"wissel"
	"wissel/configs"
	"wissel/internal/number"
	"wissel/ivr"
	"wissel/prompts"
)

var update = flag.Bool("update", false, "write the transcripts anew; read the change as a change of what callers hear")

// numbering is the Dutch one, with one number of our own.
type numbering struct{}

func (numbering) Parse(keyed string) (wissel.Number, wissel.Kind, bool) {
	n, err := number.Parse(keyed, "NL")
	if err != nil {
		return "", wissel.KindUnknown, false
	}
	return n, number.KindOf(n), true
}

func (numbering) Own(n wissel.Number) bool { return n == rung }

const rung = "+31201234567"

// shipped gives the flows that are in the binary, with their sound.
func shipped(t *testing.T) (map[wissel.FlowID]*ivr.Program, *prompts.Store) {
	t.Helper()
	sounds, err := prompts.Open("")
	if err != nil {
		t.Fatal(err)
	}
	file, err := configs.Parse("wissel.yaml", configs.Demo(), configs.Options{Catalogue: func(string) (ivr.Catalogue, error) { return sounds, nil }})
	if err != nil {
		t.Fatal(err)
	}
	for id, p := range file.Flows {
		file.Flows[id] = p.With(numbering{})
	}
	return file.Flows, sounds
}

func sound(s *prompts.Store) func(ivr.Prompt) time.Duration {
	return func(p ivr.Prompt) (d time.Duration) {
		if p.Sound != 0 {
			return 6300 * time.Millisecond // what he says there, and what is kept after it
		}
		for _, c := range s.Clips([]ivr.Prompt{p}) {
			d += c.Duration()
		}
		return d
	}
}

var monday = time.Date(2026, 3, 2, 14, 0, 0, 0, time.UTC)

// Each row is one branch of the shipped flow. heard are the prompts that he hears, by id and in their order, written by
// hand from what the flow is to do; testdata holds the whole text with its times.
func TestTranscripts(t *testing.T) {
	const (
		menu  = "menu.text menu.callback menu.repeat menu.earlier"
		here  = "menu.callback-here menu.text-mobile menu.repeat menu.earlier" // of a landline
		intro = "outage.welcome menu.language outage.message " + menu
		fixed = "outage.welcome menu.language outage.message " + here
		dear  = "premium.callback premium.text menu.language"
		paid  = "outage.welcome outage.message " + dear
		bye   = "more.menu key.silent more.menu goodbye"
	)
	room := ivr.Facts{Handback: ivr.HandbackFacts{Room: true, Return: 1}}
	flows, sounds := shipped(t)
	covs := map[wissel.FlowID]*coverage{}
	for id, p := range flows {
		covs[id] = newCoverage(p)
	}
	for _, row := range []struct {
		name   string
		from   wissel.Number
		flow   wissel.FlowID // storing when empty
		hidden wissel.Number // he hides this one
		keys   string
		speaks time.Duration
		facts  ivr.Facts
		lost   bool // the store cannot write
		stuck  bool // the store hangs as he asks
		busy   bool // no colleague can take him
		heard  string
		wish   string
	}{
		{name: "text-own", from: mobile, keys: "1 1", heard: intro + " text.own N number.own-right text.done " + bye, wish: "text own"},
		{name: "text-other", from: mobile, keys: "1 2 0 6 8 7 6 5 4 3 2 1 1", heard: intro + " text.own N number.own-right text.ask number.heard N number.right text.done " + bye, wish: "text +31687654321"},
		{name: "text-from-landline", from: landline, keys: "1 0 6 8 7 6 5 4 3 2 1 1", heard: fixed + " text.ask number.heard N number.right text.done " + bye, wish: "text +31687654321"},
		{name: "text-invalid", from: landline, keys: "1 1 1 2 # - -", heard: fixed + " text.ask text.invalid text.ask key.silent text.ask " + bye},
		{name: "callback-own", from: landline, facts: ivr.Facts{Place: ivr.PlaceFacts{Number: 1}}, keys: "2 1", heard: fixed + " callback.own N number.own-right callback.done callback.place N " + bye, wish: "callback own"},
		{name: "callback-full", from: mobile, facts: ivr.Facts{Callback: ivr.CallbackFacts{Full: true}}, keys: "2 1", heard: intro + " callback.full text.own N number.own-right text.done " + bye, wish: "text own"},
		{name: "callback-full-landline", from: landline, facts: ivr.Facts{Callback: ivr.CallbackFacts{Full: true}}, keys: "2 0 6 8 7 6 5 4 3 2 1 1", heard: fixed + " callback.full text.ask number.heard N number.right text.done " + bye, wish: "text +31687654321"},
		{name: "premium-callback-full", from: mobile, flow: "premium", facts: ivr.Facts{Callback: ivr.CallbackFacts{Full: true}}, keys: "1 1", heard: paid + " callback.full text.own N number.own-right text.done goodbye", wish: "text own"},
		{name: "callback-back", from: landline, keys: "2 * - -", speaks: 0, heard: fixed + " callback.own N number.own-right " + here + " key.silent " + here + " speak.ask speak.nothing speak.ask goodbye.silent"},
		{name: "callback-lost", from: landline, keys: "2 1", lost: true, heard: fixed + " callback.own N number.own-right wish.failed failed.menu key.silent failed.menu goodbye"},
		{name: "repeat", from: mobile, keys: "3 !", heard: intro + " " + intro},
		{name: "other-language", from: mobile, keys: "9 !", heard: intro + " " + intro},
		{name: "wrong-keys", from: mobile, keys: "7 7", speaks: 0, heard: intro + " key.wrong " + menu + " speak.ask speak.nothing speak.ask goodbye.silent"},
		{name: "no-keys", from: landline, speaks: 6 * time.Second, heard: fixed + " key.silent " + here + " speak.ask speak.review speak.done goodbye", wish: "callback own by hand"},
		{name: "no-keys-heard-again", from: landline, keys: "- - 2", speaks: 6 * time.Second, heard: fixed + " key.silent " + here + " speak.ask speak.review H speak.review speak.done goodbye", wish: "callback own by hand"},
		{name: "no-keys-redone", from: landline, keys: "- - 3 1", speaks: 6 * time.Second, heard: fixed + " key.silent " + here + " speak.ask speak.review speak.ask speak.review speak.done goodbye", wish: "callback own by hand"},
		{name: "no-keys-hangs-up", from: landline, keys: "- - !", speaks: 6 * time.Second, heard: fixed + " key.silent " + here + " speak.ask speak.review", wish: "callback own by hand"},
		{name: "no-keys-lost", from: landline, speaks: 6 * time.Second, lost: true, heard: fixed + " key.silent " + here + " speak.ask speak.failed failed.menu key.silent failed.menu goodbye"},
		{name: "no-keys-stuck", from: landline, keys: "- - 1 !", speaks: 6 * time.Second, stuck: true, heard: fixed + " key.silent " + here + " speak.ask speak.review wish.saving wish.saving wish.failed failed.menu"},
		{name: "callback-stuck", from: mobile, keys: "2 1 !", stuck: true, heard: intro + " callback.own N number.own-right wish.saving wish.saving wish.failed failed.menu"},
		{name: "text-stuck", from: mobile, keys: "1 1 !", stuck: true, heard: intro + " text.own N number.own-right wish.saving wish.saving wish.failed failed.menu"},
		{name: "crowd-stuck", from: mobile, facts: ivr.Facts{Crowd: true}, keys: "1 1", stuck: true, heard: "outage.short menu.text text.own N number.own-right wish.saving wish.saving wish.failed goodbye"},
		{name: "british-crowd-stuck", from: british, facts: ivr.Facts{Crowd: true}, keys: "1 0 6 8 7 6 5 4 3 2 1 1", stuck: true, heard: "outage.short menu.text text.ask number.heard N number.right wish.saving wish.saving wish.failed goodbye"},
		{name: "premium-callback-stuck", flow: "premium", from: mobile, keys: "1 1", stuck: true, heard: paid + " callback.own N number.own-right wish.saving wish.saving wish.failed goodbye"},
		{name: "premium-text-stuck", flow: "premium", from: mobile, keys: "2 1", stuck: true, heard: paid + " text.own N number.own-right wish.saving wish.saving wish.failed goodbye"},
		{name: "premium-spoken-stuck", flow: "premium", from: landline, stuck: true, speaks: 6 * time.Second, heard: paid + " key.silent " + dear + " speak.ask wish.saving wish.saving wish.failed goodbye"},
		{name: "earlier-unchanged", from: mobile, facts: ivr.Facts{Repeat: ivr.RepeatFacts{Calls: 1}}, keys: "4", heard: intro + " earlier.same " + bye},
		{name: "earlier-changed", from: mobile, facts: ivr.Facts{Repeat: ivr.RepeatFacts{Calls: 2, Text: true, Changed: true}}, keys: "4", heard: intro + " earlier.changed outage.message earlier.stands " + bye},
		{name: "earlier-place", from: landline, facts: ivr.Facts{Repeat: ivr.RepeatFacts{Calls: 1, Callback: true}, Place: ivr.PlaceFacts{Number: 3}}, keys: "4 1 0 6 8 7 6 5 4 3 2 1 1",
			heard: fixed + " earlier.same earlier.stands callback.place N more.menu text.ask number.heard N number.right text.done " + bye, wish: "text +31687654321"},
		{name: "earlier-not-said", from: mobile, facts: ivr.Facts{Repeat: ivr.RepeatFacts{Calls: 1, Text: true, Callback: true, Changed: true}, Place: ivr.PlaceFacts{Number: 3}}, keys: "!", heard: intro},
		{name: "earlier-unknown", from: mobile, keys: "1 ~* 4", heard: intro + " text.own N number.own-right " + menu + " earlier.news outage.message " + bye},
		{name: "earlier-landline-unknown", from: landline, keys: "4 2 1", facts: ivr.Facts{Place: ivr.PlaceFacts{Number: 1}}, heard: fixed + " earlier.news outage.message more.menu callback.own N number.own-right callback.done callback.place N " + bye, wish: "callback own"},
		{name: "earlier-hidden", hidden: mobile, keys: "1 4", heard: "language.choose language.choose " + intro + " earlier.news outage.message " + bye},
		{name: "back-taken", from: mobile, facts: room, keys: "1", heard: "outage.welcome menu.language outage.message back.offer"},
		{name: "back-nobody-there", from: mobile, facts: room, busy: true, keys: "1 !", heard: "outage.welcome menu.language outage.message back.offer back.failed " + menu},
		{name: "back-not-wanted", from: landline, facts: ivr.Facts{Handback: room.Handback, Place: ivr.PlaceFacts{Number: 1}}, keys: "2 1", heard: "outage.welcome menu.language outage.message back.offer callback.own N number.own-right callback.done callback.place N " + bye, wish: "callback own"},
		{name: "back-no-key", from: mobile, facts: room, keys: "- - 7 !", heard: "outage.welcome menu.language outage.message back.offer " + menu + " key.silent " + menu + " speak.ask speak.review", speaks: 6 * time.Second, wish: "callback own by hand"},
		{name: "back-hangs-up", from: mobile, facts: room, keys: "!", heard: "outage.welcome menu.language outage.message back.offer"},
		{name: "british-back-nobody-there", from: british, facts: room, busy: true, keys: "1 1 0 6 8 7 6 5 4 3 2 1 1", heard: "outage.welcome menu.language outage.message back.offer back.failed " + menu + " text.ask number.heard N number.right text.done " + bye, wish: "text +31687654321"},
		{name: "callback-never-right", from: mobile, keys: "2 2 1 1 2 # - -", heard: intro + " callback.own N number.own-right callback.ask callback.invalid callback.ask key.silent callback.ask " + bye},
		{name: "callback-other", from: mobile, facts: ivr.Facts{Place: ivr.PlaceFacts{Number: 1}}, keys: "2 ~2 0 2 0 1 1 1 2 2 3 3 7 1", heard: intro + " callback.own N number.own-right callback.ask number.heard N number.right key.wrong number.right callback.done callback.place N " + bye, wish: "callback +31201112233"},
		{name: "text-wrong-keys", from: mobile, keys: "1 7 1", heard: intro + " text.own N number.own-right key.wrong text.own N number.own-right text.done " + bye, wish: "text own"},
		{name: "more-ways", from: mobile, keys: "1 ~1 7 2 ~* 1 ~1 3 ~1 1 9 !", wish: "text own", heard: intro + " text.own N number.own-right text.done more.menu key.wrong more.menu callback.own N number.own-right " + menu +
			" text.own N number.own-right text.done more.menu outage.welcome menu.language outage.message text.own N number.own-right text.done more.menu " + intro},
		{name: "failed-ways", from: mobile, lost: true, keys: "2 ~1 1 ~1 7 2 ~* 1 ~1 3 ~1 1 9 !", heard: intro + " callback.own N number.own-right wish.failed failed.menu text.own N number.own-right wish.failed failed.menu key.wrong failed.menu callback.own N number.own-right " + menu +
			" text.own N number.own-right wish.failed failed.menu outage.welcome menu.language outage.message text.own N number.own-right wish.failed failed.menu " + intro},
		{name: "landline-ways", from: landline, keys: "7 3 ~9 !", heard: fixed + " key.wrong " + here + " outage.welcome menu.language outage.message " + fixed},
		{name: "no-keys-wrong", from: landline, speaks: 6 * time.Second, keys: "- - 7", heard: fixed + " key.silent " + here + " speak.ask speak.review key.wrong speak.review speak.done goodbye", wish: "callback own by hand"},
		{name: "earlier-skips", from: mobile, facts: ivr.Facts{Repeat: ivr.RepeatFacts{Calls: 1}}, keys: "~4", heard: "outage.welcome menu.language outage.message earlier.same " + bye},
		{name: "earlier-turn", from: landline, facts: ivr.Facts{Repeat: ivr.RepeatFacts{Calls: 1, Callback: true}, Place: ivr.PlaceFacts{Number: 1, Turn: monday.Add(20 * time.Hour)}}, keys: "4", heard: fixed + " earlier.same earlier.stands callback.place N callback.turn N " + bye},
		{name: "hidden-wrong-key", keys: "7 2 !", heard: "language.choose language.choose key.wrong language.choose language.choose " + intro},
		{name: "crowd-hidden", facts: ivr.Facts{Crowd: true}, heard: "language.choose language.choose outage.short menu.text key.silent menu.text goodbye"},
		{name: "crowd-hidden-english", facts: ivr.Facts{Crowd: true}, keys: "2 !", heard: "language.choose language.choose outage.short menu.text"},
		{name: "crowd-never-right", from: mobile, facts: ivr.Facts{Crowd: true}, keys: "1 - 2 1 1 2 # -", heard: "outage.short menu.text text.own N number.own-right key.silent text.own N number.own-right text.ask text.invalid text.ask goodbye"},
		{name: "crowd-corrected", from: mobile, facts: ivr.Facts{Crowd: true}, keys: "1 7 2 0 6 8 7 6 5 4 3 2 1 * 7 1 1", heard: "outage.short menu.text text.own N number.own-right key.wrong text.own N number.own-right text.ask number.heard N number.right menu.text key.wrong menu.text text.own N number.own-right text.done goodbye", wish: "text own"},
		{name: "crowd-lost", from: mobile, facts: ivr.Facts{Crowd: true}, lost: true, keys: "1 1", heard: "outage.short menu.text text.own N number.own-right wish.failed goodbye"},
		{name: "british-crowd-silent", from: british, facts: ivr.Facts{Crowd: true}, heard: "outage.short menu.text key.silent menu.text goodbye"},
		{name: "british-crowd-never-right", from: british, facts: ivr.Facts{Crowd: true}, keys: "1 1 1 2 # -", heard: "outage.short menu.text text.ask text.invalid text.ask goodbye"},
		{name: "british-crowd-corrected", from: british, facts: ivr.Facts{Crowd: true}, keys: "1 - 0 6 8 7 6 5 4 3 2 1 7 * 7 1 0 6 8 7 6 5 4 3 2 1 1", heard: "outage.short menu.text text.ask key.silent text.ask number.heard N number.right key.wrong number.right menu.text key.wrong menu.text text.ask number.heard N number.right text.done goodbye", wish: "text +31687654321"},
		{name: "british-crowd-lost", from: british, facts: ivr.Facts{Crowd: true}, lost: true, keys: "1 0 6 8 7 6 5 4 3 2 1 1", heard: "outage.short menu.text text.ask number.heard N number.right wish.failed goodbye"},
		{name: "crowd", from: mobile, facts: ivr.Facts{Crowd: true}, keys: "1 1", heard: "outage.short menu.text text.own N number.own-right text.done goodbye", wish: "text own"},
		{name: "crowd-silent", from: mobile, facts: ivr.Facts{Crowd: true}, heard: "outage.short menu.text key.silent menu.text goodbye"},
		{name: "british-crowd", from: british, facts: ivr.Facts{Crowd: true}, keys: "1 0 6 8 7 6 5 4 3 2 1 1", heard: "outage.short menu.text text.ask number.heard N number.right text.done goodbye", wish: "text +31687654321"},
		{name: "british-no-keys", from: british, speaks: 6 * time.Second, heard: intro + " key.silent " + menu + " speak.ask speak.review speak.done goodbye", wish: "callback by hand"},
		{name: "hidden-callback", hidden: mobile, facts: ivr.Facts{Place: ivr.PlaceFacts{Number: 1}}, keys: "1 2 1", heard: "language.choose language.choose " + intro + " callback.hidden N callback.hidden-ask callback.done callback.place N " + bye, wish: "callback +31612345678 hidden"},
		{name: "hidden-another-number", hidden: mobile, facts: ivr.Facts{Place: ivr.PlaceFacts{Number: 1}}, keys: "1 2 2 0 2 0 1 1 1 2 2 3 3 1", heard: "language.choose language.choose " + intro + " callback.hidden N callback.hidden-ask callback.ask number.heard N number.right callback.done callback.place N " + bye, wish: "callback +31201112233"},
		{name: "hidden-text", hidden: mobile, keys: "1 1 0 6 8 7 6 5 4 3 2 1 1", heard: "language.choose language.choose " + intro + " text.ask number.heard N number.right text.done " + bye, wish: "text +31687654321"},
		{name: "hidden-abroad", hidden: british, keys: "1 2 !", heard: "language.choose language.choose " + intro + " callback.ask"},
		{name: "hidden-spoken", hidden: mobile, keys: "1 -", speaks: 6 * time.Second, heard: "language.choose language.choose " + intro + " key.silent " + menu + " speak.ask speak.review speak.done goodbye", wish: "callback by hand"},
		{name: "premium-callback", flow: "premium", from: mobile, keys: "1 1", heard: paid + " callback.own N number.own-right callback.done goodbye", wish: "callback own"},
		{name: "premium-text", flow: "premium", from: mobile, keys: "2 1", heard: paid + " text.own N number.own-right text.done goodbye", wish: "text own"},
		{name: "premium-back-is-never-offered", flow: "premium", from: mobile, facts: room, keys: "9 1 1", heard: paid + " " + paid + " callback.own N number.own-right callback.done goodbye", wish: "callback own"},
		{name: "premium-no-keys", flow: "premium", from: landline, speaks: 6 * time.Second, heard: paid + " key.silent premium.callback premium.text menu.language speak.ask speak.done goodbye", wish: "callback own by hand"},
		{name: "premium-british", flow: "premium", from: british, keys: "!", heard: paid},
		{name: "premium-lost", flow: "premium", from: mobile, lost: true, keys: "1 1", heard: paid + " callback.own N number.own-right wish.failed goodbye"},
		{name: "premium-corrected", flow: "premium", from: mobile, keys: "7 1 7 2 0 2 0 1 1 1 2 2 3 3 * 2 7 2 0 6 8 7 6 5 4 3 2 1 * !", heard: paid + " key.wrong " + dear + " callback.own N number.own-right key.wrong callback.own N number.own-right callback.ask number.heard N number.right " + dear +
			" text.own N number.own-right key.wrong text.own N number.own-right text.ask number.heard N number.right " + dear},
		{name: "premium-callback-never-right", flow: "premium", from: mobile, keys: "1 2 1 1 2 # - -", heard: paid + " callback.own N number.own-right callback.ask callback.invalid callback.ask key.silent callback.ask goodbye"},
		{name: "premium-text-never-right", flow: "premium", from: mobile, keys: "2 2 1 1 2 # - -", heard: paid + " text.own N number.own-right text.ask text.invalid text.ask key.silent text.ask goodbye"},
		{name: "premium-text-lost", flow: "premium", from: mobile, lost: true, keys: "2 1", heard: paid + " text.own N number.own-right wish.failed goodbye"},
		{name: "premium-spoken-lost", flow: "premium", from: landline, lost: true, speaks: 6 * time.Second, heard: paid + " key.silent " + dear + " speak.ask speak.failed goodbye"},
		{name: "premium-silent", flow: "premium", from: landline, heard: paid + " key.silent " + dear + " speak.ask goodbye.silent"},
		{name: "premium-hidden", flow: "premium", hidden: mobile, keys: "1 1 1", heard: "language.choose language.choose " + paid + " callback.hidden N callback.hidden-ask callback.done goodbye", wish: "callback +31612345678 hidden"},
		{name: "premium-hidden-silent", flow: "premium", keys: "- !", heard: "language.choose language.choose " + paid},
		{name: "premium-british-dutch", flow: "premium", from: british, keys: "9 !", heard: paid + " " + paid},
		{name: "hidden-says-nothing", heard: "language.choose language.choose key.silent language.choose language.choose " + intro + " key.silent " + menu + " speak.ask speak.nothing speak.ask goodbye.silent"},
	} {
		for _, lang := range []string{"nl", "en"} {
			asked, hidden := strings.CutPrefix(row.keys, "1 ") // for his language, which his number does not tell
			hidden = hidden && row.from == ""
			if lang == "en" && (row.facts.Crowd || row.facts.Handback.Room || row.from == british || row.from == "" && !hidden) {
				continue // the short flow has no key for it, and these need none
			}
			t.Run(row.name+"-"+lang, func(t *testing.T) {
				from := row.from
				row.facts.Caller.Kind = kinds[from]
				if lang == "en" && hidden {
					row.keys = "2 " + asked
				} else if lang == "en" { // he has a Dutch number, chooses English, and hears it all again
					first := cmp.Or(map[wissel.FlowID]string{"premium": paid}[row.flow], map[wissel.Number]string{mobile: intro, landline: fixed}[from])
					row.keys, row.heard = "9 "+row.keys, first+" "+row.heard
				}
				var wishes, heard []string
				w := &ivr.Walk{
					Program: flows[cmp.Or(row.flow, "storing")], State: ivr.NewState(ivr.Caller{Call: "c1", From: from, Hidden: row.hidden, Rung: rung, Group: "support", Flow: "storing"}), Began: monday,
					Sound: sound(sounds), Say: sounds.Say, Speaks: row.speaks,
					Facts:  func(time.Time) ivr.Facts { return row.facts },
					Takes:  func() bool { return !row.busy },
					Stored: func(wish wissel.Wish) bool { wishes = append(wishes, short(wish, from)); return !row.lost }, Stuck: row.stuck,
					Records: func() bool { return !row.lost },
					Tell: func(_ time.Duration, e ivr.Effect) {
						if p, ok := e.(ivr.Play); ok {
							heard = append(heard, names(p.Prompts)...)
						}
					},
				}
				if !w.Follow(strings.Fields(row.keys), 10*time.Minute) {
					t.Fatalf("he is stranded: %v", w.Lines)
				}
				if got := strings.Join(heard, " "); got != row.heard {
					t.Errorf("heard %s\nwant  %s", got, row.heard)
				}
				if got := strings.Join(wishes, ", "); got != row.wish && !row.lost && !row.stuck {
					t.Errorf("wishes %q, want %q", got, row.wish)
				}
				covs[cmp.Or(row.flow, "storing")].walk(*w, row.keys)
				golden(t, row.name+"-"+lang, head{From: from, Hidden: row.hidden, Flow: row.flow, Busy: row.busy, Keys: row.keys, Speaks: row.speaks, Facts: row.facts, Lost: row.lost, Stuck: row.stuck, Wish: row.wish}, w.Lines, sounds)
			})
		}
	}
	for id, c := range covs {
		c.check(t, id)
	}
}

const (
	mobile   wissel.Number = "+31612345678"
	landline wissel.Number = "+31201112233"
	british  wissel.Number = "+447700900123"
)

var kinds = map[wissel.Number]string{mobile: "mobile", landline: "fixed", british: "foreign", "": "hidden"}

func short(w wissel.Wish, own wissel.Number) string {
	s := string(w.Kind)
	if w.Number != "" && w.Number == own {
		s += " own"
	} else if w.Number != "" {
		s += " " + string(w.Number)
	}
	if w.ByHand {
		s += " by hand"
	}
	if w.Hidden {
		s += " hidden"
	}
	return s
}

func names(ps []ivr.Prompt) (all []string) {
	for _, p := range ps {
		switch {
		case p.Sound != 0:
			all = append(all, "H")
		case p.ID == "":
			all = append(all, "N")
		default:
			all = append(all, p.ID)
		}
	}
	return all
}

// head is what internal/peers needs to know to ring with a real telephone as the caller of a transcript does.
type head struct {
	From   wissel.Number
	Hidden wissel.Number // he hides this one
	Flow   wissel.FlowID // storing when empty
	Busy   bool          // no colleague can take him
	Keys   string
	Speaks time.Duration
	Facts  ivr.Facts
	Lost   bool
	Stuck  bool
	Wish   string
}

// golden compares a transcript with its file: the caller, a line for each thing that he heard or did, and below what he heard
// the clips of it.
func golden(t *testing.T, name string, h head, lines []ivr.Line, sounds *prompts.Store) {
	t.Helper()
	var b strings.Builder
	fmt.Fprintf(&b, "from %s\nkeys %s\n", h.From, h.Keys)
	if h.Speaks > 0 {
		fmt.Fprintf(&b, "speaks %v\n", h.Speaks)
	}
	for _, fact := range []struct {
		name  string
		holds bool
	}{{"flow " + string(h.Flow), h.Flow != ""}, {"hides " + string(h.Hidden), h.Hidden != ""}, {"room", h.Facts.Handback.Room}, {"busy", h.Busy}, {"crowd", h.Facts.Crowd}, {"full", h.Facts.Callback.Full}, {"earlier-text", h.Facts.Repeat.Text}, {"earlier-callback", h.Facts.Repeat.Callback}, {"changed", h.Facts.Repeat.Changed}} {
		if fact.holds {
			fmt.Fprintln(&b, fact.name)
		}
	}
	if n := h.Facts.Repeat.Calls; n > 0 {
		fmt.Fprintln(&b, "earlier-calls", n)
	}
	if !h.Facts.Place.Turn.IsZero() {
		fmt.Fprintln(&b, "turn")
	}
	if n := h.Facts.Place.Number; n > 0 {
		fmt.Fprintln(&b, "place", n)
	}
	if h.Lost {
		fmt.Fprintln(&b, "lost")
	}
	if h.Stuck {
		fmt.Fprintln(&b, "stuck")
	}
	if h.Wish != "" {
		fmt.Fprintln(&b, "wish", h.Wish)
	}
	fmt.Fprintln(&b)
	for _, l := range lines {
		fmt.Fprintln(&b, l)
		if len(l.Prompts) > 0 {
			fmt.Fprintln(&b, "        =", strings.Join(clips(sounds, l.Prompts), " "))
		}
	}
	path := filepath.Join("testdata", "transcripts", name+".txt")
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(want) != b.String() {
		t.Errorf("%s is not what callers hear now:\n%s", path, b.String())
	}
}

// clips are the names of the clips that say prompts, "H" for what he said himself.
func clips(sounds *prompts.Store, ps []ivr.Prompt) (all []string) {
	for _, p := range ps {
		if p.Sound != 0 {
			all = append(all, "H")
			continue
		}
		for _, c := range sounds.Clips([]ivr.Prompt{p}) {
			all = append(all, c.Name)
		}
	}
	return all
}

// Ten thousand callers press what they like, when they like, in each language of every shipped flow: each is let go or
// handed on, within half an hour.
func TestNobodyIsStranded(t *testing.T) {
	flows, sounds := shipped(t)
	lasts := map[string]time.Duration{} // of prompts: measuring them ten thousand times is work for nothing
	measure := sound(sounds)
	for id, p := range flows {
		for _, lang := range p.Languages() {
			chance := rand.New(rand.NewPCG(4, uint64(lang[0])))
			longest := time.Duration(0)
			for n := range 10_000 {
				froms := map[string][]wissel.Number{"nl": {mobile, landline, "", "+4915112345678"}, "en": {british, "+12025550123", "", "+4915112345678"}}[lang]
				w := &ivr.Walk{
					Program: p, State: ivr.NewState(ivr.Caller{Call: "c1", From: froms[n%len(froms)], Rung: rung, Flow: id}), Began: monday,
					Sound: func(pr ivr.Prompt) time.Duration {
						key := fmt.Sprint(pr.Lang, pr.ID, pr.Digits, pr.Sound)
						d, ok := lasts[key]
						if !ok {
							d = measure(pr)
							lasts[key] = d
						}
						return d
					},
					Facts: func(time.Time) ivr.Facts {
						f := ivr.Facts{Crowd: n%7 == 0, Hours: ivr.HoursFacts{Open: n%2 == 0}, Caller: ivr.CallerFacts{Kind: kinds[froms[n%len(froms)]]}}
						if n%3 == 0 {
							f.Handback = ivr.HandbackFacts{Room: chance.IntN(3) == 0, Return: chance.IntN(5)}
							f.Repeat, f.Place = ivr.RepeatFacts{Calls: n % 4, Text: n%5 == 0, Callback: n%11 == 0, Changed: n%2 == 0}, ivr.PlaceFacts{Number: n % 13}
						}
						return f
					},
					Speaks: time.Duration(chance.IntN(70)) * time.Second,
					Stored: func(wissel.Wish) bool { return chance.IntN(4) > 0 },
					Takes:  func() bool { return chance.IntN(3) == 0 },
				}
				wander(w, chance)
				if longest = max(longest, w.At); !w.Over() {
					t.Fatalf("flow %s, language %s, caller %d: stranded in %s after %v", id, lang, n, w.State.Step, w.At)
				}
			}
			t.Logf("flow %s, language %s: the longest call took %v", id, lang, longest.Round(time.Second))
		}
	}
}

// wander presses keys at random for a while, and nothing after that.
func wander(w *ivr.Walk, chance *rand.Rand) {
	presses := chance.IntN(60)
	w.Begin()
	for !w.Over() && w.At < 30*time.Minute {
		next, ok := w.Next()
		if !ok {
			return
		}
		if presses > 0 && chance.IntN(2) == 0 {
			presses--
			w.Pass(w.At + time.Duration(chance.Int64N(int64(max(next-w.At, 1)))))
			w.Press(wissel.Digit("0123456789*#1231"[chance.IntN(16)]))
			continue
		}
		w.Advance()
	}
}
