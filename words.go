package wissel

import (
	"fmt"
	"strconv"
	"time"
)

// Percent writes a share of 1000 for people: "10 %", "2.5 %".
func Percent(share int) string { return strconv.FormatFloat(float64(share)/10, 'f', -1, 64) + " %" }

// Clock writes a time of day for people, in this machine's zone: "15:04:05".
func Clock(t time.Time) string { return t.Local().Format(time.TimeOnly) }

// Moment writes a day and a time for people, in this machine's zone: "2 Jan 15:04:05". It is for what may be read on another
// day.
func Moment(t time.Time) string { return t.Local().Format("2 Jan 15:04:05") }

// Span writes a length of time for people: "9 days", "3h20m", "1m5s", "45s", "400ms".
func Span(d time.Duration) string {
	switch {
	case d >= 48*time.Hour:
		return strconv.Itoa(int(d.Hours()/24)) + " days"
	case d >= time.Hour:
		d = d.Truncate(time.Minute)
		return fmt.Sprintf("%dh%02dm", int(d.Hours()), int(d.Minutes())%60)
	case d >= time.Minute:
		return d.Truncate(time.Second).String()
	}
	return d.Round(100 * time.Millisecond).String()
}
