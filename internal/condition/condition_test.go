package condition

import (
	"errors"
	"strings"
	"testing"
)

type person struct {
	Kind  string `expr:"kind" values:"fixed mobile"`
	Known bool   `expr:"known"`
}

type facts struct {
	Caller  person            `expr:"caller"`
	Hour    int               `expr:"hour"`
	Day     string            `expr:"day" values:"mon tue"`
	Choices map[string]string `expr:"choices"`
	Crowd   bool              `expr:"crowd"`
}

var now = facts{Caller: person{"mobile", true}, Hour: 14, Day: "mon", Choices: map[string]string{"menu": "2"}}

func TestConditions(t *testing.T) {
	for _, row := range []struct {
		source string
		want   bool
	}{
		{"crowd", false},
		{"not crowd", true},
		{"caller.kind == 'mobile' and caller.known", true},
		{"caller.kind == 'fixed' or hour >= 14", true},
		{"hour >= 9 and hour < 14", false},
		{"day in ['mon', 'tue']", true},
		{"day not in ['mon', 'tue']", false},
		{"choices.menu == '2'", true},
		{"choices['menu'] == '3'", false},
		{"choices.never == ''", true},
		{"hour + 1 - 5 == 10", true},
		{"caller.kind startsWith 'mob'", true},
		{"hour < 9 || !crowd && hour != 3", true},
		{"true", true},
	} {
		c, err := Compile(row.source, facts{})
		if err != nil {
			t.Errorf("%s: %v", row.source, err)
			continue
		}
		if got := c.Eval(now); got != row.want || c.Faults() != 0 || c.String() != row.source {
			t.Errorf("%s: %v, %d faults", row.source, got, c.Faults())
		}
	}
}

func TestConditionsThatAreRefused(t *testing.T) {
	for _, row := range []struct {
		source string
		offset int
		says   string
	}{
		{"", 0, "is empty"},
		{"  ", 0, "is empty"},
		{strings.Repeat("crowd or ", 40) + "crowd", 0, "longer than"},
		{"hour ==", 6, "ends where a value should follow"},
		{"crowd and crwod", 10, `no fact "crwod"`},
		{"caller.age > 3", 7, `no fact "age"`},
		{"hour == 'noon'", 5, "mismatched types"},
		{"hour", 0, "expected bool"},
		{"hour > 3 and caller.kind", 9, "mismatched types"},
		{"caller.kind == 'mobil'", 15, "one of fixed, mobile"},
		{"day in ['mon', 'sun']", 15, "one of mon, tue"},
		{"all([1], # > 0)", 9, "no functions"},
		{"len(day) > 3", 0, "no functions"},
		{"day matches '(a+)+$'", 4, "may not stand"},
		{"1 in 1..1000000000", 6, "may not stand"},
		{"2 ** 100 > 1", 2, "may not stand"},
		{"hour % 0 == 1", 5, "may not stand"},
		{"crowd ? true : false", 19, "no functions, choices"},
		{"let x = 1; x == hour", 4, "no functions"},
		{"choices[day] == '2'", 7, "only a name"},
		{"caller?.known", 8, "only a name"},
		{"crowd; crowd", 0, "no functions"},
		{"\xff", 0, "no text"},
	} {
		c, err := Compile(row.source, facts{})
		var f *Fault
		if !errors.As(err, &f) || !strings.Contains(f.Msg, row.says) {
			t.Errorf("%s: %v, want %q", row.source, err, row.says)
			continue
		}
		if f.Offset != row.offset {
			t.Errorf("%s: at %d, want %d: %s", row.source, f.Offset, row.offset, f.Msg)
		}
		if c.Eval(now) || c.Faults() != 0 {
			t.Error("what was refused is never true")
		}
	}
}

// What cannot be judged does not hold, and is counted: here the facts are of another type than those it was typed with.
func TestWhatCannotBeJudgedDoesNotHold(t *testing.T) {
	c, err := Compile("not caller.known", facts{})
	if err != nil {
		t.Fatal(err)
	}
	if c.Eval(struct{ Other int }{1}) || c.Eval(nil) || c.Faults() != 2 {
		t.Errorf("%d faults, want 2", c.Faults())
	}
}

func FuzzCompile(f *testing.F) {
	for _, s := range []string{"crowd", "caller.kind == 'mobile' and hour > 3", "day in ['mon']", "a ? b : c", "-9223372036854775808 == hour", "[[[", "choices[''] == ''"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, source string) {
		c, err := Compile(source, facts{})
		var fault *Fault
		if err != nil && !errors.As(err, &fault) {
			t.Fatalf("%T", err)
		}
		if fault != nil && (fault.Offset < 0 || fault.Offset > len(source)) {
			t.Fatalf("%q: a fault at %d", source, fault.Offset)
		}
		if c.Eval(now); c.Faults() != 0 {
			t.Fatalf("%q was typed and cannot be judged", source)
		}
	})
}

func TestWhichFactsAConditionUses(t *testing.T) {
	c, err := Compile("not crowd and caller.kind in ['fixed'] and choices.hour == 'day'", facts{})
	if err != nil {
		t.Fatal(err)
	}
	for fact, want := range map[string]bool{"crowd": true, "caller": true, "choices": true, "kind": false, "hour": false, "day": false} {
		if c.Uses(fact) != want {
			t.Errorf("uses %s: %v", fact, !want)
		}
	}
}
