package prompts

import (
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"wissel/internal/audio"
	"wissel/ivr"
)

// archive copies the shipped files, so that a test can damage them.
func archive(t *testing.T) fstest.MapFS {
	t.Helper()
	m := fstest.MapFS{}
	err := fs.WalkDir(shipped, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := fs.ReadFile(shipped, path)
		m[path] = &fstest.MapFile{Data: data}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// FAULTS, F36: whatever is lost of the sound, something is heard, and Check had said what.
func TestLostPromptsHaveASubstitute(t *testing.T) {
	lose := func(paths ...string) func(fstest.MapFS) {
		return func(m fstest.MapFS) {
			for _, p := range paths {
				for name := range m {
					if strings.HasPrefix(name, "languages/"+p) && !strings.HasSuffix(name, ".txt") {
						delete(m, name)
					}
				}
			}
		}
	}
	for _, row := range []struct {
		name   string
		damage func(fstest.MapFS)
		heard  string // in place of nl/menu.text
		said   string // what Check says of it; empty: nothing
	}{
		{"nothing lost", lose(), "nl/menu.text", ""},
		{"a file missing", lose("nl/menu.text.wav"), "en/menu.text", "callers hear en/menu.text instead"},
		{"its wideband half missing", lose("nl/menu.text.g722"), "en/menu.text", "callers hear en/menu.text instead"},
		{"a language absent", lose("nl/"), "en/menu.text", "callers hear en/menu.text instead"},
		{"lost in each language", lose("nl/menu.text", "en/menu.text"), "nl/generic", "callers hear nl/generic instead"},
		{"all of one language, and it in the other", lose("nl/", "en/menu.text"), "en/generic", "callers hear en/generic instead"},
		{"all sound lost", lose(""), "tone", "callers hear tone instead"},
		{"unreadable", func(m fstest.MapFS) { m["languages/nl/menu.text.wav"].Data = []byte("no sound") }, "en/menu.text", "not a WAV file"},
		{"wrong rate", func(m fstest.MapFS) { m["languages/nl/menu.text.wav"].Data[25] = 0x3e }, "en/menu.text", "not 8000"},
		{"empty", func(m fstest.MapFS) { m["languages/nl/menu.text.g722"].Data = nil }, "en/menu.text", "holds no sound"},
	} {
		t.Run(row.name, func(t *testing.T) {
			m := archive(t)
			row.damage(m)
			s, err := open(m)
			if err != nil {
				t.Fatal(err)
			}
			c := s.Clip("nl", "menu.text")
			if c.Name != row.heard {
				t.Errorf("heard: %s, want %s", c.Name, row.heard)
			}
			for _, codec := range []audio.Codec{audio.ALaw, audio.MuLaw, audio.G722} {
				if pcm, _ := audio.Decode(c.Bytes[codec], codec); audio.Level(pcm) < -40 {
					t.Errorf("%s is silence in %v", c.Name, codec)
				}
			}
			said := ""
			for _, p := range s.Check([]string{"nl", "en"}, "menu.text") {
				if p.Path == "prompts.nl/menu.text" {
					said = p.Msg
				}
			}
			if (row.said == "") != (said == "") || !strings.Contains(said, row.said) {
				t.Errorf("Check says %q, want %q", said, row.said)
			}
			if !s.Has("nl", "menu.text") {
				t.Error("a prompt with a text can fall back, so a flow may use it")
			}
		})
	}
}

func TestAFlowMayNotUseWhatCannotFallBack(t *testing.T) {
	s := store(t)
	if s.Has("nl", "no.such") || s.Has("fr", "menu.text") {
		t.Error("a prompt without text and sound is no prompt")
	}
	if c := s.Clip("fr", "menu.text"); c.Name != "en/menu.text" {
		t.Errorf("a language nobody has gives %s", c.Name)
	}
	if c := s.Clip("nl", "no.such"); c.Name != "nl/generic" {
		t.Errorf("a prompt nobody has gives %s", c.Name)
	}
}

func TestClipsOfAFlow(t *testing.T) {
	s := store(t)
	for _, row := range []struct {
		name string
		ask  []ivr.Prompt
		want string
	}{
		{"a prompt and a number", []ivr.Prompt{{Lang: "nl", ID: "number.heard"}, {Lang: "nl", Digits: "061"}}, "nl/number.heard nl/digit.0 nl/digit.6 nl/digit.1"},
		{"two languages", []ivr.Prompt{{Lang: "en", ID: "language.choose"}, {Lang: "nl", ID: "language.choose"}}, "en/language.choose nl/language.choose"},
		{"signs among the digits", []ivr.Prompt{{Lang: "en", Digits: "+31 20"}}, "en/digit.3 en/digit.1 en/digit.2 en/digit.0"},
		{"nothing", nil, "en/generic"},
		{"no digits", []ivr.Prompt{{Lang: "nl"}}, "en/generic"},
		{"a telephone number in its groups", []ivr.Prompt{{Lang: "nl", As: ivr.AsPhone, Digits: "0612045678"}}, "nl/digit.0 nl/digit.6 pause nl/number.12 nl/digit.0 nl/digit.4 nl/number.56 nl/number.78"},
		{"a telephone number in a language nobody has", []ivr.Prompt{{Lang: "xx", As: ivr.AsPhone, Digits: "061"}}, "en/digit.0 en/digit.6 en/digit.1"},
		{"a count", []ivr.Prompt{{Lang: "nl", As: ivr.AsNumber, Digits: "21"}}, "nl/number.21"},
		{"a count that is none", []ivr.Prompt{{Lang: "nl", As: ivr.AsNumber, Digits: "2x"}}, "nl/digit.2"},
	} {
		t.Run(row.name, func(t *testing.T) {
			var names []string
			for _, c := range s.Clips(row.ask) {
				names = append(names, c.Name)
			}
			if got := strings.Join(names, " "); got != row.want {
				t.Errorf("got %s, want %s", got, row.want)
			}
		})
	}
}

func TestCheckFindsNothingInWhatWeShip(t *testing.T) {
	s := store(t)
	for _, lang := range s.Languages() {
		if ps := s.Check([]string{lang}, s.IDs(lang)...); len(ps) != 0 {
			t.Error(ps)
		}
	}
	for d := range 10 {
		if c := s.Clip("nl", "digit."+string(rune('0'+d))); c.Duration() > time.Second {
			t.Errorf("%s lasts %v", c.Name, c.Duration())
		}
	}
}

func TestTextsOfALanguage(t *testing.T) {
	texts, err := ParseTexts("nl", "# words\na.b: Eén,\n  twee.\nc (en): Drie\n\nd: Vijf: zes\ne:\n")
	if err != nil {
		t.Fatal(err)
	}
	for id, want := range map[string]Text{"a.b": {"nl", "Eén, twee."}, "c": {"en", "Drie"}, "d": {"nl", "Vijf: zes"}} {
		if text, ok := texts.Text(id); !ok || text != want {
			t.Errorf("%s: %+v", id, text)
		}
	}
	if _, ok := texts.Text("e"); ok {
		t.Error("a text that nobody wrote")
	}
	if got := strings.Join(texts.IDs(), " "); got != "a.b c d e" {
		t.Error(got)
	}
	own, err := ParseTexts("nl", "c: Nog eens\nf: Zeven\n")
	if err != nil {
		t.Fatal(err)
	}
	both := own.over(texts)
	if text, _ := both.Text("c"); text != (Text{"nl", "Nog eens"}) || strings.Join(both.IDs(), " ") != "a.b c d e f" {
		t.Errorf("%+v, %v", text, both.IDs())
	}
	for _, bad := range []string{"text without an id", "A: x", "../a: x", "a: x\na: y", "  more", "a: x\n\n  more", "a (english): x", strings.Repeat("a", 65) + ": x"} {
		if _, err := ParseTexts("nl", bad+"\n"); err == nil {
			t.Errorf("%q was read", bad)
		}
	}
}
