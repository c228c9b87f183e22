package privacy

import (
	"os"
	"strings"
	"testing"
)

// What the privacy officer reads is what holds.
func TestTheDocsSayWhatIsKept(t *testing.T) {
	text, err := os.ReadFile("../../docs/privacy.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, one := range All {
		row := "| `" + string(one.Kind) + "` | " + one.What + " | " + one.Why + " | " + Days(one.Default) + " after " + one.From + " | " + one.After + " |"
		if !strings.Contains(string(text), "\n"+row+"\n") {
			t.Errorf("docs/privacy.md has not:\n%s", row)
		}
	}
}
