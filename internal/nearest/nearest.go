// Package nearest finds the word that was probably meant, of those there are. Whoever refuses a word that people wrote asks it.
package nearest

import (
	"slices"
	"strings"
)

// Of gives the word that was probably meant, or nothing when none is near: at most a third of it may differ.
func Of(word string, known []string) (string, bool) {
	best, least := "", 1<<30
	for _, k := range known {
		if d := distance(strings.ToLower(word), strings.ToLower(k)); d < least || d == least && k < best {
			best, least = k, d
		}
	}
	return best, best != "" && least <= max(1, (max(len(word), len(best))+1)/3)
}

// Suggest is the end of a message about a word that is not among known: "; did you mean …?", or what there is. It is
// empty when nothing is known.
func Suggest(word string, known []string) string {
	if k, ok := Of(word, known); ok {
		return `; did you mean "` + k + `"?`
	}
	if len(known) == 0 {
		return ""
	}
	list := slices.Clone(known)
	if len(list) > 20 {
		list = append(list[:20], "…")
	}
	return "; there are: " + strings.Join(list, ", ")
}

// distance counts letters to put in, leave out, change or swap with their neighbour (optimal string alignment). Words
// longer than any name are not looked at.
func distance(a, b string) int {
	const long = 64
	if len(a) > long || len(b) > long {
		return long
	}
	var rows [3][long + 1]int
	before, prev, cur := &rows[0], &rows[1], &rows[2]
	for j := range len(b) + 1 {
		prev[j] = j
	}
	for i := range len(a) {
		cur[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			cur[j+1] = min(prev[j+1]+1, cur[j]+1, prev[j]+cost)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				cur[j+1] = min(cur[j+1], before[j-1]+1)
			}
		}
		before, prev, cur = prev, cur, before
	}
	return prev[len(b)]
}
