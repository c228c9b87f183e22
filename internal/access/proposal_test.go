package access

import (
	"errors"
	"strings"
	"testing"
	"time"
)

var (
	noon   = time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)
	anna   = Person{Name: "anna", Marks: []string{"uid:1000", "name:anna"}}
	bob    = Person{Name: "bob", Marks: []string{"uid:1001", "name:bob"}}
	nobody = Person{Name: "unknown"}
)

// Approving one's own under another name: uids and tokens are compared, and who has seen a token counts as its holder.
func TestWhenTwoMayBeOne(t *testing.T) {
	for _, c := range []struct {
		name string
		a, b Person
		word string // empty: they are two
	}{
		{"two users", anna, bob, ""},
		{"one user twice", anna, anna, "same user (uid 1000)"},
		{"one user under another name", anna, Person{Name: "carol", Marks: []string{"uid:1000", "name:carol"}}, "same user"},
		{"a user, and a token in his name", anna, Person{Name: "Anna", Marks: []string{"token:4f", Named("Anna")}, Makers: []string{"uid:0"}}, "same name (anna)"},
		{"a user, and a token of another that he made", anna, Person{Name: "carol", Marks: []string{"token:4f", "name:carol"}, Makers: anna.Marks}, "made the token of the other"},
		{"a token, and the user who made it", Person{Name: "carol", Marks: []string{"token:4f"}, Makers: anna.Marks}, anna, "made the token of the other"},
		{"two tokens that one admin made for two people", Person{Marks: []string{"token:4f", "name:anna"}, Makers: []string{"uid:0"}}, Person{Marks: []string{"token:5g", "name:bob"}, Makers: []string{"uid:0"}}, ""},
		{"one token twice", Person{Marks: []string{"token:4f"}}, Person{Marks: []string{"token:4f"}}, "same token"},
		{"somebody, and nobody knows who", anna, nobody, "not known well enough"},
		{"nobody knows who, twice", nobody, nobody, "not known well enough"},
	} {
		if got := Same(c.a, c.b); (got == "") != (c.word == "") || !strings.Contains(got, c.word) {
			t.Errorf("%s: %q, want %q", c.name, got, c.word)
		}
	}
}

func TestWhatBecomesOfAProposal(t *testing.T) {
	open := Proposal{ID: "4f7k2", By: anna, At: noon, Until: noon.Add(15 * time.Minute), State: Open}
	approved, err := open.Approve(bob, "yes", noon.Add(time.Minute))
	if err != nil || approved.State != Carrying || approved.Second.Name != "bob" || approved.Note != "yes" {
		t.Fatalf("another approves: %+v, %v", approved, err)
	}
	if _, err := open.Approve(anna, "", noon); !errors.Is(err, ErrSamePerson) || !strings.Contains(err.Error(), "anna proposed it") {
		t.Errorf("one's own: %v", err)
	}
	if _, err := approved.Approve(bob, "", noon); !errors.Is(err, ErrNotOpen) || !strings.Contains(err.Error(), "carrying by bob") {
		t.Errorf("twice: %v", err)
	}
	if _, err := open.Approve(bob, "", open.Until); !errors.Is(err, ErrNotOpen) || !strings.Contains(err.Error(), "expired") {
		t.Errorf("too late: %v", err)
	}
	if p := open.Now(open.Until.Add(-1)); p.State != Open {
		t.Errorf("just in time: %+v", p)
	}
	rejected, err := open.Reject(anna, "a mistake", noon)
	if err != nil || rejected.State != Rejected {
		t.Errorf("taken back by who proposed it: %+v, %v", rejected, err)
	}
	if _, err := rejected.Reject(bob, "", noon); !errors.Is(err, ErrNotOpen) {
		t.Errorf("rejected twice: %v", err)
	}
	if again := approved.Reopen(); again.State != Open || again.Second != nil {
		t.Errorf("after a failure: %+v", again)
	}
}

func TestWhatAlwaysTakesTwo(t *testing.T) {
	for _, p := range every {
		if want := p == EraseAll || p == TollRules || p == AuditRules; TakesTwo(p) != want {
			t.Errorf("%s takes two: %v", p, !want)
		}
	}
}
