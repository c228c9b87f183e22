// Package configs reads the settings: one strict YAML file, and the flows and draaiboeken beside it. It finds every problem at once and
// names each by file, line, column and key, with the line and a caret; it alone knows YAML and line numbers. What it
// reads becomes plain values of the packages that use them (transport, carriers, ivr, the root's groups and lines). It
// opens no socket, changes nothing, and never gives out settings with a fault in them. cmd/wissel calls it to check and
// to show the schema, internal/app to start and to reload.
package configs

import (
	"embed"
	"io/fs"
)

//go:embed example.yaml demo.yaml
var examples embed.FS

//go:embed flows/*.yaml texts/*.yaml texts/words/*.yaml texts/answers/*.yaml texts/statuspage/*.yaml draaiboeken/*.yaml
var shipped embed.FS

// Example is a settings file that shows every key, to begin from.
func Example() []byte { return embedded(examples, "example.yaml") }

// Demo is the settings file of `wissel demo`: everything on loopback. Store and control socket are the demo's to choose.
func Demo() []byte { return embedded(examples, "demo.yaml") }

// embedded reads what the compiler has put there.
func embedded(f embed.FS, name string) []byte {
	b, err := fs.ReadFile(f, name)
	if err != nil {
		panic("configs: " + err.Error())
	}
	return b
}
