package hours

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/rickar/cal/v2"
	"github.com/rickar/cal/v2/aa"
	"github.com/rickar/cal/v2/nl"

	"wissel"
)

// The library makes dates in this zone. A date is all that is wanted of it, and in some zones a day has no midnight.
func init() { cal.DefaultLoc = time.UTC }

// Observe says whether a holiday closes the desk.
type Observe string

// A holiday closes the desk, leaves it open as on any other day, or closes it every fifth year (2025, 2030), as many
// agreements have it for Bevrijdingsdag.
const (
	Closed  Observe = "closed"
	Open    Observe = "open"
	Lustrum Observe = "lustrum"
)

// Holiday is a Dutch public holiday.
type Holiday struct {
	Name  string  // "Koningsdag"
	Usual Observe // what it does where the settings do not say
}

// known are the days of the Algemene termijnenwet (article 3) and the two Sundays that go with them, in the order of the
// year. Goede Vrijdag and Bevrijdingsdag are days off in some agreements only, so they close nothing by themselves.
var known = []struct {
	Holiday
	day *cal.Holiday
}{
	{Holiday{nl.Nieuwjaar.Name, Closed}, nl.Nieuwjaar},
	{Holiday{nl.GoedeVrijdag.Name, Open}, nl.GoedeVrijdag},
	{Holiday{"Eerste Paasdag", Closed}, aa.Easter},
	{Holiday{nl.TweedePaasdag.Name, Closed}, nl.TweedePaasdag},
	{Holiday{nl.Koningsdag.Name, Closed}, nl.Koningsdag},
	{Holiday{nl.BevrijdingsDag.Name, Open}, nl.BevrijdingsDag},
	{Holiday{nl.Hemelvaart.Name, Closed}, nl.Hemelvaart},
	{Holiday{"Eerste Pinksterdag", Closed}, aa.Pentecost},
	{Holiday{nl.TweedePinksterDag.Name, Closed}, nl.TweedePinksterDag},
	{Holiday{nl.EersteKerstdag.Name, Closed}, nl.EersteKerstdag},
	{Holiday{nl.TweedeKerstdag.Name, Closed}, nl.TweedeKerstdag},
}

// Holidays are all there are, in the order of the year.
func Holidays() []Holiday {
	out := make([]Holiday, len(known))
	for i, k := range known {
		out[i] = k.Holiday
	}
	return out
}

// observed is a holiday that closes the desk, or does so every fifth year.
type observed struct {
	name    string
	day     *cal.Holiday
	lustrum bool
}

// holiday is the name of the holiday that d is for this desk; empty: none. Koningsdag is the day before when it would fall
// on a Sunday.
func (h *Hours) holiday(d date) string {
	y, m, n := d.at().Date()
	for _, o := range h.holidays {
		if o.lustrum && y%5 != 0 {
			continue
		}
		if _, on := o.day.Calc(y); on.Month() == m && on.Day() == n {
			return o.name
		}
	}
	return ""
}

// observe reads which holidays close the desk: those that usually do, changed by what is written.
func observe(written map[string]Observe, none bool, at string) (out []observed, ps []wissel.Problem) {
	names := make([]string, 0, len(known))
	for _, k := range known {
		names = append(names, k.Name)
		do, said := written[k.Name]
		if !said && !none {
			do = k.Usual
		}
		switch do {
		case Closed, Lustrum:
			out = append(out, observed{k.Name, k.day, do == Lustrum})
		case Open, "":
		default:
			ps = append(ps, wissel.Problem{Path: at + "." + k.Name, Msg: fmt.Sprintf("%q is neither closed, open nor lustrum (closed every fifth year)", do)})
		}
	}
	for _, name := range slices.Sorted(maps.Keys(written)) {
		if !slices.Contains(names, name) {
			ps = append(ps, wissel.Problem{Path: at + "." + name, Msg: "there is no such holiday; these are: " + strings.Join(names, ", ")})
		}
	}
	return out, ps
}
