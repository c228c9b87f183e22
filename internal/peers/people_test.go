package peers

import (
	"strings"
	"testing"
	"time"

	"wissel"
	"wissel/internal/audio"
	"wissel/internal/web"
)

// annas is the telephone of the one colleague, at the reserve carrier.
const annas = "+31611111111"

// withAnna is a server whose callers are brought to anna, who is logged on, and then to the flow.
func withAnna(t *testing.T) *server {
	t.Helper()
	s := serve(t, "groups:\n", "people: {home: [{name: anna, phone: \""+annas+"\"}]}\ngroups:\n", "[platform, reserve, flow:storing]", "[people:home, flow:storing]")
	if _, err := s.client.LogPerson(t.Context(), web.LogRequest{List: "home", Name: "anna", On: true, Reason: "at home"}); err != nil {
		t.Fatal(err)
	}
	return s
}

// A real telephone rings a colleague's, who hears what it is about and presses 1 (RFC 4733): only then is the caller answered, and the two
// hear each other.
func TestAColleaguePressesOneAndTalks(t *testing.T) {
	t.Parallel()
	s := withAnna(t)
	anna := baresip(t, annas, s.reserve(), 550)
	s.health("reserve", "up")
	caller := baresip(t, "+31612345001", s.carrier(), 440)
	caller.command("dial", "sip:"+number+"@"+s.wissel())
	asked := anna.sounds("desk.waits")
	if strings.Contains(caller.events.String(), "CALL_ESTABLISHED") {
		t.Error("the caller was answered before she pressed 1")
	}
	caller.tells("CALL_RINGING")
	if calls, err := s.client.Calls(t.Context()); err != nil || len(calls) != 1 || calls[0].Target != "people:home" || calls[0].State != "hunting" {
		t.Errorf("%+v, %v", calls, err)
	}
	anna.command("sndcode", "1")
	caller.tells("CALL_ESTABLISHED")
	const enough = 2 * 8000
	eventually(t, 15*time.Second, "both hear each other", func() bool {
		his, hers := caller.heard(), anna.heard()
		return len(his) > enough && audio.Goertzel(his[len(his)-8000:], 8000, 550) > 0.9 && audio.Goertzel(hers[len(hers)-8000:], 8000, 440) > 0.9
	})
	caller.command("hangup", "")
	anna.tells("CALL_CLOSED")
	s.expect(1, map[string]int{"answered people:home": 1})
	cdrs, _ := s.records()
	if a := cdrs[0].Attempts; len(a) != 1 || a[0].Person != "anna" || a[0].Over != "reserve" || cdrs[0].Digits != 0 {
		t.Errorf("%+v", a)
	}
	row(t, "people/talk", "baresip is brought to a colleague's baresip, which hears the whisper (%.2f alike) and presses 1; both hear each other", asked)
}

// A colleague's voicemail answers with its greeting and presses nothing: it takes no caller, who goes on to the flow.
func TestAColleaguesVoicemailTakesNobody(t *testing.T) {
	t.Parallel()
	s := withAnna(t)
	anna := baresip(t, annas, s.reserve(), 990)
	s.health("reserve", "up")
	caller := baresip(t, "+31612345001", s.carrier(), 440)
	caller.command("dial", "sip:"+number+"@"+s.wissel())
	anna.sounds("desk.waits")
	if strings.Contains(caller.events.String(), "CALL_ESTABLISHED") {
		t.Error("a voicemail took the caller")
	}
	eventually(t, 30*time.Second, "the caller is answered", func() bool { return strings.Contains(caller.events.String(), "CALL_ESTABLISHED") })
	anna.tells("CALL_CLOSED")
	caller.sounds("outage.welcome")
	if share := audio.Goertzel(caller.heard(), 8000, 990); share > 0.05 {
		t.Errorf("he heard the greeting: %.2f", share)
	}
	caller.command("hangup", "")
	caller.tells("CALL_CLOSED")
	s.expect(1, map[string]int{"attended flow:storing": 1})
	cdrs, _ := s.records()
	if a := cdrs[0].Attempts; len(a) < 2 || a[0].Person != "anna" || !strings.Contains(a[0].Why, "1 was not pressed") || a[len(a)-1].Target != (wissel.Target{Flow: "storing"}) {
		t.Errorf("%+v", a)
	}
	row(t, "people/voicemail", "a colleague's baresip answers with a greeting and no key: %q, and the caller hears the flow", cdrs[0].Attempts[0].Why)
}
