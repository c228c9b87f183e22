package peers

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestASecondServerSaysWhoHoldsWhatItNeeds(t *testing.T) {
	t.Parallel()
	s := serve(t)
	text := s.settings()
	pid := fmt.Sprint(s.cmd.Process.Pid)
	elsewhere := func(also ...string) string {
		return strings.NewReplacer(append(also, "store: "+s.dir+"/store", "store: "+s.dir+"/other", "control.sock", "other.sock", s.wissel()+":5060", s.net+".7:5060",
			"address: "+s.wissel(), "address: "+s.net+".7")...).Replace(text)
	}
	for _, c := range []struct{ name, settings, names string }{
		{"the same SIP port", elsewhere(s.wissel()+":5060", s.wissel()+":5060"), s.wissel() + ":5060"},
		{"the same control socket", elsewhere("control.sock", "control.sock"), "control.sock"},
		{"the same store", elsewhere("store: "+s.dir+"/store", "store: "+s.dir+"/store"), filepath.Join(s.dir, "store")},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			second := start(t, dir, binary, "serve", "--settings", write(t, dir, "wissel.yaml", c.settings))
			code := second.wait(15 * time.Second)
			said := second.out.String()
			if code != 1 || !strings.Contains(said, c.names) || !strings.Contains(said, pid) {
				t.Errorf("it ended with %d and said %q; want 1, %s and the holder, process %s", code, said, c.names, pid)
			}
		})
	}
	if code := s.stop(); code != 0 {
		t.Errorf("the first server ended with %d", code)
	}
}
