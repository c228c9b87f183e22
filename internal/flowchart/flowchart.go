// Package flowchart draws flows for people: as text for a terminal, and as SVG. It does no I/O; cmd/wissel prints what it
// gives.
package flowchart

import (
	"fmt"
	"html"
	"strings"
	"unicode/utf8"

	"wissel/ivr"
)

// Text draws a flow as lines: each step once, with what it says and its ways on. say gives the text of a prompt.
func Text(steps []ivr.Outline, say func(id string) string) string {
	var b strings.Builder
	place := map[string]int{}
	for i, s := range steps {
		place[s.Step] = i
	}
	for i, s := range steps {
		fmt.Fprintf(&b, "%s  (%s)\n", s.Step, s.Kind)
		for _, id := range s.Plays {
			fmt.Fprintf(&b, "    “%s”\n", say(id))
		}
		width := 0
		for _, e := range s.Exits {
			width = max(width, utf8.RuneCountInString(e.When))
		}
		for n, e := range s.Exits {
			fork := "├"
			if n == len(s.Exits)-1 {
				fork = "└"
			}
			pad := strings.Repeat("─", width-utf8.RuneCountInString(e.When)+1)
			fmt.Fprintf(&b, "    %s─ %s %s▶ %s\n", fork, e.When, pad, to(e, place, i))
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// to names where an exit leads; one that leads back up says so.
func to(e ivr.Exit, place map[string]int, from int) string {
	switch {
	case e.To == "":
		return "[" + e.Out + "]"
	case place[e.To] <= from:
		return e.To + " ↑"
	}
	return e.To
}

// The measures of the drawing, in pixels.
const (
	boxWidth  = 190
	lineStep  = 16
	columnGap = 130
	rowGap    = 24
	margin    = 20
)

// box is one step on the drawing.
type box struct {
	ivr.Outline
	x, y, height int
}

// exitY is the height at which an exit leaves its box.
func (b box) exitY(n int) int { return b.y + lineStep*(3+n) - 5 }

// SVG draws a flow from left to right: a step stands one column to the right of the first step that leads to it. Ways back
// to the left are written in the box and not drawn: there are many, and lines of them hide the flow.
func SVG(title string, steps []ivr.Outline) string {
	boxes, width, height := layout(steps)
	at := map[string]box{}
	for _, b := range boxes {
		at[b.Step] = b
	}
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d" font-family="sans-serif" font-size="12">`+"\n", width, height, width, height)
	fmt.Fprintf(&b, "<title>%s</title>\n<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>\n", html.EscapeString(title))
	b.WriteString(`<defs><marker id="a" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" orient="auto"><path d="M0 0 8 4 0 8z" fill="#456"/></marker></defs>` + "\n")
	for _, from := range boxes {
		for n, e := range from.Exits {
			if e.To != "" && at[e.To].x > from.x {
				b.WriteString(edge(from, n, at[e.To]))
			}
		}
	}
	for _, one := range boxes {
		one.draw(&b, at)
	}
	b.WriteString("</svg>\n")
	return b.String()
}

// layout puts the steps in columns.
func layout(steps []ivr.Outline) (boxes []box, width, height int) {
	column := map[string]int{}
	if len(steps) > 0 {
		column[steps[0].Step] = 0
	}
	below := map[int]int{}    // where the next box of a column goes
	for _, s := range steps { // in the order in which they are reached: who leads to one comes before it
		col := column[s.Step]
		for _, e := range s.Exits {
			if _, placed := column[e.To]; e.To != "" && !placed {
				column[e.To] = col + 1
			}
		}
		if below[col] == 0 {
			below[col] = margin
		}
		one := box{Outline: s, x: margin + col*(boxWidth+columnGap), y: below[col], height: lineStep*(2+len(s.Exits)) + 10}
		below[col] += one.height + rowGap
		boxes = append(boxes, one)
		width, height = max(width, one.x+boxWidth+margin), max(height, one.y+one.height+margin)
	}
	return boxes, width, height
}

// edge is the way from an exit to the box it leads to.
func edge(from box, n int, to box) string {
	x1, y1, x2, y2 := from.x+boxWidth, from.exitY(n)-4, to.x, to.y+18
	bend := columnGap / 2
	return fmt.Sprintf(`<path d="M%d %d C%d %d %d %d %d %d" fill="none" stroke="#456" marker-end="url(#a)"/>`+"\n", x1, y1, x1+bend, y1, x2-bend, y2, x2, y2)
}

func (b box) draw(w *strings.Builder, at map[string]box) {
	fmt.Fprintf(w, `<rect x="%d" y="%d" width="%d" height="%d" rx="6" fill="#f4f7fb" stroke="#456"/>`+"\n", b.x, b.y, boxWidth, b.height)
	text := func(y int, style, s string) {
		fmt.Fprintf(w, `<text x="%d" y="%d"%s>%s</text>`+"\n", b.x+8, y, style, html.EscapeString(cut(s)))
	}
	text(b.y+lineStep, ` font-weight="bold"`, b.Step)
	text(b.y+2*lineStep-2, ` fill="#678"`, b.Kind)
	for n, e := range b.Exits {
		label := e.When + " →"
		switch {
		case e.To == "":
			label = e.Out
		case at[e.To].x <= b.x:
			label = e.When + " ↩ " + e.To
		}
		text(b.exitY(n), "", label)
	}
}

// cut keeps a text within a box.
func cut(s string) string {
	const most = 28
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	return string([]rune(s)[:most-1]) + "…"
}
