package app_test

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"wissel"
	"wissel/internal/access"
	"wissel/internal/app"
	"wissel/internal/web"
	"wissel/sip/sim"
	"wissel/sip/sim/simtest"
)

// person gives somebody who came over the socket.
func person(name string, uid int, roles ...access.Role) web.Actor {
	return web.Actor{Who: name, From: "test", Roles: roles, Marks: []string{fmt.Sprint("uid:", uid), access.Named(name)}}
}

var (
	ann = person("ann", 1000, access.Operator)
	bob = person("bob", 1001, access.Operator)
	eve = person("eve", 1002, access.Viewer)
)

// careful serves a group that asks for four eyes.
func careful(t *testing.T) (*app.App, app.Options, func()) {
	t.Helper()
	o := begin(t)
	rewrite(t, o, "    active: normaal", "    active: normaal\n    four_eyes: true")
	a, stop := run(t, o)
	return a, o, stop
}

// propose asks for plan storing as ann, and gives the id.
func propose(t *testing.T, a *app.App) string {
	t.Helper()
	done, err := a.Switch(t.Context(), web.SwitchRequest{Group: "support", Plan: "storing", Reason: "ticket 1"}, ann)
	if err != nil || done.Proposal == nil || done.Proposal.Needs != "operator or admin" || done.Proposal.Change != "plan storing" {
		t.Fatalf("%+v, %v", done, err)
	}
	if plan := a.Status(t.Context()).Groups[0].Plan; plan != "normaal" {
		t.Fatalf("a proposal changed the plan to %s", plan)
	}
	return done.Proposal.ID
}

// refused checks that err is a fault with a code and a word.
func refused(t *testing.T, what string, err error, code int, word string) {
	t.Helper()
	var fault *web.Fault
	if !errors.As(err, &fault) || fault.Code != code || !strings.Contains(err.Error(), word) {
		t.Errorf("%s: %v; want %d: %s", what, err, code, word)
	}
}

func TestFourEyes(t *testing.T) {
	a, _, _ := careful(t)
	ctx := t.Context()
	id := propose(t, a)
	other := ann
	other.Who = "carol" // the same user under another name
	admin := person("root", 0, access.Roles...)
	admin.Makers = nil
	made := web.Actor{Who: "dave", Roles: []access.Role{access.Operator}, Marks: []string{"token:1", access.Named("dave")}, Makers: ann.Marks}
	for _, c := range []struct {
		name string
		by   web.Actor
		code int
		word string
	}{
		{"who proposed it", ann, http.StatusForbidden, "same user"},
		{"who proposed it, under another name", other, http.StatusForbidden, "same user"},
		{"a token that he made", made, http.StatusForbidden, "made the token"},
		{"one whom nobody knows", web.Actor{Who: "bob", Roles: []access.Role{access.Operator}}, http.StatusForbidden, "not known well enough"},
		{"a viewer", eve, http.StatusForbidden, "takes the role operator or admin, and eve has viewer"},
	} {
		_, err := a.Approve(ctx, web.Verdict{ID: id}, c.by)
		refused(t, c.name, err, c.code, c.word)
	}
	_, err := a.Approve(ctx, web.Verdict{ID: "zzzzz"}, bob)
	refused(t, "an id of nothing", err, http.StatusNotFound, "no such proposal")
	done, err := a.Approve(ctx, web.Verdict{ID: strings.ToUpper(id), Reason: "seen it too"}, bob)
	if err != nil || done.After != "plan storing (chosen)" || a.Status(ctx).Groups[0].Plan != "storing" {
		t.Fatalf("approved by another: %+v, %v", done, err)
	}
	_, err = a.Approve(ctx, web.Verdict{ID: id}, admin)
	refused(t, "twice", err, http.StatusConflict, "done by bob")
	rows, err := a.Audit(ctx, time.Time{}, 0)
	if err != nil || len(rows) != 3 {
		t.Fatalf("%+v, %v", rows, err)
	}
	for i, want := range []string{"ann propose ticket 1", "bob approve seen it too", "ann, approved by bob switch ticket 1"} {
		if got := rows[i].Who + " " + rows[i].What + " " + rows[i].Why; got != want {
			t.Errorf("audit row %d: %s; want %s", i, got, want)
		}
	}
	if all := a.Proposals(); len(all) != 1 || all[0].State != access.Done || all[0].Second != "bob" || all[0].Note != "seen it too" {
		t.Errorf("%+v", all)
	}
}

func TestTwoApprovalsAtOnceCarryOutOnce(t *testing.T) {
	a, _, _ := careful(t)
	id := propose(t, a)
	var mu sync.Mutex
	var all sync.WaitGroup
	well := 0
	for i := range 8 {
		all.Go(func() {
			if _, err := a.Approve(t.Context(), web.Verdict{ID: id}, person(fmt.Sprint("op", i), 2000+i, access.Operator)); err == nil {
				mu.Lock()
				well++
				mu.Unlock()
			} else {
				refused(t, "another at once", err, http.StatusConflict, "not open any more")
			}
		})
	}
	all.Wait()
	rows, err := a.Audit(t.Context(), time.Time{}, 0)
	switches := 0
	for _, r := range rows {
		if r.What == "switch" {
			switches++
		}
	}
	if err != nil || well != 1 || switches != 1 {
		t.Errorf("%d approvals did it, %d switches; %v", well, switches, err)
	}
}

func TestAProposalAgainstWhatHasChangedIsRefused(t *testing.T) {
	a, o, _ := careful(t)
	ctx := t.Context()
	id := propose(t, a)
	if _, err := a.Switch(ctx, web.SwitchRequest{Group: "support", To: "reserve", Reason: "ticket 2", BreakGlass: true}, eve); err != nil {
		t.Fatal(err)
	}
	_, err := a.Approve(ctx, web.Verdict{ID: id}, bob)
	refused(t, "a pin came between", err, http.StatusConflict, "when it was proposed: plan normaal; now: pinned to reserve")
	if a.Status(ctx).Groups[0].Plan != "normaal" {
		t.Error("it was carried out all the same")
	}
	if done, err := a.Approve(ctx, web.Verdict{ID: id, Anyway: true}, bob); err != nil || !strings.Contains(done.After, "plan storing") {
		t.Errorf("anyway: %+v, %v", done, err)
	}

	done, err := a.Switch(ctx, web.SwitchRequest{Group: "support", Auto: true, Reason: "over"}, ann)
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Replace(settings, "normaal: [platform, reserve, flow:storing]", "normaal: [reserve, platform, flow:storing]", 1)
	write(t, o, strings.Replace(text, "    active: normaal", "    active: normaal\n    four_eyes: true", 1))
	if _, err := a.Reload(ctx, ann); err != nil {
		t.Fatal(err)
	}
	_, err = a.Approve(ctx, web.Verdict{ID: done.Proposal.ID}, bob)
	refused(t, "the plans changed", err, http.StatusConflict, "the plans of the group have changed")
}

func TestARejectedProposalIsOver(t *testing.T) {
	a, _, _ := careful(t)
	ctx := t.Context()
	id := propose(t, a)
	if p, err := a.Reject(ctx, web.Verdict{ID: id, Reason: "it is back"}, bob); err != nil || p.State != access.Rejected || p.Second != "bob" {
		t.Fatalf("%+v, %v", p, err)
	}
	_, err := a.Approve(ctx, web.Verdict{ID: id}, bob)
	refused(t, "after that", err, http.StatusConflict, "rejected by bob")
	id = propose(t, a)
	if _, err := a.Reject(ctx, web.Verdict{ID: id}, ann); err != nil {
		t.Errorf("taken back by who proposed it: %v", err)
	}
}

// TestTheTimelineHasAProposalOnce: its audit rows tell the same as its records.
func TestTheTimelineHasAProposalOnce(t *testing.T) {
	a, _, _ := careful(t)
	if _, err := a.Reject(t.Context(), web.Verdict{ID: propose(t, a), Reason: "it is back"}, bob); err != nil {
		t.Fatal(err)
	}
	var kinds []string
	eventually(t, "the records of the proposal are on disk, and alone in the timeline", func() bool {
		line, err := a.Timeline(t.Context(), time.Now().Add(-time.Hour), "support", 0)
		if err != nil {
			t.Fatal(err)
		}
		kinds = nil
		for _, m := range line.Moments {
			if m.Group == "support" {
				kinds = append(kinds, m.Kind)
			}
		}
		return slices.Equal(kinds, []string{"proposal", "proposal"})
	})
}

func TestBrokenGlassIsShouted(t *testing.T) {
	a, o, stop := careful(t)
	ctx := t.Context()
	done, err := a.Switch(ctx, web.SwitchRequest{Group: "support", Plan: "storing", Reason: "nobody answers", BreakGlass: true}, ann)
	if err != nil || done.Proposal != nil || a.Status(ctx).Groups[0].Plan != "storing" {
		t.Fatalf("%+v, %v", done, err)
	}
	var rows []wissel.AuditRow
	eventually(t, "both rows are on disk", func() bool { rows, err = a.Audit(ctx, time.Time{}, 0); return err != nil || len(rows) == 2 })
	if err != nil || rows[1].What != "break-glass" || rows[1].Who != "ann" || rows[1].Why != "nobody answers" || !strings.Contains(rows[1].After, "WITHOUT A SECOND PERSON") {
		t.Fatalf("%+v, %v", rows, err)
	}
	shouted := func(a *app.App) bool {
		text := strings.Join(a.Status(ctx).Alarms, "\n")
		return strings.Contains(text, "ann broke the glass for support") && strings.Contains(text, "nobody answers")
	}
	if !shouted(a) {
		t.Errorf("no alarm: %q", a.Status(ctx).Alarms)
	}
	stop()
	a, _ = run(t, o)
	if !shouted(a) {
		t.Errorf("no alarm after a restart: %q", a.Status(ctx).Alarms)
	}
}

func TestThereIsNoGlassWhereNobodyAsksForTwo(t *testing.T) {
	a, _ := run(t, begin(t))
	_, err := a.Switch(t.Context(), web.SwitchRequest{Group: "support", Plan: "storing", Reason: "x", BreakGlass: true}, ann)
	refused(t, "no four eyes", err, http.StatusBadRequest, "leave --break-glass out")
	if done, err := a.Switch(t.Context(), web.SwitchRequest{Group: "support", Plan: "storing", Reason: "x"}, ann); err != nil || done.Proposal != nil {
		t.Errorf("%+v, %v", done, err)
	}
}

func TestWhatCannotBeIsNotEvenProposed(t *testing.T) {
	a, _, _ := careful(t)
	_, err := a.Switch(t.Context(), web.SwitchRequest{Group: "support", Plan: "nomaal", Reason: "x"}, ann)
	refused(t, "a plan that there is not", err, http.StatusNotFound, `did you mean "normaal"?`)
	if all := a.Proposals(); len(all) != 0 {
		t.Errorf("%+v", all)
	}
}

// Every form of a switch goes through the one gate.
func TestEveryFormOfASwitchIsProposed(t *testing.T) {
	a, _, _ := careful(t)
	ctx := t.Context()
	for name, ask := range map[string]func() (web.Switched, error){
		"a plan": func() (web.Switched, error) {
			return a.Switch(ctx, web.SwitchRequest{Group: "support", Plan: "storing", Reason: "x"}, ann)
		},
		"a pin": func() (web.Switched, error) {
			return a.Switch(ctx, web.SwitchRequest{Group: "support", To: "reserve", Reason: "x"}, ann)
		},
		"a pin for some": func() (web.Switched, error) {
			return a.Switch(ctx, web.SwitchRequest{Group: "support", To: "reserve", Share: 100, Reason: "x"}, ann)
		},
		"none of either": func() (web.Switched, error) {
			return a.Switch(ctx, web.SwitchRequest{Group: "support", Auto: true, Reason: "x"}, ann)
		},
	} {
		if done, err := ask(); err != nil || done.Proposal == nil || done.Before != done.After {
			t.Errorf("%s: %+v, %v", name, done, err)
		}
	}
	before := len(a.Proposals())
	_, err := a.Handback(ctx, web.HandbackRequest{Group: "support", Now: true, Reason: "x"}, ann)
	refused(t, "a way back when nothing was switched", err, http.StatusConflict, "nothing was switched by itself")
	if len(a.Proposals()) != before {
		t.Error("what could not be carried out was proposed")
	}
	if g := a.Status(ctx).Groups[0]; g.Pin != nil || g.Chosen {
		t.Errorf("something was changed: %+v", g)
	}
}

func TestProposalsAreBounded(t *testing.T) {
	a, _, _ := careful(t)
	for range 50 {
		propose(t, a)
	}
	_, err := a.Switch(t.Context(), web.SwitchRequest{Group: "support", Plan: "storing", Reason: "x"}, ann)
	refused(t, "one too many", err, http.StatusTooManyRequests, "50 proposals wait")
}

func TestAProposalSurvivesARestart(t *testing.T) {
	a, o, stop := careful(t)
	id := propose(t, a)
	gone := propose(t, a)
	if _, err := a.Reject(t.Context(), web.Verdict{ID: gone}, bob); err != nil {
		t.Fatal(err)
	}
	stop()
	a, _ = run(t, o)
	if all := a.Proposals(); len(all) != 2 || all[0].State != access.Open || all[1].State != access.Rejected {
		t.Fatalf("after a restart: %+v", all)
	}
	_, err := a.Approve(t.Context(), web.Verdict{ID: id}, ann)
	refused(t, "one's own, after a restart", err, http.StatusForbidden, "same user")
	if _, err := a.Approve(t.Context(), web.Verdict{ID: id}, bob); err != nil || a.Status(t.Context()).Groups[0].Plan != "storing" {
		t.Errorf("approved after a restart: %v", err)
	}
}

// Nobody approves in time: the proposal is over, for whoever comes later too, and nothing was changed by it.
func TestAProposalThatNobodyApprovesExpires(t *testing.T) {
	simtest.Run(t, func(n *simtest.Net) {
		t := n.T
		n.Trunk("north", sim.Answer(0))
		n.Trunk("south", sim.Answer(0))
		n.Settings("    four_eyes: true")
		a, ctx := n.Operator(), t.Context()
		done, err := a.Switch(ctx, web.SwitchRequest{Group: "support", To: "south", Reason: "ticket 1"}, ann)
		if err != nil || done.Proposal == nil || time.Until(done.Until) != 15*time.Minute {
			t.Fatalf("%+v, %v", done, err)
		}
		id := done.Proposal.ID
		<-time.After(15*time.Minute - time.Second)
		if all := a.Proposals(); len(all) != 1 || all[0].State != access.Open {
			t.Fatalf("a second before its end: %+v", all)
		}
		<-time.After(time.Second)
		if all := a.Proposals(); len(all) != 1 || all[0].State != access.Expired {
			t.Errorf("at its end: %+v", all)
		}
		_, err = a.Approve(ctx, web.Verdict{ID: id}, bob)
		refused(t, "approved too late", err, http.StatusConflict, "it expired at ")
		_, err = a.Approve(ctx, web.Verdict{ID: id, Anyway: true}, bob)
		refused(t, "approved too late, anyway", err, http.StatusConflict, "it expired at ")
		_, err = a.Reject(ctx, web.Verdict{ID: id}, bob)
		refused(t, "rejected too late", err, http.StatusConflict, "it expired at ")
		if g := a.Status(ctx).Groups[0]; g.Pin != nil || g.Chosen || g.Plan != "normaal" {
			t.Errorf("something was changed: %+v", g)
		}
		rows, err := a.Audit(ctx, time.Time{}, 0)
		if err != nil || len(rows) != 1 || rows[0].What != "propose" || rows[0].Who != "ann" || !strings.Contains(rows[0].After, "until "+done.Until.Format(time.RFC3339)) {
			t.Errorf("the audit tells of other things than a proposal and its end: %+v, %v", rows, err)
		}
		<-time.After(24 * time.Hour)
		if all := a.Proposals(); len(all) != 0 {
			t.Errorf("a day later it is still told of: %+v", all)
		}
	})
}
