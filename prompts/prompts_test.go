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
					if strings.HasPrefix(name, p) {
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
		{"a file missing", lose("audio/nl/menu.text.wav"), "en/menu.text", "callers hear en/menu.text instead"},
		{"its wideband half missing", lose("audio/nl/menu.text.g722"), "en/menu.text", "callers hear en/menu.text instead"},
		{"a language absent", lose("audio/nl/"), "en/menu.text", "callers hear en/menu.text instead"},
		{"lost in each language", lose("audio/nl/menu.text", "audio/en/menu.text"), "nl/generic", "callers hear nl/generic instead"},
		{"all of one language, and it in the other", lose("audio/nl/", "audio/en/menu.text"), "en/generic", "callers hear en/generic instead"},
		{"all sound lost", lose("audio/"), "tone", "callers hear tone instead"},
		{"unreadable", func(m fstest.MapFS) { m["audio/nl/menu.text.wav"].Data = []byte("no sound") }, "en/menu.text", "not a WAV file"},
		{"wrong rate", func(m fstest.MapFS) { m["audio/nl/menu.text.wav"].Data[25] = 0x3e }, "en/menu.text", "not 8000"},
		{"empty", func(m fstest.MapFS) { m["audio/nl/menu.text.g722"].Data = nil }, "en/menu.text", "holds no sound"},
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
	if c := s.Clip("fr", "menu.text"); c.Name != "nl/menu.text" {
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
		{"nothing", nil, "nl/generic"},
		{"no digits", []ivr.Prompt{{Lang: "en"}}, "nl/generic"},
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
	if ps := s.Check(s.Languages(), s.Texts().IDs()...); len(ps) != 0 {
		t.Error(ps)
	}
	for d := range 10 {
		if c := s.Clip("nl", "digit."+string(rune('0'+d))); c.Duration() > time.Second {
			t.Errorf("%s lasts %v", c.Name, c.Duration())
		}
	}
}

func TestCatalogueOfTexts(t *testing.T) {
	c, err := Parse("# words\n[a.b]\nnl: Eén,\n  twee.\nen (nl): Drie\n\n[c]\nde: Vier\n")
	if err != nil {
		t.Fatal(err)
	}
	if text, ok := c.Text("nl", "a.b"); !ok || text != (Text{"nl", "Eén, twee."}) {
		t.Errorf("%+v", text)
	}
	if text, ok := c.Text("en", "a.b"); !ok || text != (Text{"nl", "Drie"}) {
		t.Errorf("%+v", text)
	}
	if _, ok := c.Text("de", "a.b"); ok {
		t.Error("a text that nobody wrote")
	}
	if got := strings.Join(c.Languages(), " ") + " " + strings.Join(c.IDs(), " "); got != "nl en de a.b c" {
		t.Error(got)
	}
	for _, bad := range []string{"nl: text without an id", "[A]", "[a", "[../a]", "[a]\n[a]", "[a]\n  more", "[a]\nnl: x\nnl: y", "[a]\nnl text"} {
		if _, err := Parse(bad + "\n"); err == nil {
			t.Errorf("%q was read", bad)
		}
	}
}
