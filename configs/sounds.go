package configs

import (
	"fmt"
	"os"
	"path/filepath"
)

// mostSounds of one language count for the fingerprint; package prompts reads no more.
const mostSounds = 4000

// sounds notes the folder of prompts for Watch and the fingerprint, with the folders of its languages: a clip that was
// replaced is for the next caller. What is wrong with the files package prompts says.
func (l *loader) sounds(dir string) {
	l.watch(dir)
	langs, err := os.ReadDir(dir)
	if err != nil {
		return
	}
	for _, lang := range langs {
		folder := filepath.Join(dir, lang.Name())
		if info, err := os.Stat(folder); err != nil || !info.IsDir() || len(lang.Name()) != 2 {
			continue
		}
		l.watch(folder)
		fmt.Fprintf(l.hash, "\n%s\n", folder)
		files, err := os.ReadDir(folder)
		if err != nil {
			continue
		}
		for _, f := range files[:min(len(files), mostSounds)] {
			if info, err := f.Info(); err == nil {
				fmt.Fprintf(l.hash, "%s %d %d\n", f.Name(), info.Size(), info.ModTime().UnixNano())
			}
		}
	}
}
