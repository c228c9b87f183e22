//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// process is a program that this run started, and ends by its own id.
type process struct {
	name string
	dir  string
	cmd  *exec.Cmd
	done chan struct{}
	out  *os.File
}

// start runs a program in dir; what it prints goes to a file there.
func start(dir, name string, args ...string) (*process, error) {
	path, err := find(name)
	if err != nil {
		return nil, err
	}
	p := &process{name: filepath.Base(name), dir: dir, cmd: exec.Command(path, args...), done: make(chan struct{})}
	if p.out, err = os.Create(filepath.Join(dir, p.name+".out")); err != nil {
		return nil, fmt.Errorf("make a file for what %s prints: %w", p.name, err)
	}
	p.cmd.Dir, p.cmd.Stdout, p.cmd.Stderr = dir, p.out, p.out
	p.cmd.Env = append(os.Environ(), "TERM=dumb")
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := p.cmd.Start(); err != nil {
		return nil, errors.Join(fmt.Errorf("start %s: %w", p.name, err), p.out.Close())
	}
	go func() {
		_ = p.cmd.Wait() // how it ended is in ProcessState
		close(p.done)
	}()
	return p, nil
}

// find looks for a program, also where a plain user's path does not lead.
func find(name string) (string, error) {
	if path, err := exec.LookPath(name); err == nil {
		return path, nil
	}
	path, err := exec.LookPath(filepath.Join("/usr/sbin", name))
	if err != nil {
		return "", fmt.Errorf("find %s (`.ci/tools bench` installs it): %w", name, err)
	}
	return path, nil
}

// signal sends a signal to the process and what it started; one that has ended gets none.
func (p *process) signal(s syscall.Signal) {
	select {
	case <-p.done:
	default:
		_ = syscall.Kill(-p.cmd.Process.Pid, s) // it may just have ended
	}
}

// stop asks it to end, and ends it after grace.
func (p *process) stop(grace time.Duration) {
	p.signal(syscall.SIGCONT)
	p.signal(syscall.SIGTERM)
	select {
	case <-p.done:
	case <-time.After(grace):
	}
	p.signal(syscall.SIGKILL)
	<-p.done
	_ = p.out.Close() // only ever written by the process
}

// wait waits until it ends by itself.
func (p *process) wait(ctx context.Context, most time.Duration) error {
	select {
	case <-p.done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(most):
		return fmt.Errorf("%s did not end in %v", p.name, most)
	}
}

// printed gives the end of what it printed, for an error.
func (p *process) printed() string {
	text, err := os.ReadFile(p.out.Name())
	if err != nil {
		return err.Error()
	}
	return string(text[max(0, len(text)-1500):])
}

// tree gives the process and all that descend from it.
func (p *process) tree() []int {
	parents := map[int]int{}
	entries, _ := os.ReadDir("/proc") // without it, the process alone
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		stat, err := os.ReadFile(filepath.Join("/proc", e.Name(), "stat"))
		if err != nil {
			continue // it ended
		}
		if ppid, ok := parentOf(string(stat)); ok {
			parents[pid] = ppid
		}
	}
	root := p.cmd.Process.Pid
	all := []int{root}
	for pid := range parents {
		for up := parents[pid]; up > 1; up = parents[up] {
			if up == root {
				all = append(all, pid)
				break
			}
		}
	}
	return all
}

// parentOf reads the parent's id from /proc/PID/stat. The name stands in brackets and may hold anything.
func parentOf(stat string) (int, bool) {
	i := strings.LastIndexByte(stat, ')')
	if i < 0 {
		return 0, false
	}
	field := strings.Fields(stat[i+1:])
	if len(field) < 2 {
		return 0, false
	}
	ppid, err := strconv.Atoi(field[1])
	return ppid, err == nil
}

// cpu is the time that the tree has spent on processors, user and system, exact to the nanosecond (the processes' CPU
// clocks; utime and stime tick in hundredths).
func (p *process) cpu() (sum time.Duration) {
	for _, pid := range p.tree() {
		var ts unix.Timespec
		const sched = 2 // CPUCLOCK_SCHED of linux/posix-timers.h
		if err := unix.ClockGettime(int32(^pid<<3|sched), &ts); err == nil {
			sum += time.Duration(ts.Nano())
		}
	}
	return sum
}

// memory is what the tree holds in bytes: memory that several share is counted once (Pss), else as resident.
func (p *process) memory() (sum int64) {
	for _, pid := range p.tree() {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
		if n, ok := kilobytes(string(text), "Pss:"); err == nil && ok {
			sum += n
			continue
		}
		if text, err = os.ReadFile(fmt.Sprintf("/proc/%d/status", pid)); err == nil {
			n, _ := kilobytes(string(text), "VmRSS:")
			sum += n
		}
	}
	return sum
}

// kilobytes reads "Name:   123 kB" and gives bytes.
func kilobytes(text, name string) (int64, bool) {
	for line := range strings.Lines(text) {
		if rest, ok := strings.CutPrefix(line, name); ok {
			var n int64
			_, err := fmt.Sscan(rest, &n)
			return n << 10, err == nil
		}
	}
	return 0, false
}

// listening waits until something is bound to a UDP address on this machine.
func listening(ctx context.Context, ip string, port int) error {
	return eventually(ctx, 10*time.Second, fmt.Sprintf("%s:%d is listened on", ip, port), func() bool {
		text, err := os.ReadFile("/proc/net/udp")
		var a, b, c, d int
		_, scanned := fmt.Sscanf(ip, "%d.%d.%d.%d", &a, &b, &c, &d)
		return errors.Join(err, scanned) == nil && strings.Contains(string(text), fmt.Sprintf(" %02X%02X%02X%02X:%04X ", d, c, b, a, port))
	})
}

// eventually waits until ok, for at most most.
func eventually(ctx context.Context, most time.Duration, what string, ok func() bool) error {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(most)
	for !ok() {
		select {
		case <-tick.C:
		case <-deadline:
			return fmt.Errorf("not in %v: %s", most, what)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// pause waits for d.
func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// folder makes a folder of the run.
func (b *bench) folder(name string) (string, error) {
	dir, err := os.MkdirTemp(b.dir, name+"-")
	if err != nil {
		return "", fmt.Errorf("make a folder for %s: %w", name, err)
	}
	return dir, nil
}

// write writes a file, with replacements, and gives its path.
func write(dir, name, text string, replace ...string) (string, error) {
	path := filepath.Join(dir, name)
	err := os.WriteFile(path, []byte(strings.NewReplacer(replace...).Replace(text)), fs.FileMode(0o600))
	if err != nil {
		return "", fmt.Errorf("write a file of the run: %w", err)
	}
	return path, nil
}
