package configs

import (
	"fmt"
	"os"
	"regexp"
	"strings"

	"wissel"
)

var envForm = regexp.MustCompile(`^\$\{([A-Za-z_][A-Za-z0-9_]*)\}$`)

// unusable stands for a secret that could not be had; what is wrong with it has been said.
const unusable = "unusable"

// secret reads ${NAME} of an environment variable or file:/path. A secret written out is refused: settings are shown,
// copied and kept in version control. No message holds any part of one.
func (l *loader) secret(path, written string) wissel.Secret {
	switch {
	case l.doc.lost(path): // there is one, and what is wrong with it has been said
		return wissel.NewSecret(unusable)
	case written == "":
		return wissel.Secret{}
	case strings.HasPrefix(written, "file:"):
		file := l.path(strings.TrimPrefix(written, "file:"))
		if why := openMode(file); why != "" {
			l.doc.problem(path, "%s", why)
			return wissel.NewSecret(unusable)
		}
		data, err := l.read(file)
		text := strings.TrimRight(string(data), "\r\n")
		switch {
		case err != nil:
			l.doc.problem(path, "%s cannot be read: %v", file, cause(err))
		case text == "":
			l.doc.problem(path, "%s is empty; it should hold the secret alone", file)
		case strings.ContainsAny(text, "\r\n\x00"):
			l.doc.problem(path, "%s holds more than one line; it should hold the secret alone", file)
		default:
			return wissel.NewSecret(text)
		}
		return wissel.NewSecret(unusable)
	}
	if m := envForm.FindStringSubmatch(written); m != nil {
		text, ok := l.o.Getenv(m[1])
		switch {
		case !ok:
			l.doc.problem(path, "the environment has no variable %s; set it where wissel is started, or use file:/path", m[1])
		case text == "":
			l.doc.problem(path, "the variable %s of the environment is empty", m[1])
		default:
			fmt.Fprintf(l.hash, "\n%s\n%s\n", m[1], text)
			return wissel.NewSecret(text)
		}
		return wissel.NewSecret(unusable)
	}
	l.doc.problem(path, "a secret is not written here, where everyone can read it; put it in a file and write file:/path, or in the environment and write ${NAME}")
	return wissel.NewSecret(unusable)
}

// openMode says what is wrong with the permissions of a secret's file: others may not read it, nor anybody but its owner
// write it. A file that cannot be looked at is for the reading to complain of.
func openMode(file string) string {
	info, err := os.Stat(file)
	if err != nil || info.IsDir() {
		return ""
	}
	mode := info.Mode().Perm()
	switch {
	case mode&0o007 != 0:
		return fmt.Sprintf("everyone on this machine can read or change %s (mode %04o); chmod 640 %s would be right", file, mode, file)
	case mode&0o020 != 0:
		return fmt.Sprintf("its group can change %s (mode %04o); chmod 640 %s would be right", file, mode, file)
	}
	return ""
}
