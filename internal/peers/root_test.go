package peers

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// asRoot is a command line that runs as root: as it is when we are, else through sudo.
func asRoot(args ...string) []string {
	if os.Getuid() == 0 {
		return args
	}
	return append([]string{"sudo", "-n"}, args...)
}

// must runs a command as root to its end, and gives what it printed.
func must(t *testing.T, args ...string) string {
	t.Helper()
	args = asRoot(args...)
	out, err := exec.Command(args[0], args[1:]...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// apart starts a process that holds namespaces of its own, as flags of unshare name them, and gives its id.
func apart(t *testing.T, flags ...string) string {
	t.Helper()
	return held(t, append([]string{"unshare"}, flags...))
}

// apartIn is apart for files, in the network of another process.
func apartIn(t *testing.T, pid string) string {
	t.Helper()
	return held(t, []string{"nsenter", "-t", pid, "-n", "unshare", "-m"})
}

// held starts a process that only waits, behind a command line, and gives its id.
func held(t *testing.T, behind []string) (pid string) {
	t.Helper()
	args := asRoot(append(behind, asOurselves("sh", "-c", "echo $$; exec sleep 1200")...)...)
	p := start(t, t.TempDir(), args[0], args[1:]...)
	eventually(t, 10*time.Second, "the namespace is there", func() bool {
		pid = strings.TrimSpace(p.out.String())
		return pid != ""
	})
	return pid
}

// within is a command line that runs in the namespaces of another process, as ourselves: its socket and its files are
// ours, and we can end it.
func within(pid string, kinds []string, args ...string) []string {
	return asRoot(append(append([]string{"nsenter", "-t", pid}, kinds...), asOurselves(args...)...)...)
}

// asOurselves is what gives up, behind sudo, what sudo gave: a command line that runs as the user we are.
func asOurselves(args ...string) []string {
	if os.Getuid() == 0 {
		return args
	}
	return append([]string{"setpriv", fmt.Sprintf("--reuid=%d", os.Getuid()), fmt.Sprintf("--regid=%d", os.Getgid()), "--clear-groups"}, args...)
}
