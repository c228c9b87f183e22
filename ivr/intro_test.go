package ivr_test

import (
	"slices"
	"testing"

	"wissel/ivr"
)

func TestIntrosOfTheShippedFlow(t *testing.T) {
	flows, _ := shipped(t)
	want := []ivr.Intro{
		{Step: "short-menu", Before: []string{"outage.short"}, Choice: []string{"menu.text"}},
		{Step: "menu-fixed", Before: []string{"outage.welcome", "menu.language", "outage.message"}, Choice: []string{"menu.callback-here", "menu.text-mobile", "menu.repeat", "menu.earlier"}},
		{Step: "menu", Before: []string{"outage.welcome", "menu.language", "outage.message"}, Choice: []string{"menu.text", "menu.callback", "menu.repeat", "menu.earlier"}},
	}
	got := flows["storing"].Intros()
	if !slices.EqualFunc(got, want, func(a, b ivr.Intro) bool {
		return a.Step == b.Step && slices.Equal(a.Before, b.Before) && slices.Equal(a.Choice, b.Choice)
	}) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
}
