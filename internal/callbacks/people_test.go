package callbacks

import (
	"testing"
	"time"
)

func TestPeopleAreRungOneAtATimeInTurn(t *testing.T) {
	s := NewStaffed()
	staff := []Person{{Name: "anna", Phone: "+31612340001"}, {Name: "bob", Phone: "+31612340002"}, {Name: "cas", Phone: "+31612340003"}}
	if _, ok, there, _ := s.Free("home", staff, noon); ok || there != 0 {
		t.Error("somebody is there before anybody logged on")
	}
	for _, p := range staff {
		s.Log(LogOn{List: "home", Name: p.Name, On: true, At: noon})
	}
	s.Log(LogOn{List: "home", Name: "cas", On: true, Until: noon.Add(time.Hour)})
	at := noon
	var got string
	for range 6 {
		p, ok, there, _ := s.Free("home", staff, at)
		if !ok || there != 3 {
			t.Fatalf("%v, %d there", ok, there)
		}
		s.Rings("home", p.Name, at)
		s.Done("home", p.Name, true, at)
		at = at.Add(time.Minute)
		got += p.Name + " "
	}
	if got != "anna bob cas anna bob cas " {
		t.Error(got)
	}
	s.Rings("home", "anna", at)
	s.Rings("home", "bob", at)
	s.Done("home", "bob", false, at) // he did not answer
	p, ok, there, again := s.Free("home", staff, at)
	if p.Name != "cas" || !ok || there != 2 || !again.Equal(at.Add(time.Minute)) {
		t.Errorf("%s, %d there, again %v", p.Name, there, again)
	}
	if p, ok, there, _ := s.Free("home", staff, noon.Add(2*time.Hour)); p.Name != "bob" || !ok || there != 2 { // cas went home, anna still talks
		t.Errorf("%s, %d there", p.Name, there)
	}
	s.Log(LogOn{List: "home", Name: "bob"})
	if _, ok, there, _ := s.Free("home", staff, noon.Add(2*time.Hour)); ok || there != 1 {
		t.Errorf("%d there", there)
	}
}
