package configs

import (
	"hash"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"wissel"
	"wissel/ivr"
)

// flows compiles the shipped flows and those of the settings; one of the same name replaces a shipped one.
func (l *loader) flows(s fileShape, version hash.Hash) {
	have, err := l.o.Catalogue(l.out.Prompts)
	if err != nil {
		l.doc.problem("prompts", "the prompts cannot be read: %v", err)
		have = everything{}
	}
	l.catalogue = have
	l.begin()
	l.nameless = l.doc.lost("flows")
	own := map[wissel.FlowID]string{}
	for i, name := range s.Flows {
		path := "flows[" + strconv.Itoa(i) + "]"
		for _, file := range l.flowFiles(path, l.path(name)) {
			data, err := l.read(file)
			if err != nil {
				l.nameless = true
				l.doc.problem(path, "%s cannot be read: %v", file, cause(err))
				continue
			}
			version.Write(data)
			doc := &document{name: file, data: data, all: l.report, order: len(l.out.Files)}
			id := l.flow(doc, have)
			if first, twice := own[id]; twice && id != "" {
				doc.problem("flow", "flow %s stands in %s already; a flow has one file", id, first)
			}
			own[id] = file
		}
	}
	files, err := fs.Glob(shipped, "flows/*.yaml")
	if err != nil {
		panic("configs: " + err.Error()) // the pattern is ours
	}
	for _, file := range files {
		doc := &document{name: "shipped " + file, data: embedded(shipped, file), all: &report{}, order: 1 << 30}
		if doc.root = parseYAML(doc, ""); doc.root != nil {
			if id := doc.root.get("flow"); id != nil && own[wissel.FlowID(id.text)] != "" {
				continue
			}
		}
		doc.all = l.report
		l.flow(doc, have)
	}
}

// begin is without a flow.
func (l *loader) begin() {
	l.out.Flows = map[wissel.FlowID]*ivr.Program{}
	l.broken = map[wissel.FlowID]bool{}
	l.dials = map[*document]map[string]wissel.Target{}
}

// flow reads and compiles one flow, and gives its name.
func (l *loader) flow(doc *document, have ivr.Catalogue) wissel.FlowID {
	if doc.root = parseYAML(doc, "flow, languages, start and steps are what it should hold"); doc.root == nil {
		l.nameless = true
		return ""
	}
	var src ivr.Source
	doc.decodeInto(doc.root, &src, "")
	id := wissel.FlowID(src.Flow)
	if id == wissel.Responder {
		doc.problem("flow", "%q is what answers test lines, and is built in; give this flow another name", id)
	}
	l.nameless = l.nameless || doc.lost("flow")
	l.dials[doc] = src.Targets()
	src.Unread = doc.unread
	program, problems := ivr.Compile(src, timeless{have})
	for _, p := range problems {
		doc.at(p.Path, false, p)
	}
	if program == nil || len(doc.bad) > 0 {
		l.broken[id] = true
		return id
	}
	_, tooLong := ivr.Compile(src, have)
	for _, p := range slices.Concat(tooLong, program.Untold()) {
		doc.warn(p.Path, "%s", p.Msg)
	}
	l.out.Flows[id] = program
	return id
}

// timeless is a catalogue whose prompts take no time. Compiled against it a flow shows what is wrong with itself; what its
// sound makes too long is a warning, for a message recorded in the middle of an outage must not keep wissel from starting.
type timeless struct{ ivr.Catalogue }

func (timeless) Duration(string, string) time.Duration { return 0 }

// flowFiles gives the file itself, or the YAML files of a folder in the order of their names.
func (l *loader) flowFiles(path, name string) []string {
	info, err := os.Stat(name)
	if err != nil {
		l.nameless = true
		l.doc.problem(path, "there is no file or folder %s (%v)", name, cause(err))
		return nil
	}
	if !info.IsDir() {
		return []string{name}
	}
	l.watch(name)
	var files []string
	for _, pattern := range []string{"*.yaml", "*.yml"} {
		found, err := filepath.Glob(filepath.Join(name, pattern))
		if err != nil {
			l.doc.problem(path, "folder %s cannot be searched: %v", name, err)
		}
		files = append(files, found...)
	}
	if len(files) == 0 {
		l.doc.warn(path, "folder %s holds no flow (*.yaml)", name)
	}
	slices.Sort(files)
	return files
}
