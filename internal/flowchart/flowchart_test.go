package flowchart

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"

	"wissel/ivr"
)

var steps = []ivr.Outline{
	{Step: "message", Kind: "say", Plays: []string{"hello"}, Exits: []ivr.Exit{{When: "then", To: "menu"}}},
	{Step: "menu", Kind: "menu", Plays: []string{"ask"}, Exits: []ivr.Exit{{When: "key 1", To: "bye"}, {When: "key 3", To: "message"}, {When: `a < "b" and so on and so on and so on`, To: "bye"}}},
	{Step: "bye", Kind: "end", Exits: []ivr.Exit{{When: "then", Out: "hangs up"}}},
}

func TestText(t *testing.T) {
	want := `message  (say)
    “hello!”
    └─ then ─▶ menu

menu  (menu)
    “ask!”
    ├─ key 1 ─────────────────────────────────▶ bye
    ├─ key 3 ─────────────────────────────────▶ message ↑
    └─ a < "b" and so on and so on and so on ─▶ bye

bye  (end)
    └─ then ─▶ [hangs up]

`
	if got := Text(steps, func(id string) string { return id + "!" }); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// The drawing is XML that can be read; every step is a box, every way to the right a line, and no two boxes overlap.
func TestSVG(t *testing.T) {
	svg := SVG("flow <a>", steps)
	count := map[string]int{}
	for d := xml.NewDecoder(strings.NewReader(svg)); ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if e, ok := token.(xml.StartElement); ok {
			count[e.Name.Local]++
		}
	}
	if count["rect"] != 1+3 || count["path"] != 1+3 || count["text"] != 2*3+5 {
		t.Errorf("%v", count)
	}
	if !strings.Contains(svg, "key 3 ↩ message") || !strings.Contains(svg, "hangs up") || strings.Contains(svg, "<a>") {
		t.Error(svg)
	}
	boxes, width, height := layout(steps)
	for i, a := range boxes {
		if a.x+boxWidth > width || a.y+a.height > height {
			t.Errorf("%s is outside", a.Step)
		}
		for _, b := range boxes[:i] {
			if a.x < b.x+boxWidth && b.x < a.x+boxWidth && a.y < b.y+b.height && b.y < a.y+a.height {
				t.Errorf("%s lies on %s", a.Step, b.Step)
			}
		}
	}
}
