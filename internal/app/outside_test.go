package app_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"wissel/internal/web"
)

// TestAStatusPageRaisesDoubt has a real web server say that the platform is out, and a reload that no longer asks it.
func TestAStatusPageRaisesDoubt(t *testing.T) {
	var asked atomic.Int32
	page := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		fmt.Fprint(w, `{"components":[{"name":"Voice (EU)","status":"major_outage"}]}`)
	}))
	defer page.Close()
	o := begin(t)
	rewrite(t, o, `["sip:127.6.0.3:5060"],`, fmt.Sprintf(`["sip:127.6.0.3:5060"], status: {url: %q, component: "Voice (EU)", every: 10s},`, page.URL))
	a, _ := run(t, o)
	platform := func() web.Carrier {
		all := a.Carriers()
		return all[slices.IndexFunc(all, func(c web.Carrier) bool { return c.Trunk == "platform" })]
	}
	eventually(t, "its page raises doubt", func() bool {
		one := platform().Addresses[0]
		return one.State == "suspect" && strings.Contains(one.Evidence, `"Major outage: Voice (EU)"`)
	})
	if notes := platform().Notes; len(notes) != 1 || notes[0] != "its status page says: Major outage: Voice (EU)" {
		t.Errorf("notes: %q", notes)
	}
	if asked.Load() != 1 {
		t.Errorf("it was asked %d times", asked.Load())
	}
	if err := os.WriteFile(o.File, []byte(settings), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Reload(t.Context(), anna); err != nil {
		t.Fatal(err)
	}
	if notes := platform().Notes; len(notes) != 0 || asked.Load() != 1 {
		t.Errorf("settings without a status page: notes %q, and it was asked %d times", notes, asked.Load())
	}
}
