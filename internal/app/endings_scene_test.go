package app_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"wissel/internal/web"
	"wissel/sip/sim"
	"wissel/sip/sim/simtest"
)

// A proof outlives a restart, goes with the status that it is of, and is taken away by a call that came again; what was seen
// then outlives a restart too.
func TestWhichStatusACarrierTakes(t *testing.T) {
	file := filepath.Join(t.TempDir(), "zacht.yaml")
	if err := os.WriteFile(file, []byte(`flow: zacht
answer: early
languages: [{id: nl, key: "1", prefixes: ["+31"]}]
start: bye
steps:
  bye: {end: {play: [goodbye], reason: said}}
`), 0o600); err != nil {
		t.Fatal(err)
	}
	simtest.Run(t, func(n *simtest.Net) {
		t := n.T
		n.Settings("flows: [" + file + "]")
		n.Plan("flow:zacht")
		caller := n.Phone("caller")
		from := "+31612345678"
		call := func() { caller.Call(simtest.Number).With(func(d *sim.Dial) { d.From = from }).Wait() }
		ending := func() web.Ending {
			t.Helper()
			g := n.Operator().Status(t.Context()).Groups[0]
			if len(g.Endings) != 1 || g.Endings[0].Trunk != "caller" {
				t.Fatalf("endings %+v", g.Endings)
			}
			return g.Endings[0]
		}
		alarmed := func() bool {
			return strings.Contains(strings.Join(n.Operator().Status(t.Context()).Alarms, "; "), "carrier caller tries a call again")
		}

		n.Start()
		if e := ending(); e.Proven || e.Status != 480 || !e.At.IsZero() {
			t.Errorf("before any call: %+v", e)
		}
		call()
		<-time.After(12 * time.Second)
		first := ending()
		if !first.Proven || first.Call == "" {
			t.Errorf("after a call: %+v", first)
		}
		n.Restart()
		if e := ending(); !e.Proven || e.Call != first.Call || !e.At.Equal(first.At) {
			t.Errorf("after a restart: %+v, want %+v", e, first)
		}
		n.Extra("caller", "unanswered: 486")
		n.Restart()
		<-time.After(2 * time.Second)
		if e := ending(); e.Proven || e.Status != 486 {
			t.Errorf("with another status: %+v", e)
		}
		n.Extra("caller", "")
		n.Restart()
		if e := ending(); e.Proven {
			t.Errorf("the old status again: %+v", e)
		}

		from = "" // hidden: nobody could be told from another
		call()
		<-time.After(12 * time.Second)
		if e := ending(); e.Proven {
			t.Errorf("a hidden caller proved it: %+v", e)
		}
		from = "+31612345679"
		call()
		<-time.After(12 * time.Second)
		if e := ending(); !e.Proven || alarmed() {
			t.Errorf("after a call: %+v", e)
		}
		call()
		call()
		<-time.After(2 * time.Second)
		if e := ending(); e.Proven || e.Again.IsZero() || !alarmed() {
			t.Errorf("after one that came again: %+v", e)
		}
		n.Restart()
		if e := ending(); e.Proven || e.Again.IsZero() || !alarmed() {
			t.Errorf("and after a restart: %+v", e)
		}
		n.Extra("caller", "unanswered: 603")
		n.Restart()
		<-time.After(2 * time.Second)
		if e := ending(); e.Proven || !e.Again.IsZero() || alarmed() {
			t.Errorf("with another status: %+v", e)
		}
	})
}
