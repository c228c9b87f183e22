package main

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestParseCounts(t *testing.T) {
	head := "StartTime;ElapsedTime(P);ElapsedTime(C);TotalCallCreated;SuccessfulCall(C);FailedCall(C);Retransmissions(C);\n"
	for _, row := range []struct {
		name, text string
		want       sippCounts
		wrong      bool
	}{
		{"the last line counts", head + "x;00:00:01;00:00:01:000000;500;400;0;0;\nx;00:00:01;00:00:04:518000;2000;1990;10;7;\n",
			sippCounts{2000, 1990, 10, 7, 4518 * time.Millisecond}, false},
		{"names without a line are no statistics", head, sippCounts{}, true},
		{"a column that is not there", "ElapsedTime(C)\n00:00:01\n", sippCounts{}, true},
		{"nothing", "", sippCounts{}, true},
		{"a time that is none", head + "x;00:00:01;soon;500;400;0;0;\n", sippCounts{}, true},
	} {
		t.Run(row.name, func(t *testing.T) {
			got, err := parseCounts(row.text)
			if (err != nil) != row.wrong {
				t.Fatalf("error %v", err)
			}
			if !row.wrong && got != row.want {
				t.Errorf("got %+v, want %+v", got, row.want)
			}
		})
	}
}

func TestClock(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"00:00:04": 4 * time.Second, "01:02:03": time.Hour + 2*time.Minute + 3*time.Second,
		"00:00:04:518": 4518 * time.Millisecond, "00:00:00:004000": 4 * time.Millisecond,
	} {
		if got, err := clock(text); err != nil || got != want {
			t.Errorf("clock(%q) = %v, %v; want %v", text, got, err, want)
		}
	}
	for _, text := range []string{"", "12", "a:b:c", "1:2:3:4:5"} {
		if got, err := clock(text); err == nil {
			t.Errorf("clock(%q) = %v, want an error", text, got)
		}
	}
}

func TestParseTimes(t *testing.T) {
	text := "Date_ms;response_time_ms;rtd_no\n1000.5;12;1\n1001;40;2\n1002;4.25;1\n"
	got, err := parseTimes(text, "1")
	if err != nil || len(got) != 2 {
		t.Fatalf("%v, %v", got, err)
	}
	if sorted := took(got); sorted[0] != 4250*time.Microsecond || sorted[1] != 12*time.Millisecond {
		t.Errorf("in order of size: %v", sorted)
	}
	if _, err := parseTimes("head\nx;y;1\n", "1"); err == nil {
		t.Error("a line without numbers is read as if it had some")
	}
}

func TestSippFile(t *testing.T) {
	dir := t.TempDir()
	if _, err := sippFile(dir, "uac_*_.csv"); err == nil {
		t.Error("no file is no fault")
	}
	if err := os.WriteFile(filepath.Join(dir, "uac_12_.csv"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if text, err := sippFile(dir, "uac_*_.csv"); err != nil || text != "x" {
		t.Errorf("%q, %v", text, err)
	}
}
