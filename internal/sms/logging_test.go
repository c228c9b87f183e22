package sms

import (
	"strings"
	"testing"
)

func TestLoggingByText(t *testing.T) {
	for _, row := range []struct {
		body string
		want Logging // zero: it is something else
	}{
		{"AAN 4711", Logging{true, "4711", "nl"}},
		{"uit 4711", Logging{false, "4711", "nl"}},
		{" On\n47 11. ", Logging{true, "4711", "en"}},
		{"off4711", Logging{false, "4711", "en"}},
		{"Aan: 123456789012", Logging{true, "123456789012", "nl"}},
		{"AAN", Logging{}},
		{"AAN 471", Logging{}},
		{"AAN 1234567890123", Logging{}},
		{"AAN 4711 anna", Logging{}},
		{"4711", Logging{}},
		{"STOP 4711", Logging{}},
		{"ÁAN 4711", Logging{}},
		{"AAN ٤٧١١", Logging{}},
		{"AAN " + strings.Repeat(" ", 100) + "4711", Logging{}},
		{"", Logging{}},
	} {
		got, ok := ReadLogging(row.body)
		if got != row.want || ok != (row.want != Logging{}) {
			t.Errorf("%q: %+v, %v", row.body, got, ok)
		}
		if ok && (strings.ContainsAny(got.Masked(), "0123456789") || got.Word() != map[bool]Word{true: WordLogOn, false: WordLogOff}[got.On]) {
			t.Errorf("%q is kept as %q, %s", row.body, got.Masked(), got.Word())
		}
	}
	if m := (Logging{On: true, Code: "4711", Language: "nl"}).Masked(); m != "AAN ****" {
		t.Error(m)
	}
}
