package configs

import (
	"strconv"
	"time"

	"wissel"
	"wissel/internal/privacy"
	"wissel/internal/sealed"
)

type privacyShape struct {
	Keep keepShape `yaml:"keep" doc:"how long what is kept of people is kept: see docs/privacy.md"`
	Keys []string  `yaml:"voice_keys" doc:"keys that encrypt what callers say, 64 hexadecimal digits each, as file:/path or ${NAME}: the first encrypts, each decrypts what it encrypted"`
}

type keepShape struct {
	Calls     time.Duration `yaml:"calls" doc:"call records, from their beginning; 90d"`
	Callbacks time.Duration `yaml:"callbacks" doc:"what callers asked for, from when it was closed; 30d"`
	Voices    time.Duration `yaml:"voices" doc:"what callers said, from when their callback was closed, and never longer than callbacks; 30d"`
	Texts     time.Duration `yaml:"texts" doc:"the words of texts; 7d"`
	Receipts  time.Duration `yaml:"receipts" doc:"that a text was sent or received, to or from whom; 90d"`
	Decisions time.Duration `yaml:"decisions" doc:"what wissel decided and why; 730d"`
	Audit     time.Duration `yaml:"audit" doc:"what operators did and looked at; 730d"`
}

// times are the keys of keepShape by kind.
func (s *keepShape) times() map[privacy.Kind]*time.Duration {
	return map[privacy.Kind]*time.Duration{
		privacy.Calls: &s.Calls, privacy.Callbacks: &s.Callbacks, privacy.Voices: &s.Voices, privacy.Texts: &s.Texts,
		privacy.Receipts: &s.Receipts, privacy.Decisions: &s.Decisions, privacy.Audit: &s.Audit,
	}
}

func defaultKeep() (s keepShape) {
	for kind, d := range privacy.DefaultSettings().Keep {
		*s.times()[kind] = d
	}
	return s
}

// mostKeys bounds the keys that are tried.
const mostKeys = 16

// Privacy is what is kept of people.
type Privacy struct {
	privacy.Settings
	Voice sealed.Ring // empty: what callers say is written as it is
}

// privacy reads what is kept, how long, and under which keys.
func (l *loader) privacy(s privacyShape) {
	const at = "privacy"
	out := &l.out.Privacy
	out.Settings = privacy.Settings{Keep: map[privacy.Kind]time.Duration{}}
	for kind, d := range s.Keep.times() {
		out.Keep[kind] = *d
	}
	l.doc.take(out.Check(at))
	if len(s.Keys) > mostKeys {
		l.doc.problem(at+".voice_keys", "%d keys are more than %d; take out those that encrypted nothing which is still kept", len(s.Keys), mostKeys)
		return
	}
	seen := map[string]int{}
	for i, written := range s.Keys {
		path := at + ".voice_keys[" + strconv.Itoa(i) + "]"
		if written == "" {
			l.doc.problem(path, "a key belongs here: file:/etc/wissel/voice.key, or ${NAME}")
			continue
		}
		secret := l.secret(path, written).Reveal()
		if secret == unusable {
			continue // that has been said
		}
		k, err := sealed.ParseKey(secret)
		if err != nil {
			l.doc.problem(path, "%v", err)
			continue
		}
		if first, ok := seen[k.ID()]; ok {
			l.doc.problem(path, "this is the key of voice_keys[%d] once more", first)
			continue
		}
		seen[k.ID()] = i
		out.Voice = append(out.Voice, k)
	}
}

// Unsealed warns where a flow of a plan records callers, and no key is set; empty: all is well.
func (f *File) Unsealed() string {
	if len(f.Privacy.Voice) > 0 {
		return ""
	}
	for _, id := range names(f.Groups) {
		for _, plan := range f.Groups[wissel.GroupID(id)].Plans {
			for _, t := range plan.Targets {
				if p := f.Flows[t.Flow]; p != nil && p.Records() {
					return "privacy.voice_keys: what callers say is written to disk as it is, and there are flows that record them; put a key of " +
						"`openssl rand -hex 32` into a file that nobody else may read, and name it here"
				}
			}
		}
	}
	return ""
}
