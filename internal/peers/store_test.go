package peers

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"wissel"
	"wissel/sip/sim"
)

// wish places a call that asks to be called back, waits until the caller has heard what became of it, and hangs up.
func (s *server) wish(a *actor, from string) (promised, refused bool) {
	s.t.Helper()
	done, failed := clip(s.t, "callback.done"), clip(s.t, "wish.failed")
	c := s.rings(a, sim.Dial{From: from, Keys: []sim.Keys{{After: 100 * time.Millisecond, Digits: "21"}}})
	eventually(s.t, 20*time.Second, "the caller hears what became of his wish", func() bool {
		promised, refused = c.ear.heard(done), c.ear.heard(failed)
		return promised || refused
	})
	c.Hangup("")
	over(s.t, c, 5*time.Second)
	return promised, refused
}

// stored waits until the store is well, or is not.
func (s *server) stored(ok bool, most time.Duration) {
	s.t.Helper()
	eventually(s.t, most, fmt.Sprintf("status says store ok: %v", ok), func() bool {
		status, err := s.client.Status(s.t.Context())
		return err == nil && status.Store.OK == ok
	})
}

func TestAStoreThatCannotBeWrittenAtStartIsSaidAndRefusesHonestly(t *testing.T) {
	t.Parallel()
	s := serve(t, "store: DIR/store", "store: DIR/wissel.yaml/store") // below a file: nobody can make a folder there, not even root
	carrier := newActor(t, "carrier", s.carrier(), sim.Refuse(480))
	s.stored(false, 5*time.Second)
	if promised, refused := s.wish(carrier, "+31612345001"); promised || !refused {
		t.Errorf("without a store the caller heard a promise: %v, the truth: %v", promised, refused)
	}
	if text := s.out.String(); !strings.Contains(text, "the store cannot be written") {
		t.Errorf("the log does not say so:\n%s", text)
	}
	clean(t, carrier)
	if code := s.stop(); code != 0 {
		t.Errorf("wissel ended with %d", code)
	}
}

func TestADamagedStoreIsMovedAsideAndCallsAreTakenAtOnce(t *testing.T) {
	row(t, "F21", "a database with 4 KB of zeros in it, and one that is no database: moved aside, told by status; calls answered and wishes kept from the start")
	for _, c := range []struct {
		name   string
		damage func(data []byte) []byte
	}{
		{"zeros in the middle", func(data []byte) []byte {
			clear(data[4096:8192])
			return data
		}},
		{"no database at all", func([]byte) []byte { return []byte(strings.Repeat("this is no database. ", 1000)) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := serve(t)
			carrier := newActor(t, "carrier", s.carrier(), sim.Refuse(480))
			if promised, _ := s.wish(carrier, "+31612345001"); !promised {
				t.Fatal("no promise from a store that is well")
			}
			if code := s.stop(); code != 0 {
				t.Errorf("wissel ended with %d", code)
			}
			file := filepath.Join(s.dir, "store", "wissel.db")
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, c.damage(data), 0o600); err != nil {
				t.Fatal(err)
			}
			s.restart()
			status, err := s.client.Status(t.Context())
			if err != nil || !status.Store.OK || status.Store.Aside == "" {
				t.Errorf("status says %+v, %v; want a store that is well, and where the damaged one is", status.Store, err)
			}
			if _, err := os.Stat(status.Store.Aside); err != nil {
				t.Errorf("the damaged file: %v", err)
			}
			if promised, _ := s.wish(carrier, "+31612345002"); !promised {
				t.Error("no promise from the new store")
			}
			clean(t, carrier)
			if code := s.stop(); code != 0 {
				t.Errorf("wissel ended with %d", code)
			}
			if rows := s.wished(); len(rows) != 1 || rows["+31612345002"].Kind != wissel.WishCallback {
				t.Errorf("rows: %v", rows)
			}
		})
	}
}

func TestAFullDiskTakesNoCallAndNoPromiseIsSpoken(t *testing.T) {
	t.Parallel()
	s := &server{t: t, net: network(), dir: t.TempDir()}
	s.prepare(t)
	store := filepath.Join(s.dir, "store")
	if err := os.Mkdir(store, 0o700); err != nil {
		t.Fatal(err)
	}
	holder := apart(t, "-m")
	inside := []string{"-m"}
	run := func(args ...string) string {
		return must(t, append([]string{"nsenter", "-t", holder, "-m"}, args...)...)
	}
	run("mount", "-t", "tmpfs", "-o", "size=8m,mode=0777", "wissel-test", store)
	s.launch(within(holder, inside, binary, "serve", "--settings", s.file())...)
	carrier := newActor(t, "carrier", s.carrier(), sim.Refuse(480))
	if promised, _ := s.wish(carrier, "+31612345001"); !promised {
		t.Error("no promise while there is room")
	}
	run("sh", "-c", "cat /dev/zero > "+store+"/filler 2>/dev/null; true")
	if promised, refused := s.wish(carrier, "+31612345002"); promised || !refused {
		t.Errorf("on a full disk the caller heard a promise: %v, the truth: %v", promised, refused)
	}
	s.stored(false, 5*time.Second)
	for i := range 5 {
		c := s.rings(carrier, sim.Dial{From: fmt.Sprintf("+3161234510%d", i)})
		answered(t, c)
		c.Hangup("")
		over(t, c, 5*time.Second)
	}
	run("rm", store+"/filler")
	s.stored(true, 15*time.Second)
	if promised, _ := s.wish(carrier, "+31612345003"); !promised {
		t.Error("no promise after there was room again")
	}
	clean(t, carrier)
	if code := s.stop(); code != 0 {
		t.Errorf("wissel ended with %d", code)
	}
	run("cp", "-r", store, "/proc/"+fmt.Sprint(os.Getpid())+"/root"+s.dir+"/saved")
	must(t, "chmod", "-R", "a+rwX", s.dir+"/saved")
	if err := os.Rename(s.dir+"/saved", s.dir+"/kept"); err != nil {
		t.Fatal(err)
	}
	s.kept = s.dir + "/kept"
	rows := s.wished()
	cdrs, _ := s.records()
	if len(rows) != 2 || rows["+31612345001"].Kind == "" || rows["+31612345003"].Kind == "" || len(cdrs) != 8 {
		t.Errorf("%d records and these wishes: %v; want 8, and the two that were promised", len(cdrs), rows)
	}
	row(t, "F19", "a tmpfs of 8 MB, filled: 0 of %d calls lost, the caller is told the truth, 0 promises without a row; room again: it recovers by itself, and no record is missing", len(cdrs))
}
