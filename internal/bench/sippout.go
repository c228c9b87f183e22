package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// sippFile reads the one file of a folder that matches pattern: sipp puts its own process id into the names.
func sippFile(dir, pattern string) (string, error) {
	files, err := filepath.Glob(filepath.Join(dir, pattern))
	if err != nil {
		return "", fmt.Errorf("look for sipp's %s: %w", pattern, err)
	}
	if len(files) != 1 {
		return "", fmt.Errorf("sipp left %d files %s in %s", len(files), pattern, dir)
	}
	text, err := os.ReadFile(files[0])
	if err != nil {
		return "", fmt.Errorf("read what sipp counted: %w", err)
	}
	return string(text), nil
}

// sippCounts are the last line of sipp's statistics.
type sippCounts struct {
	Created, Good, Failed, Retransmitted int
	Elapsed                              time.Duration
}

// parseCounts reads sipp's statistics (-trace_stat): names in the first line, the last line counts.
func parseCounts(text string) (c sippCounts, err error) {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	if len(lines) < 2 {
		return c, errors.New("sipp's statistics hold no line")
	}
	names, values := strings.Split(lines[0], ";"), strings.Split(lines[len(lines)-1], ";")
	column := func(name string) string {
		if i := slices.Index(names, name); i >= 0 && i < len(values) {
			return strings.TrimSpace(values[i])
		}
		return ""
	}
	for name, to := range map[string]*int{"TotalCallCreated": &c.Created, "SuccessfulCall(C)": &c.Good,
		"FailedCall(C)": &c.Failed, "Retransmissions(C)": &c.Retransmitted} {
		if *to, err = strconv.Atoi(column(name)); err != nil {
			return c, fmt.Errorf("sipp's %s: %w", name, err)
		}
	}
	if c.Elapsed, err = clock(column("ElapsedTime(C)")); err != nil {
		return c, fmt.Errorf("sipp's ElapsedTime(C): %w", err)
	}
	return c, nil
}

// clock reads "00:00:04", "00:00:04:518" or "00:00:04:518000": hours, minutes, seconds and a fraction.
func clock(text string) (time.Duration, error) {
	field := strings.Split(text, ":")
	if len(field) < 3 || len(field) > 4 {
		return 0, fmt.Errorf("%q is no time", text)
	}
	seconds, err := time.ParseDuration(field[0] + "h" + field[1] + "m" + field[2] + "s")
	if err != nil || len(field) == 3 {
		return seconds, err
	}
	fraction, err := time.ParseDuration("0." + field[3] + "s")
	return seconds + fraction, err
}

// parseTimes reads sipp's response times (-trace_rtt) of one timer, in the order in which they were measured.
func parseTimes(text, timer string) (all []responseTime, err error) {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	for _, line := range lines[1:] {
		field := strings.Split(line, ";")
		if len(field) < 3 || field[2] != timer {
			continue
		}
		at, err1 := strconv.ParseFloat(field[0], 64)
		took, err2 := strconv.ParseFloat(field[1], 64)
		if err := errors.Join(err1, err2); err != nil {
			return nil, fmt.Errorf("sipp's response time %q: %w", line, err)
		}
		all = append(all, responseTime{
			At:   time.Duration(at * float64(time.Millisecond)),
			Took: time.Duration(took * float64(time.Millisecond)),
		})
	}
	return all, nil
}

// responseTime is one of sipp's measurements; At is on a clock of sipp's own.
type responseTime struct{ At, Took time.Duration }

// took gives the response times alone, in order of size.
func took(all []responseTime) []time.Duration {
	times := make([]time.Duration, len(all))
	for i, r := range all {
		times[i] = r.Took
	}
	slices.Sort(times)
	return times
}
