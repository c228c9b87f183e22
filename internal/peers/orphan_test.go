package peers

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// forks takes what is to be run on the thread that all programs are started from.
var forks = sync.OnceValue(func() chan func() {
	all := make(chan func())
	go func() { // it ends with the process
		runtime.LockOSThread()
		for f := range all {
			f()
		}
	}()
	return all
})

// fork starts a program in a process group of its own. The kernel kills it when these tests die, also of a kill -9: that goes by
// the thread which started it (prctl(2), PR_SET_PDEATHSIG), so all are started from one that lives as long as the tests.
func fork(cmd *exec.Cmd) error {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	done := make(chan error, 1)
	forks() <- func() { done <- cmd.Start() }
	return <-done
}

// orphanEnv, when set, makes this program start another, say its id, and wait to be killed.
const orphanEnv = "WISSEL_PEERS_ORPHAN"

func orphaned() int {
	child := exec.Command("sleep", "600")
	child.Stdout = os.Stdout // which stays open for as long as it lives
	if err := fork(child); err != nil {
		fmt.Println(err)
		return 1
	}
	fmt.Println(child.Process.Pid)
	_ = child.Wait()
	return 1
}

// TestNoProgramOutlivesTheTests that started it, when they are killed.
func TestNoProgramOutlivesTheTests(t *testing.T) {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), orphanEnv+"=1")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	said := bufio.NewReader(out)
	line, err := said.ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(line))
	if err != nil {
		t.Fatal(line)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	gone := make(chan error, 1)
	go func() {
		_, err := io.ReadAll(said) // to its end: nobody has the pipe open any more
		gone <- err
	}()
	select {
	case err := <-gone:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(20 * time.Second):
		t.Error("the program lives on")
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
			t.Error(err)
		}
		<-gone
	}
	_ = cmd.Wait() // it was killed: that is its error
}
