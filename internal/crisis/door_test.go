package crisis

import (
	"crypto/rand"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"wissel"
)

const (
	annasPIN    = "274913"
	annasSecret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ" // RFC 6238, appendix B: "12345678901234567890"
	bobsPIN     = "830561"
	annasPhone  = wissel.Number("+31612345678")
	unknown     = wissel.Number("+31687654321")
)

var night = time.Date(2026, 11, 30, 2, 14, 0, 0, time.UTC)

// opened is a door for anna, who has an app and a printed list, and bob, who has neither yet.
func opened(t testing.TB) (d *Door, codes []string) {
	t.Helper()
	d = NewDoor()
	d.Set([]Person{
		{Name: "anna", Phones: []wissel.Number{annasPhone}, PIN: wissel.NewSecret(annasPIN), TOTP: wissel.NewSecret(annasSecret)},
		{Name: "bob", PIN: wissel.NewSecret(bobsPIN)},
	})
	list, codes, err := NewList(3, "root", night, rand.Reader)
	if err == nil {
		err = d.Give("anna", list)
	}
	if err != nil {
		t.Fatal(err)
	}
	return d, codes
}

// app is the code that anna's app shows at t.
func app(t testing.TB, at time.Time) Keys {
	t.Helper()
	code, err := CodeAt(annasSecret, at)
	if err != nil {
		t.Fatal(err)
	}
	return Keys(code)
}

// RFC 6238, appendix B, cut to six digits as its reference code does.
func TestCodesAreThoseOfTheRFC(t *testing.T) {
	for at, want := range map[int64]string{59: "287082", 1111111109: "081804", 1111111111: "050471", 1234567890: "005924", 2000000000: "279037", 20000000000: "353130"} {
		if got := string(app(t, time.Unix(at, 0))); got != want {
			t.Errorf("at %d: %s, want %s", at, got, want)
		}
	}
}

func TestWhoComesIn(t *testing.T) {
	for _, row := range []struct {
		name      string
		pin, code func(t *testing.T, codes []string) Keys
		who       string
		why       string
	}{
		{"his PIN and his app's code", pin(annasPIN), at(0), "anna", ""},
		{"a phone whose clock is half a minute late", pin(annasPIN), at(-30 * time.Second), "anna", ""},
		{"and half a minute early", pin(annasPIN), at(30 * time.Second), "anna", ""},
		{"a phone, or a server, that is an hour off", pin(annasPIN), at(time.Hour), "", "wrong code"},
		{"and a minute and a half", pin(annasPIN), at(-90 * time.Second), "", "wrong code"},
		{"his PIN and a printed code", pin(annasPIN), printed(2), "anna", ""},
		{"the printed code of another", pin(bobsPIN), printed(0), "", "wrong code"},
		{"the app's code of another", pin(bobsPIN), at(0), "", "wrong code"},
		{"a PIN that nobody has", pin("111222"), at(0), "", "wrong PIN"},
		{"no PIN", pin(""), at(0), "", "wrong PIN"},
		{"no code", pin(annasPIN), pin(""), "", "wrong code"},
		{"neither", pin(""), pin(""), "", "wrong PIN"},
		{"the PIN twice", pin(annasPIN), pin(annasPIN), "", "wrong code"},
		{"a code for nobody's app", pin(bobsPIN), nobodysCode, "", "wrong code"},
	} {
		t.Run(row.name, func(t *testing.T) {
			d, codes := opened(t)
			v := d.Try(unknown, row.pin(t, codes), row.code(t, codes), night)
			if v.Person != row.who || v.Why != row.why || v.Wait != time.Second {
				t.Errorf("%+v; want %q, %q", v, row.who, row.why)
			}
		})
	}
}

func pin(p string) func(*testing.T, []string) Keys {
	return func(*testing.T, []string) Keys { return Keys(p) }
}
func at(off time.Duration) func(*testing.T, []string) Keys {
	return func(t *testing.T, _ []string) Keys { return app(t, night.Add(off)) }
}
func printed(i int) func(*testing.T, []string) Keys {
	return func(_ *testing.T, codes []string) Keys { return Keys(codes[i]) }
}
func nobodysCode(t *testing.T, _ []string) Keys {
	code, err := CodeAt(nobodysSecret, night)
	if err != nil {
		t.Fatal(err)
	}
	return Keys(code)
}

func TestACodeOpensOnce(t *testing.T) {
	d, codes := opened(t)
	in := func(code Keys, at time.Time) string { return d.Try(annasPhone, annasPIN, code, at).Person }
	if in(app(t, night), night) != "anna" || in(app(t, night), night.Add(10*time.Second)) != "" {
		t.Error("the app's code opened twice, or not at all")
	}
	if in(app(t, night.Add(-30*time.Second)), night) != "" {
		t.Error("one of before the last one used")
	}
	if in(app(t, night.Add(30*time.Second)), night.Add(30*time.Second)) != "anna" {
		t.Error("the next one")
	}
	if in(Keys(codes[1]), night) != "anna" || in(Keys(codes[1]), night.Add(time.Hour)) != "" || in(Keys(codes[0]), night) != "anna" {
		t.Error("a printed code opened twice, or not at all")
	}
	// All of it holds after a restart.
	body, err := d.Save()
	if err != nil {
		t.Fatal(err)
	}
	again := NewDoor()
	again.Set(d.people)
	if err := again.Learn(body); err != nil {
		t.Fatal(err)
	}
	d = again
	if in(Keys(codes[1]), night) != "" || in(app(t, night.Add(30*time.Second)), night.Add(30*time.Second)) != "" || in(Keys(codes[2]), night) != "anna" {
		t.Error("a restart forgot what was used, or what was not")
	}
	if strings.Contains(string(body), codes[0]) || strings.Contains(string(body), annasPIN) {
		t.Error("what is kept has a code or a PIN in it")
	}
}

func TestWhatWasUsedIsNotKnownAfterADamage(t *testing.T) {
	d, _ := opened(t)
	d.Forgotten(night)
	if v := d.Try(annasPhone, annasPIN, app(t, night), night); v.Person != "" {
		t.Error("a code that may have been used before opened")
	}
	if v := d.Try(annasPhone, annasPIN, app(t, night.Add(time.Minute)), night.Add(time.Minute)); v.Person != "anna" {
		t.Errorf("a minute later: %+v", v)
	}
}

// FAULTS A21: 10 wrong ones of a number, or 50 in all, within ten minutes.
func TestWrongTriesLock(t *testing.T) {
	t.Run("a number, after 10, for ten minutes and then for twenty", func(t *testing.T) {
		d, codes := opened(t)
		now := night
		for i := range mostNumber {
			if v := d.Try(unknown, "000001", "1", now); (len(v.Locked) == 1) != (i == mostNumber-1) {
				t.Fatalf("try %d: %+v", i+1, v)
			}
		}
		if v := d.Try(unknown, annasPIN, Keys(codes[0]), now.Add(9*time.Minute)); v.Person != "" || v.Why != "locked" || v.Wait != mostWait {
			t.Errorf("within its lock: %+v", v)
		}
		if v := d.Try("+31611111111", annasPIN, Keys(codes[0]), now); v.Person != "anna" {
			t.Errorf("another number: %+v", v)
		}
		if now = now.Add(10 * time.Minute); d.Try(unknown, annasPIN, Keys(codes[1]), now).Person != "anna" {
			t.Error("after it")
		}
		for range mostNumber {
			d.Try(unknown, "000001", "1", now)
		}
		if d.Try(unknown, annasPIN, Keys(codes[2]), now.Add(19*time.Minute)).Person != "" || d.Try(unknown, annasPIN, Keys(codes[2]), now.Add(20*time.Minute)).Person != "anna" {
			t.Error("the second lock is not twice as long")
		}
	})
	t.Run("a known number has 30, and does not pay for strangers", func(t *testing.T) {
		d, codes := opened(t)
		for i := range mostAll {
			v := d.Try(wissel.Number(fmt.Sprintf("+316%08d", i)), "000001", "1", night)
			if shut := slices.ContainsFunc(v.Locked, func(s string) bool { return strings.Contains(s, "not known") }); shut != (i == mostAll-1) {
				t.Fatalf("try %d: %+v", i+1, v)
			}
		}
		if v := d.Try("+31699999999", annasPIN, Keys(codes[0]), night); v.Why != "locked" {
			t.Errorf("a stranger who never tried: %+v", v)
		}
		for i := range mostKnown {
			if v := d.Try(annasPhone, "000001", "1", night); v.Why != "wrong PIN" || (len(v.Locked) > 0) != (i == mostKnown-1) {
				t.Fatalf("try %d of a known number: %+v", i+1, v)
			}
		}
		if v := d.Try(annasPhone, annasPIN, Keys(codes[0]), night); v.Why != "locked" {
			t.Errorf("the known number: %+v", v)
		}
		d.Unlock("anna")
		if v := d.Try(annasPhone, annasPIN, Keys(codes[0]), night); v.Person != "anna" {
			t.Errorf("unlocked: %+v", v)
		}
	})
	t.Run("and is let go for whatever telephone he has, hidden or not", func(t *testing.T) {
		for _, from := range []wissel.Number{"", unknown} {
			d, codes := opened(t)
			for range mostNumber {
				d.Try(from, "000001", "1", night)
			}
			d.Unlock("anna")
			if v := d.Try(from, annasPIN, Keys(codes[0]), night); v.Person != "anna" {
				t.Errorf("from %q: %+v", from, v)
			}
		}
	})
	t.Run("but not for the telephone of another", func(t *testing.T) {
		d, codes := opened(t)
		for range mostKnown {
			d.Try(annasPhone, "000001", "1", night)
		}
		d.Unlock("bob")
		if v := d.Try(annasPhone, annasPIN, Keys(codes[0]), night); v.Why != "locked" {
			t.Errorf("%+v", v)
		}
	})
	t.Run("what was kept comes late, and takes no lock away", func(t *testing.T) {
		before, _ := opened(t)
		before.Try(unknown, "000001", "1", night)
		kept, err := before.Save()
		if err != nil {
			t.Fatal(err)
		}
		d, codes := opened(t)
		for range mostNumber {
			d.Try(unknown, "000001", "1", night)
		}
		if err := d.Learn(kept); err != nil {
			t.Fatal(err)
		}
		if v := d.Try(unknown, annasPIN, Keys(codes[0]), night); v.Why != "locked" {
			t.Errorf("%+v", v)
		}
		for range mostNumber - 1 {
			before.Try("+31611111111", "000001", "1", night)
		}
		if kept, err = before.Save(); err != nil {
			t.Fatal(err)
		}
		d, _ = opened(t)
		d.Try("+31611111111", "000001", "1", night)
		if err := d.Learn(kept); err != nil {
			t.Fatal(err)
		}
		if v := d.Try("+31611111111", "000001", "1", night); len(v.Locked) == 0 {
			t.Error("tries of before and since are not counted together")
		}
	})
	t.Run("a PIN, from whatever number, after 10 wrong codes", func(t *testing.T) {
		d, codes := opened(t)
		for i := range mostPerson {
			v := d.Try(wissel.Number(fmt.Sprintf("+316%08d", i)), annasPIN, "123456", night)
			if v.Why != "wrong code" || (len(v.Locked) > 0) != (i == mostPerson-1) {
				t.Fatalf("try %d: %+v", i+1, v)
			}
		}
		if v := d.Try(annasPhone, annasPIN, Keys(codes[0]), night); v.Why != "locked" {
			t.Errorf("%+v", v)
		}
		if s := d.People(night)[0]; s.Locked.IsZero() || s.Codes != 3 {
			t.Errorf("%+v", s)
		}
	})
	t.Run("wrong ones that are far apart lock nothing", func(t *testing.T) {
		d, _ := opened(t)
		for i := range 100 {
			if v := d.Try(unknown, "000001", "1", night.Add(time.Duration(i)*70*time.Second)); len(v.Locked) > 0 {
				t.Fatalf("try %d: %+v", i+1, v)
			}
		}
	})
	t.Run("a clock that is set back an hour leaves nobody locked for that", func(t *testing.T) {
		d, codes := opened(t)
		for range mostNumber {
			d.Try(unknown, "000001", "1", night.Add(2*time.Hour))
		}
		if v := d.Try(unknown, annasPIN, Keys(codes[0]), night); v.Person != "anna" {
			t.Errorf("%+v", v)
		}
	})
}

// No oracle: what is wrong changes neither the wait nor how often one is still asked.
func TestEveryWrongTryWaitsTheSame(t *testing.T) {
	tries := [][2]Keys{{"111222", "123456"}, {annasPIN, "123456"}, {bobsPIN, "12345678"}, {"", ""}, {annasPIN, ""}, {"1", "1"}}
	for i, try := range tries {
		d, _ := opened(t)
		from := []wissel.Number{unknown, annasPhone}[i%2] // a known number waits as long
		var waits []time.Duration
		for range 6 {
			waits = append(waits, d.Try(from, try[0], try[1], night).Wait)
		}
		if want := []time.Duration{time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second, 8 * time.Second, 8 * time.Second}; !slices.Equal(waits, want) {
			t.Errorf("%v waits %v, want %v", [2]string{string(try[0]), string(try[1])}, waits, want)
		}
	}
}

func TestTheTallyStaysSmall(t *testing.T) {
	d, _ := opened(t)
	for i := range 3 * mostNumbers {
		d.Tally.wrong(wissel.Number(fmt.Sprint("+316", i)), true, "", night.Add(time.Duration(i)*time.Second))
	}
	if n := len(d.Tally.Numbers); n > mostNumbers {
		t.Errorf("%d numbers are remembered", n)
	}
}

// Whatever is keyed, in whatever order: nobody is in without the PIN and a code of the same person that was never used.
func TestNobodyIsInWithoutBoth(t *testing.T) {
	d, codes := opened(t)
	used := map[Keys]bool{}
	now := night
	rapid.Check(t, func(rt *rapid.T) {
		now = now.Add(time.Duration(rapid.IntRange(0, 900).Draw(rt, "later")) * time.Second)
		some := rapid.StringMatching(`[0-9]{0,9}`)
		p := Keys(rapid.OneOf(some, rapid.SampledFrom([]string{annasPIN, bobsPIN, annasPIN[:5], annasPIN + "1"})).Draw(rt, "pin"))
		c := Keys(rapid.OneOf(some, rapid.SampledFrom(codes), rapid.SampledFrom([]string{
			string(app(t, now)), string(app(t, now.Add(-45*time.Second))), string(app(t, now.Add(time.Hour)))})).Draw(rt, "code"))
		from := rapid.SampledFrom([]wissel.Number{annasPhone, unknown, ""}).Draw(rt, "from")
		v := d.Try(from, p, c, now)
		near := slices.ContainsFunc([]time.Duration{-period, 0, period}, func(off time.Duration) bool { return app(t, now.Add(off)) == c })
		good := p == annasPIN && !used[c] && (slices.Contains(codes, string(c)) || near)
		switch {
		case v.Person != "" && !good:
			rt.Fatalf("%s is in by %q and %q: %+v", v.Person, string(p), string(c), v)
		case v.Person != "" && v.Person != "anna":
			rt.Fatalf("%s is in", v.Person)
		case v.Person != "":
			used[c] = true
		}
	})
}
