package configs

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"wissel"
	"wissel/carriers/health"
)

// far is two targets that share nothing by what the file says.
const far = `
listen: {sip: [{bind: "udp://192.0.2.1:5060"}], media: {address: 192.0.2.1, ports: 20000-29999}}
trunks:
  genesys: {role: platform, to: "sip:byoc.example"}
  twilio: {role: platform, to: "sip:twilio.example", test: {number: "+31201239999"}}
  third: {role: platform, to: "sip:third.example"}
groups:
  support: {numbers: [0201234567], plans: {normaal: {targets: [genesys, twilio, third, flow:storing], fresh: 7d}}}
`

// TestDiversityOfWhatWasSeen holds what a check that may look found against the plans.
func TestDiversityOfWhatWasSeen(t *testing.T) {
	at := func(s string) []netip.Addr { return []netip.Addr{netip.MustParseAddr(s)} }
	for _, c := range []struct {
		name string
		seen map[wissel.TrunkID]Seen
		want string // empty: nothing to warn of
	}{
		{"nobody looked", nil, ""},
		{"two far apart", map[wissel.TrunkID]Seen{"genesys": {Addresses: at("198.51.100.5")}, "twilio": {Addresses: at("203.0.113.5")}}, ""},
		{"two in one network", map[wissel.TrunkID]Seen{"genesys": {Addresses: at("198.51.100.5")}, "twilio": {Addresses: at("198.51.100.9")}},
			"twilio is to help when genesys fails, and both are in 198.51.100.0/24: one fault can take both"},
		{"one network in two ways of writing", map[wissel.TrunkID]Seen{"genesys": {Addresses: at("198.51.100.5")}, "twilio": {Addresses: at("::ffff:198.51.100.9")}}, "both are in 198.51.100.0/24"},
		{"two on this machine", map[wissel.TrunkID]Seen{"genesys": {Addresses: at("127.0.0.2")}, "twilio": {Addresses: at("127.0.0.3")}}, ""},
		{"two certificates of one authority", map[wissel.TrunkID]Seen{"genesys": {Certificates: []string{"R11 for a.example"}}, "twilio": {Certificates: []string{"R11 for b.example"}}}, ""},
		{"one certificate for both", map[wissel.TrunkID]Seen{"genesys": {Certificates: []string{"R11 for sbc.example"}}, "twilio": {Certificates: []string{"R11 for sbc.example"}}},
			"both show a certificate of R11 for sbc.example"},
		{"a name that cannot be looked up", map[wissel.TrunkID]Seen{"third": {Trouble: []string{"third.example is unknown to DNS"}}}, "trunks.third.to: third.example is unknown to DNS"},
	} {
		o := quiet()
		o.Seen = c.seen
		f, err := Parse("wissel.yaml", []byte(far), o)
		if err != nil {
			t.Fatal(err)
		}
		if c.want == "" && len(f.Warnings) > 0 || c.want != "" && (len(f.Warnings) != 1 || !strings.Contains(f.Warnings[0].String(), c.want)) {
			t.Errorf("%s: %v, want %q", c.name, f.Warnings, c.want)
		}
	}
}

func TestBackupsThatWereNeverProven(t *testing.T) {
	now := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	lately, once := wissel.Proof{At: now.Add(-6 * 24 * time.Hour)}, wissel.Proof{At: now.Add(-8 * 24 * time.Hour)}
	for _, c := range []struct {
		name   string
		proofs map[wissel.TrunkID]wissel.Proof
		want   []string
	}{
		{"nobody looked", nil, nil},
		{"all within fresh", map[wissel.TrunkID]wissel.Proof{"twilio": lately, "third": lately}, nil}, // the first target is no backup
		{"none at all", map[wissel.TrunkID]wissel.Proof{}, []string{
			"normaal.targets[1]: no call over twilio is known that was answered and heard both ways, so nobody knows whether this backup works; `wissel carriers test twilio` shows it now, and every under trunks.twilio.test does so by itself",
			"normaal.targets[2]: no call over third is known that was answered and heard both ways, so nobody knows whether this backup works; give trunks.third.test a number, and an every",
		}},
		{"one too long ago", map[wissel.TrunkID]wissel.Proof{"twilio": once, "third": lately}, []string{
			"normaal.targets[1]: the last call that proved twilio was at 2026-10-24 00:00, longer ago than the plan's fresh (168h0m0s), so it is not switched to by itself",
		}},
	} {
		o := quiet()
		o.Proofs = c.proofs
		f, err := Parse("wissel.yaml", []byte(far), o)
		if err != nil {
			t.Fatal(err)
		}
		if len(f.Warnings) != len(c.want) {
			t.Errorf("%s: %v, want %q", c.name, f.Warnings, c.want)
			continue
		}
		for i, want := range c.want {
			if !strings.Contains(f.Warnings[i].String(), want) {
				t.Errorf("%s: %v, want %q", c.name, f.Warnings[i], want)
			}
		}
	}
}

// TestUntilDown holds the worst case that check warns by against the verdict itself, with the worst luck at each probe.
func TestUntilDown(t *testing.T) {
	for _, p := range []wissel.Probe{
		{Every: 2 * time.Second, Fast: 500 * time.Millisecond, Timeout: time.Second, Jitter: 0.1},
		{Every: 30 * time.Second, Fast: 5 * time.Second, Timeout: 3 * time.Second},
		{Every: time.Second, Fast: time.Second, Timeout: 100 * time.Millisecond, Jitter: 0.5},
	} {
		for _, fall := range []int{2, 3, 7} {
			policy := health.DefaultPolicy()
			policy.Fall = fall
			stretch := func(d time.Duration) time.Duration { return time.Duration(float64(d) * (1 + p.Jitter)) }
			now := time.Unix(0, 0)
			h := policy.Next(health.Health{}, health.Observation{Layer: health.Probe, Status: 200}, now)
			sent := now.Add(stretch(p.Every))
			lost := sent
			for n := 1; h.State != wissel.Down; n++ {
				lost = sent.Add(p.Timeout)
				h = policy.Next(h, health.Observation{Layer: health.Probe}, lost)
				if sent = sent.Add(max(stretch(p.Fast), p.Timeout)); n == 1 {
					sent = lost.Add(stretch(p.Fast)) // doubt begins with the loss
				}
			}
			if got, want := untilDown(p, fall), lost.Sub(now); got != want {
				t.Errorf("%+v, fall %d: %v, and the verdict takes %v", p, fall, got, want)
			}
		}
	}
}

// TestWarningsOfOnePairAreOne has a hundred groups with the same two targets.
func TestWarningsOfOnePairAreOne(t *testing.T) {
	var b strings.Builder
	b.WriteString(strings.Replace(far, "sip:twilio.example", "sip:byoc.example:5070", 1))
	for i := range 100 {
		n := string(rune('a'+i/26)) + string(rune('a'+i%26))
		b.WriteString("  g" + n + ": {numbers: [\"+3120123" + string(rune('0'+i/10)) + string(rune('0'+i%10)) + "00\"], plans: {a: [genesys, twilio, flow:storing]}}\n")
	}
	f := load(t, b.String())
	if len(f.Warnings) != 1 || !strings.Contains(f.Warnings[0].Msg, "both go to byoc.example (in 100 more plans too)") {
		t.Errorf("%v", f.Warnings)
	}
}
