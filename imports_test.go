package wissel_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// Imports run down only: a package may import those of a lower floor, never one of its own floor or above.
var floors = map[string]int{
	"wissel": 0,

	"wissel/internal/nearest": 0, // the word that was probably meant

	"wissel/sip/transport": 1, "wissel/sip/transaction": 1, "wissel/sip/call": 1, "wissel/ivr": 1, "wissel/internal/plan": 1,
	"wissel/internal/audio": 1, "wissel/internal/number": 1, "wissel/internal/metrics": 1, "wissel/carriers/health": 1,
	"wissel/carriers": 1, "wissel/carriers/testcall": 1, "wissel/carriers/unanswered": 1, "wissel/internal/testreport": 1, "wissel/internal/access": 1,
	"wissel/internal/lead":    1,
	"wissel/prompts/grammar":  1,
	"wissel/prompts/tone":     1,
	"wissel/internal/audit":   1,
	"wissel/internal/hours":   1,
	"wissel/internal/message": 1,

	"wissel/internal/callbacks": 1, "wissel/internal/callbacks/dialling": 1,

	"wissel/internal/condition": 1,

	"wissel/internal/privacy": 1, "wissel/internal/sealed": 1,

	"wissel/internal/crisis": 1,

	"wissel/internal/sms": 1, // texts: their length and cost, templates, the contract of providers, which of them is next

	"wissel/internal/texts": 2, // texts that are owed: on disk, offered, receipts kept

	"wissel/internal/sms/smpp": 2, "wissel/internal/sms/webtext": 2, // providers of texts

	"wissel/internal/store/redis": 2, // what nodes share: the limits of texts

	"wissel/internal/statuspage":      1, // the public page: its words, its HTML, status.json
	"wissel/internal/statuspage/push": 2, // bringing it to places outside

	"wissel/internal/flowchart": 2,

	"wissel/internal/draaiboek": 2, // the plan for an outage: scenarios as data, and the reducer that runs them

	"wissel/sip": 2, "wissel/sip/sim": 2, "wissel/internal/store/sqlite": 2, "wissel/internal/web": 2, "wissel/sip/media": 2,
	"wissel/prompts": 2, "wissel/carriers/outside": 2, "wissel/carriers/selfcheck": 2,

	"wissel/configs":             3,
	"wissel/internal/app":        4,
	"wissel/internal/lastresort": 4,
	"wissel/internal/demo":       5,
	"wissel/cmd/wissel":          6,

	// For tests and measurements only; nothing imports them.
	"wissel/internal/virtual":     6, // time that passes by itself
	"wissel/sip/sim/simtest":      7,
	"wissel/internal/bench":       7,
	"wissel/internal/sms/smstest": 7, // what every provider of texts is held to
	"wissel/internal/peers":       7,
}

// Neighbours on one floor that may see each other nonetheless, each for a reason.
var allowed = map[[2]string]string{
	{"wissel/carriers", "wissel/internal/number"}:        "a trunk's number is normalised where its settings are checked",
	{"wissel/ivr", "wissel/internal/number"}:             "a keyed number is judged by its kind",
	{"wissel/internal/sms", "wissel/internal/number"}:    "a number in a text is judged as any other",
	{"wissel/internal/sms", "wissel/prompts/grammar"}:    "a text names days as the voices do",
	{"wissel/ivr", "wissel/internal/condition"}:          "a flow's conditions are typed where it is compiled",
	{"wissel/internal/crisis", "wissel/ivr"}:             "the crisis line says prompts and values in the forms of flows",
	{"wissel/internal/callbacks/dialling", "wissel/ivr"}: "a callback says prompts and values in the forms of flows",
	{"wissel/internal/message", "wissel/prompts/tone"}:   "when news is due is one measure, of a message's words and of its times",
}

// homes: each third-party library is imported by its home alone.
var homes = map[string][]string{
	"github.com/expr-lang/expr":           {"wissel/internal/condition"},
	"github.com/emiago/sipgo/sip":         {"wissel/sip", "wissel/sip/transport"},
	"github.com/pion/":                    {"wissel/sip/media"},
	"github.com/icholy/digest":            {"wissel/sip"},
	"github.com/zaf/g711":                 {"wissel/internal/audio"},
	"github.com/gotranspile/g722":         {"wissel/internal/audio"},
	"github.com/urfave/cli/v2":            {"wissel/cmd/wissel"},
	"charm.land/":                         {"wissel/cmd/wissel"},
	"modernc.org/":                        {"wissel/internal/store/sqlite"},
	"github.com/pressly/goose/v3":         {"wissel/internal/store/sqlite"},
	"github.com/goccy/go-yaml":            {"wissel/configs"},
	"github.com/santhosh-tekuri/":         {"wissel/configs"},
	"github.com/fsnotify/fsnotify":        {"wissel/configs"},
	"github.com/nyaruka/phonenumbers":     {"wissel/internal/number"},
	"github.com/prometheus/client_golang": {"wissel/internal/metrics"},
	"github.com/rickar/cal/v2":            {"wissel/internal/hours"},
	"github.com/pquerna/otp":              {"wissel/internal/crisis"},
	"github.com/linxGnu/gosmpp":           {"wissel/internal/sms/smpp"},
	"github.com/aws/aws-sdk-go-v2/":       {"wissel/internal/statuspage/push"},
	"github.com/redis/go-redis/v9":        {"wissel/internal/store/redis"},
	"github.com/go-redis/redis_rate/v10":  {"wissel/internal/store/redis"},
}

// anywhere: small libraries that are part of the language as far as we are concerned.
var anywhere = []string{"github.com/google/uuid", "golang.org/x/sync", "golang.org/x/time", "golang.org/x/sys"}

type listed struct {
	ImportPath string
	Imports    []string
	Deps       []string
	Standard   bool
}

func goList(t *testing.T, args ...string) []listed {
	t.Helper()
	var stderr bytes.Buffer
	cmd := exec.Command("go", append([]string{"list", "-json=ImportPath,Imports,Deps,Standard"}, args...)...)
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, stderr.String())
	}
	var all []listed
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listed
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatalf("go list: %v", err)
		}
		all = append(all, p)
	}
}

func TestImportsRunDown(t *testing.T) {
	for _, p := range goList(t, "./...") {
		floor, known := floors[p.ImportPath]
		if !known {
			t.Errorf("%s has no floor: put it in the table, and say there what lives in it", p.ImportPath)
			continue
		}
		for _, imp := range p.Imports {
			if imp != "wissel" && !strings.HasPrefix(imp, "wissel/") {
				continue
			}
			_, excused := allowed[[2]string{p.ImportPath, imp}]
			if below := floors[imp]; below >= floor && !excused {
				t.Errorf("%s (floor %d) imports %s (floor %d): imports run down only", p.ImportPath, floor, imp, below)
			}
		}
	}
}

func TestEachLibraryHasOneHome(t *testing.T) {
	standard := map[string]bool{}
	for _, p := range goList(t, "std") {
		standard[p.ImportPath] = true
	}
	for _, p := range goList(t, "./...") {
		for _, imp := range p.Imports {
			if standard[imp] || imp == "wissel" || strings.HasPrefix(imp, "wissel/") || under(imp, anywhere) {
				continue
			}
			if p.ImportPath == "wissel" {
				t.Errorf("the root package imports %s: it imports the standard library only", imp)
			}
			home := homeOf(imp)
			if home == nil {
				t.Errorf("%s imports %s, which has no home: put it in the table", p.ImportPath, imp)
			} else if !slices.Contains(home, p.ImportPath) {
				t.Errorf("%s imports %s, which lives in %v", p.ImportPath, imp, home)
			}
		}
	}
}

func TestTheBinaryCarriesNoTestCode(t *testing.T) {
	for _, p := range goList(t, "./cmd/wissel") {
		if slices.Contains(p.Deps, "testing") || slices.Contains(p.Deps, "wissel/sip/sim/simtest") {
			t.Errorf("%s depends on testing", p.ImportPath)
		}
	}
}

func TestTheBinaryKnowsTheZonesOfTheWorld(t *testing.T) {
	for _, p := range goList(t, "./cmd/wissel") {
		if !slices.Contains(p.Deps, "time/tzdata") {
			t.Errorf("%s does not carry the zones: on a bare machine no desk would know its hours", p.ImportPath)
		}
	}
}

func homeOf(imp string) []string {
	for lib, home := range homes {
		if under(imp, []string{lib}) {
			return home
		}
	}
	return nil
}

func under(imp string, libs []string) bool {
	return slices.ContainsFunc(libs, func(lib string) bool {
		return imp == lib || strings.HasPrefix(imp, strings.TrimSuffix(lib, "/")+"/")
	})
}

// A bubble of testing/synctest is made by virtual.Time alone, which says why.
func TestVirtualTimeHasOneDoor(t *testing.T) {
	out, err := exec.Command("grep", "-rlE", "--include=*.go", `synctest\.(Test|Run)\(`, ".").Output()
	if err != nil {
		t.Fatalf("grep: %v", err)
	}
	for name := range strings.Lines(string(out)) {
		if name = strings.TrimSpace(name); name != "./internal/virtual/time.go" && name != "./imports_test.go" {
			t.Errorf("%s makes a bubble of its own: virtual.Time does", name)
		}
	}
}
