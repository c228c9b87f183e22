package configs

import (
	"fmt"
	"io/fs"
	"path"
	"strings"

	"wissel/internal/sms/webtext"
)

// ShippedTextProvider gives the description of a provider of texts that comes with wissel, "cm" or "twilio".
func ShippedTextProvider(name string) (webtext.Description, error) {
	file := path.Join("texts", name+".yaml")
	data, err := fs.ReadFile(shipped, file)
	if err != nil {
		all, _ := fs.Glob(shipped, "texts/*.yaml") // the pattern is ours
		for i, f := range all {
			all[i] = strings.TrimSuffix(path.Base(f), ".yaml")
		}
		return webtext.Description{}, fmt.Errorf("there is no shipped provider %q; there are %s", name, strings.Join(all, ", "))
	}
	return readTextProvider("shipped "+file, data)
}

// readTextProvider reads the description of a provider of texts from YAML. The error is *Faults, each with its line.
func readTextProvider(name string, data []byte) (webtext.Description, error) {
	doc := &document{name: name, data: data, all: &report{}}
	var d webtext.Description
	if doc.root = parseYAML(doc, "it should describe how a provider takes texts"); doc.root != nil {
		doc.decodeInto(doc.root, &d, "")
		doc.take(d.Check())
	}
	if faults, warnings := doc.all.split(); len(faults) > 0 {
		return webtext.Description{}, &Faults{Faults: faults, Warnings: warnings}
	}
	return d, nil
}
