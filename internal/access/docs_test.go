package access

import (
	"os"
	"strings"
	"testing"
)

// The table that operators read is the one that holds.
func TestTheDocsSayWhoMayDoWhat(t *testing.T) {
	text, err := os.ReadFile("../../docs/operating.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range Roles {
		var may []string
		for _, p := range held[r] {
			may = append(may, string(p))
		}
		if row := "| " + string(r) + " | " + strings.Join(may, ", ") + " |"; !strings.Contains(string(text), "\n"+row+"\n") {
			t.Errorf("docs/operating.md has not: %s", row)
		}
	}
}
