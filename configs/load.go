package configs

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"maps"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"time"

	"wissel"
	"wissel/carriers"
	"wissel/carriers/health"
	"wissel/internal/callbacks"
	"wissel/internal/number"
	"wissel/internal/store/redis"
	"wissel/ivr"
	"wissel/sip/transport"
)

// File is what a settings file says, checked: it has no fault. It is never changed after Load; whoever needs another
// store or socket (the demo) changes a copy's fields before anything uses them.
type File struct {
	Path      string
	Version   string // first 12 hex digits of the SHA-256 of the file and the flows beside it
	Node      string
	Country   string
	Shared    wissel.Shared
	Listeners []transport.Settings
	Media     Media
	Control   string // path of the control socket
	API       API    // beside it
	Access    Access // who may come over it
	Store     string // folder of the database
	Prompts   string // folder of own recordings; empty: none
	Drain     time.Duration
	Self      wissel.SelfCheck
	Health    health.Policy
	Trunks    map[wissel.TrunkID]carriers.Settings
	Groups    map[wissel.GroupID]*wissel.Group
	Lines     map[wissel.Number]wissel.Line
	Callbacks map[wissel.GroupID]callbacks.Settings // of all groups but test lines
	People    map[string][]callbacks.Person
	Flows     map[wissel.FlowID]*ivr.Program
	Texts     Texts
	Crisis    Crisis
	Redis     redis.Settings
	Privacy   Privacy

	Draaiboeken Draaiboeken

	StatusPage StatusPage

	Warnings []Located
	OurTLS   []Certificate // of the tls listeners
	Files    []string      // all files that were read, and folders looked into: for Watch

	fingerprint [sha256.Size]byte // of all that was read, secrets and certificates too
}

// Certificate is one of ours.
type Certificate struct {
	File  string
	Until time.Time // its end
}

// Media is where voice is sent from and received.
type Media struct {
	Address   netip.Addr // bound
	Advertise netip.Addr // what peers are told
	Low, High int        // ports, both included
}

// Options of a load; the zero Options are those of a check from the command line.
type Options struct {
	// Catalogue gives the prompts there are, with those of the folder dir (empty: shipped ones only). nil: flows are checked
	// without looking whether their prompts exist.
	Catalogue func(dir string) (ivr.Catalogue, error)
	Getenv    func(string) (string, bool) // os.LookupEnv when nil
	Hostname  func() (string, error)      // os.Hostname when nil
	Now       func() time.Time            // time.Now when nil: certificates near their end are warned of

	Seen   map[wissel.TrunkID]Seen         // what was found of the trunks by looking; nil: nobody looked
	Proofs map[wissel.TrunkID]wissel.Proof // when a call last went through each; nil: nobody looked

	Endings map[wissel.TrunkID]wissel.Ending // which status carriers take for the end of an unanswered call; nil: nobody looked

	Texted map[string]time.Time // when a text to each number of ours last reached us; nil: nobody looked
}

func (o Options) filled() Options {
	if o.Getenv == nil {
		o.Getenv = os.LookupEnv
	}
	if o.Hostname == nil {
		o.Hostname = os.Hostname
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Catalogue == nil {
		o.Catalogue = func(string) (ivr.Catalogue, error) { return everything{}, nil }
	}
	return o
}

// everything is a catalogue with every prompt.
type everything struct{}

func (everything) Has(string, string) bool { return true }

func (everything) Duration(string, string) time.Duration { return 0 }

// Load reads a settings file and all that it names. Its error is *Faults when the files could be read and have faults.
func Load(path string, o Options) (*File, error) {
	data, err := readFile(path)
	if err != nil {
		return nil, fmt.Errorf("read settings: %w", err)
	}
	return Parse(path, data, o)
}

// Parse is Load for settings that have been read already. Relative paths in them are taken from the folder of path.
func Parse(path string, data []byte, o Options) (*File, error) {
	l := &loader{o: o.filled(), report: &report{}, hash: sha256.New(), dir: filepath.Dir(path)}
	l.doc = &document{name: path, data: data, all: l.report}
	l.out = &File{Path: path, Files: []string{path}}
	l.hash.Write(data)
	version := sha256.New()
	version.Write(data)

	shape := defaultShape()
	if l.doc.root = parseYAML(l.doc, "listen, trunks and groups are what it should hold"); l.doc.root != nil {
		l.doc.decodeInto(l.doc.root, &shape, "")
		l.build(shape, version)
	}
	faults, warnings := l.report.split()
	if len(faults) > 0 {
		return nil, &Faults{Faults: faults, Warnings: warnings}
	}
	l.out.Warnings = warnings
	l.out.Version = hex.EncodeToString(version.Sum(nil))[:12]
	l.hash.Sum(l.out.fingerprint[:0])
	return l.out, nil
}

// loader is one Parse.
type loader struct {
	o      Options
	dir    string
	doc    *document
	report *report
	out    *File
	hash   hash.Hash                              // of every byte read
	broken map[wissel.FlowID]bool                 // flows with faults: they are there, so that plans may name them
	dials  map[*document]map[string]wissel.Target // what flows dial, by their file and the step

	nameless bool // there is a flow whose name is not known, so that any name may be its

	catalogue ivr.Catalogue // the prompts there are
}

// Snapshot gives the routing of these settings with trunks as resolved now: without health, pins and changes.
func (f *File) Snapshot(trunks map[wissel.TrunkID]*wissel.Trunk) *wissel.Snapshot {
	return &wissel.Snapshot{Version: f.Version, Node: f.Node, Country: f.Country, Shared: f.Shared, Lines: f.Lines, Groups: f.Groups, Trunks: trunks}
}

// Limits gives the limits of all trunks, for carriers.Limits.
func (f *File) Limits() map[wissel.TrunkID]wissel.Limits {
	out := make(map[wissel.TrunkID]wissel.Limits, len(f.Trunks))
	for id, t := range f.Trunks {
		out[id] = t.Limits
	}
	return out
}

func (doc *document) decodeInto(n *node, v any, path string) {
	doc.decode(n, reflect.ValueOf(v).Elem(), path)
}

// build turns the shape into the values of the packages, and checks what only the whole can tell.
func (l *loader) build(s fileShape, version hash.Hash) {
	l.general(s)
	l.listeners(s.Listen)
	l.media(s.Listen.Media)
	l.api(s.Listen.API)
	l.access(s.Access)
	l.self(s.Self)
	l.health(s.Health)
	l.trunks(s.Trunks)
	l.flows(s, version)
	l.people(s.People)
	l.groups(s.Groups)
	l.statusPage(s.Status, s.Groups)
	l.texts(s.Texts, s.Groups)
	l.crisis(s.Crisis)
	l.redis(s.Redis)
	l.staff()
	l.codes()
	l.draaiboeken(s.Draaiboeken, version)
	l.privacy(s.Privacy)
	l.between()
	l.diversity()
	l.paid()
	l.endings()
}

// general reads the keys at the top.
func (l *loader) general(s fileShape) {
	out, doc := l.out, l.doc
	if s.Node == "" {
		name, err := l.o.Hostname()
		if err != nil {
			doc.problem("node", "the host's name cannot be read (%v); give this node a name", err)
		}
		s.Node = strings.ToLower(name)
		if !hostForm.MatchString(s.Node) {
			s.Node = "wissel"
		}
	} else if !hostForm.MatchString(s.Node) {
		doc.problem("node", "%q is no host name: letters, digits, dots and hyphens are (it stands in Contact)", s.Node)
	}
	out.Node, out.Drain = s.Node, s.Drain.Max
	if s.Drain.Max < 0 || s.Drain.Max > 24*time.Hour {
		doc.problem("drain.max", "%v is outside 0s to 24h", s.Drain.Max)
	}
	if !number.Country(s.Country) {
		doc.problem("country", "%q is no country we know; two capital letters such as NL or BE would be right", s.Country)
		s.Country = "NL"
	}
	out.Country = s.Country
	l.shared(s.Shared)
	if s.Store == "" {
		doc.problem("store", "an empty name is no folder; /var/lib/wissel is usual")
	}
	out.Store = l.path(s.Store)
	if s.Prompts != "" {
		out.Prompts = l.path(s.Prompts)
		if info, err := os.Stat(out.Prompts); err != nil {
			doc.problem("prompts", "there is no folder %s (%v)", out.Prompts, cause(err))
		} else if !info.IsDir() {
			doc.problem("prompts", "%s is no folder", out.Prompts)
		}
		l.sounds(out.Prompts)
	}
	out.Control = l.control(s.Listen.Control)
}

// longest path of a UNIX socket (sockaddr_un), without its closing zero.
const maxSocketPath = 107

func (l *loader) control(s string) string {
	path, ok := strings.CutPrefix(s, "unix://")
	if !ok || path == "" {
		l.doc.problem("listen.control", "%q is no UNIX socket; unix:///run/wissel/control.sock would be right", s)
		return ""
	}
	if path = l.path(path); len(path) > maxSocketPath {
		l.doc.problem("listen.control", "the path has %d bytes, and the system allows a socket %d; choose a shorter one", len(path), maxSocketPath)
	}
	return path
}

// path makes a path absolute or relative to the working folder: in the file it is relative to the file's own folder.
func (l *loader) path(p string) string {
	if p == "" || filepath.IsAbs(p) {
		return p
	}
	return filepath.Join(l.dir, p)
}

// read reads a file that the settings name, and notes it for Watch and the fingerprint.
func (l *loader) read(path string) ([]byte, error) {
	l.watch(path)
	data, err := readFile(path)
	if err != nil {
		return nil, err
	}
	fmt.Fprintf(l.hash, "\n%s %d\n", path, len(data))
	l.hash.Write(data)
	return data, nil
}

func (l *loader) watch(path string) {
	if !slices.Contains(l.out.Files, path) {
		l.out.Files = append(l.out.Files, path)
	}
}

// readFile reads a whole file, but never more than settings may be: /dev/zero ends.
func readFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // it was only read
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if info.IsDir() {
		return nil, fmt.Errorf("%s is a folder", path)
	}
	data, err := io.ReadAll(io.LimitReader(f, maxBytes+1))
	if err != nil {
		return nil, err
	}
	return data, nil
}

// cause is an error without the path that the message names already.
func cause(err error) error {
	var p *os.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}

func names[K ~string, V any](m map[K]V) []string {
	out := make([]string, 0, len(m))
	for k := range maps.Keys(m) {
		out = append(out, string(k))
	}
	slices.Sort(out)
	return out
}
