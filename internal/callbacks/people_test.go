package callbacks

import (
	"testing"
	"time"

	"wissel"
)

func TestPeopleAreRungOneAtATimeInTurn(t *testing.T) {
	s := NewStaffed()
	staff := []Person{{Name: "anna", Phone: "+31612340001"}, {Name: "bob", Phone: "+31612340002"}, {Name: "cas", Phone: "+31612340003"}}
	if _, ok, there, _ := s.Free("home", staff, nil, noon); ok || there != 0 {
		t.Error("somebody is there before anybody logged on")
	}
	for _, p := range staff {
		s.Log(LogOn{List: "home", Name: p.Name, On: true, At: noon}, p.Phone)
	}
	s.Log(LogOn{List: "home", Name: "cas", On: true, Until: noon.Add(time.Hour)}, "")
	at := noon
	var got string
	for range 6 {
		p, ok, there, _ := s.Free("home", staff, nil, at)
		if !ok || there != 3 {
			t.Fatalf("%v, %d there", ok, there)
		}
		s.Rings(p.Phone, at)
		s.Done(p.Phone, Took, at)
		at = at.Add(time.Minute)
		got += p.Name + " "
	}
	if got != "anna bob cas anna bob cas " {
		t.Error(got)
	}
	s.Rings(staff[0].Phone, at)
	s.Rings(staff[1].Phone, at)
	s.Done(staff[1].Phone, Passed, at) // he did not answer
	p, ok, there, again := s.Free("home", staff, nil, at)
	if p.Name != "cas" || !ok || there != 2 || !again.Equal(at.Add(time.Minute)) {
		t.Errorf("%s, %d there, again %v", p.Name, there, again)
	}
	if p, ok, there, _ := s.Free("home", staff, nil, noon.Add(2*time.Hour)); p.Name != "bob" || !ok || there != 2 { // cas went home, anna still talks
		t.Errorf("%s, %d there", p.Name, there)
	}
	s.Log(LogOn{List: "home", Name: "bob"}, "")
	if _, ok, there, _ := s.Free("home", staff, nil, noon.Add(2*time.Hour)); ok || there != 1 {
		t.Errorf("%d there", there)
	}
}

// Somebody on two lists has one telephone, who has just talked comes after who waits, and who could not help it is not left in peace.
func TestATelephoneIsInOneCall(t *testing.T) {
	s := NewStaffed()
	home := []Person{{Name: "anna", Phone: "+31612340001"}, {Name: "bob", Phone: "+31612340002"}}
	for _, list := range []string{"home", "office"} {
		for _, p := range home {
			s.Log(LogOn{List: list, Name: p.Name, On: true, At: noon}, p.Phone)
		}
	}
	next := func(list string, at time.Time, but ...wissel.Number) string {
		p, _, _, _ := s.Free(list, home, but, at)
		return p.Name
	}
	if !s.Rings(home[0].Phone, noon) || s.Rings(home[0].Phone, noon) || next("office", noon) != "bob" || next("office", noon, home[1].Phone) != "" {
		t.Error("anna's telephone is in a call, and is rung")
	}
	s.Rings(home[1].Phone, noon.Add(time.Minute))
	s.Done(home[1].Phone, Took, noon.Add(2*time.Minute))
	s.Done(home[0].Phone, Took, noon.Add(30*time.Minute)) // she talked for half an hour
	if got := next("home", noon.Add(31*time.Minute)); got != "bob" {
		t.Errorf("%q is rung", got)
	}
	s.Rings(home[1].Phone, noon.Add(31*time.Minute))
	s.Done(home[1].Phone, Spared, noon.Add(32*time.Minute)) // his caller hung up
	s.Rings(home[0].Phone, noon.Add(32*time.Minute))
	s.Done(home[0].Phone, Passed, noon.Add(33*time.Minute))
	if got := next("home", noon.Add(33*time.Minute)); got != "bob" {
		t.Errorf("%q is rung", got)
	}
	s.Log(LogOn{List: "home", Name: "anna", On: true}, home[0].Phone)
	if got := next("home", noon.Add(33*time.Minute), home[1].Phone); got != "anna" {
		t.Error("who logs on anew is left in peace")
	}
}
