package sms

import "wissel"

// Wants reports whether somebody asked for texts of a group, and in which language.
func (a *Audience) Wants(g wissel.GroupID, n wissel.Number) (language string, wants bool) {
	if one := a.groups[g][n]; one != nil {
		return one.Language, true
	}
	return "", false
}
