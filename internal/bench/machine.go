//go:build linux

package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"
)

// machine says on what, and of what versions, the run is.
func machine(ctx context.Context) string {
	lines := []string{
		"date      " + time.Now().UTC().Format("2006-01-02 15:04 UTC"),
		"commit    " + firstLine(ctx, "git", "describe", "--always", "--dirty", "--abbrev=12"),
		fmt.Sprintf("machine   %d x %s, %s, Linux %s", runtime.NumCPU(), cpuModel(), memoryTotal(), firstLine(ctx, "uname", "-r")),
		"load      " + loadAverage() + " (1, 5 and 15 minutes) when the run began",
		"nice      " + firstLine(ctx, "nice"),
		"go        " + runtime.Version(),
		"sipp      " + matching(ctx, "SIPp v", "sipp", "-v"),
		"kamailio  " + matching(ctx, "version:", "kamailio", "-v"),
		"rtpengine " + matching(ctx, "ersion", "rtpengine", "--version"),
	}
	return strings.Join(lines, "\n")
}

func firstLine(ctx context.Context, name string, args ...string) string {
	return matching(ctx, "", name, args...)
}

// matching gives the first line of a program's output that holds part.
func matching(ctx context.Context, part, name string, args ...string) string {
	path, err := find(name)
	if err != nil {
		return "not here"
	}
	out, err := exec.CommandContext(ctx, path, args...).CombinedOutput() // sipp -v exits with 99
	for line := range strings.Lines(string(out)) {
		if line = strings.TrimSpace(line); line != "" && strings.Contains(line, part) {
			return line
		}
	}
	return fmt.Sprintf("unknown (%v)", err)
}

func cpuModel() string {
	text, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return "processor"
	}
	for line := range strings.Lines(string(text)) {
		if name, model, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(model)
		}
	}
	return runtime.GOARCH
}

func memoryTotal() string {
	text, err := os.ReadFile("/proc/meminfo")
	n, ok := kilobytes(string(text), "MemTotal:")
	if err != nil || !ok {
		return "memory unknown"
	}
	return fmt.Sprintf("%.0f GiB", float64(n)/(1<<30))
}

func loadAverage() string {
	text, err := os.ReadFile("/proc/loadavg")
	field := strings.Fields(string(text))
	if err != nil || len(field) < 3 {
		return "unknown"
	}
	return strings.Join(field[:3], " ")
}
