package access

import (
	"slices"
	"strings"
)

// Person is by what we know who asks. Names are for people to read; whether two are one person is told by marks.
type Person struct {
	Name   string   `json:"name"`
	Marks  []string `json:"marks,omitempty"`  // what was proven of him: "uid:1000", "token:4f7k2a", "name:anna"
	Makers []string `json:"makers,omitempty"` // marks of who made the token that he holds, and so has seen it
}

// Same says why a and b may be one person, and is empty when they are surely two. Who has no mark may be anybody.
func Same(a, b Person) string {
	switch {
	case len(a.Marks) == 0 || len(b.Marks) == 0:
		return "who asks is not known well enough"
	case shared(a.Marks, b.Marks) != "":
		return "it is the same " + kind(shared(a.Marks, b.Marks))
	case shared(a.Makers, b.Marks) != "" || shared(a.Marks, b.Makers) != "":
		return "one of the two made the token of the other, and so has seen it"
	}
	return ""
}

func shared(a, b []string) string {
	if i := slices.IndexFunc(a, func(mark string) bool { return slices.Contains(b, mark) }); i >= 0 {
		return a[i]
	}
	return ""
}

// kind says what a mark is of.
func kind(mark string) string {
	k, value, _ := strings.Cut(mark, ":")
	switch k {
	case "uid":
		return "user (uid " + value + ")"
	case "name":
		return "name (" + value + ")"
	default:
		return k
	}
}

// Named is the mark of a name: names that differ in case alone are one.
func Named(name string) string { return "name:" + strings.ToLower(name) }
