package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"charm.land/bubbles/v2/progress"
	tea "charm.land/bubbletea/v2"
	"charm.land/lipgloss/v2"

	"wissel/internal/demo"
)

// frameTime is how often the screen is drawn anew.
const frameTime = 100 * time.Millisecond

// showScreen shows the demo on a terminal until it ends, or somebody quits.
func showScreen(ctx context.Context, quit context.CancelFunc, w io.Writer, d *demo.Demo, ended <-chan struct{}) error {
	bar := progress.New(progress.WithoutPercentage(), progress.WithFillCharacters('█', '░'), progress.WithColors(lipgloss.Color("2")))
	s := &stageScreen{ctx: ctx, demo: d, bar: bar, width: 100, view: d.View()}
	p := tea.NewProgram(s, tea.WithContext(ctx), tea.WithOutput(w))
	over := make(chan struct{})
	go func() {
		defer close(over)
		<-ended
		p.Quit()
	}()
	_, err := p.Run()
	quit()
	select {
	case <-over:
	case <-time.After(frameTime):
		say(w, "%s", faint.Render(endingWords))
		<-over
	}
	if err != nil && !errors.Is(err, tea.ErrInterrupted) && !errors.Is(err, tea.ErrProgramKilled) && !errors.Is(err, context.Canceled) {
		return fmt.Errorf("show the demo: %w", err)
	}
	return nil
}

// stageScreen is the screen of the demo.
type stageScreen struct {
	ctx    context.Context // of the demo, for the keys that change something
	demo   *demo.Demo
	bar    progress.Model
	view   demo.View
	width  int
	height int
	busy   bool
	fault  error
}

type frame struct{}
type changed struct{ err error }

func (s *stageScreen) Init() tea.Cmd { return tick() }

func tick() tea.Cmd { return tea.Tick(frameTime, func(time.Time) tea.Msg { return frame{} }) }

func (s *stageScreen) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		s.width, s.height = msg.Width, msg.Height
		s.bar.SetWidth(min(60, max(20, msg.Width-40)))
	case frame:
		s.view = s.demo.View()
		return s, tick()
	case changed:
		s.busy, s.fault = false, msg.err
	case tea.KeyPressMsg:
		return s, s.key(msg.String())
	}
	return s, nil
}

// key acts on a key; the parties can be changed once the story has been told.
func (s *stageScreen) key(k string) tea.Cmd {
	v := s.view
	switch {
	case k == "q" || k == "ctrl+c":
		return tea.Quit
	case !v.Free || s.busy:
	case k == "p":
		s.busy = true
		return func() tea.Msg { _, err := s.demo.Mute(s.ctx, !v.Muted); return changed{err} }
	case k == "b":
		s.busy = true
		return func() tea.Msg { _, err := s.demo.Close(s.ctx, !v.Closed); return changed{err} }
	}
	return nil
}

func (s *stageScreen) View() tea.View {
	var b screenText
	v := s.view
	say(&b, "%s  a support line that survives its platform   %s", head.Render("wissel demo"), faint.Render(demo.Number+", real SIP and RTP on this machine"))
	say(&b, "%s %3.0f %%\n", s.bar.ViewAs(v.Progress), v.Progress*100)
	s.acts(&b)
	s.parties(&b)
	s.callers(&b)
	sum := v.Summary
	lost := good.Render("0 lost")
	if sum.Lost > 0 {
		lost = bad.Render(fmt.Sprint(sum.Lost, " lost"))
	}
	say(&b, "%d calls, %s, %d wishes confirmed; set up in %.1f ms (p50), %.1f ms (p99)", sum.Calls, lost, sum.Wishes, sum.SetupMS.P50, sum.SetupMS.P99)
	s.foot(&b)
	lines := strings.Split(strings.TrimRight(b.String(), "\n"), "\n")
	for i := range lines {
		lines[i] = lipgloss.NewStyle().MaxWidth(s.width).Render(lines[i])
	}
	if s.height > 0 && len(lines) > s.height {
		lines = lines[:s.height]
	}
	screen := tea.NewView(strings.Join(lines, "\n"))
	screen.AltScreen = true
	return screen
}

// acts lists the story: what was found, and what happens now.
func (s *stageScreen) acts(b *screenText) {
	v := s.view
	if v.Free {
		tryThis(b, s.demo)
		say(b, "")
		return
	}
	for i, a := range v.Acts {
		switch {
		case i < v.Act:
			say(b, "%s %s%s", good.Render("✓"), a.Title, faint.Render(": "+a.Finding))
		case i == v.Act && a.Finding != "":
			say(b, "%s %s: %s", good.Render("✓"), head.Render(a.Title), a.Finding)
		case i == v.Act:
			say(b, "%s %s", doubt.Render("▶"), head.Render(a.Title))
		default:
			say(b, "%s", faint.Render("  "+a.Title))
		}
	}
	tells := "The story is told."
	if v.Act < len(v.Acts) {
		tells = v.Acts[v.Act].Tells
	}
	say(b, "\n%s\n", lipgloss.NewStyle().Width(max(40, min(s.width, 110))).Render(tells))
}

// parties shows where calls can go.
func (s *stageScreen) parties(b *screenText) {
	var body [][]string
	for _, p := range s.view.Parties {
		body = append(body, []string{p.Name, p.State, fmt.Sprint(p.Talking), fmt.Sprint(p.Took), p.Address, p.Evidence})
	}
	rows(b, []string{"target", "health", "talking", "calls", "address", "evidence"}, body)
	say(b, "")
}

// callers shows who talks to whom, and what each hears.
func (s *stageScreen) callers(b *screenText) {
	var body [][]string
	for _, c := range s.view.Callers {
		setup, lasted := "", fmt.Sprintf("%.0f s", c.For.Seconds())
		if c.Setup > 0 {
			setup = fmt.Sprintf("%.1f ms", c.Setup.Seconds()*1000)
		}
		who := c.Place.String()
		switch {
		case c.Lost:
			who = "lost"
		case c.Over:
			lasted += ", gone"
		}
		body = append(body, []string{c.From, who, setup, lasted, c.Keys, c.Hears})
	}
	for len(body) < 8 {
		body = append(body, []string{"", "", "", "", "", ""})
	}
	rows(b, []string{"caller", "talks to", "set up in", "for", "keys", "hears"}, body)
	say(b, "")
}

func (s *stageScreen) foot(b *screenText) {
	for _, n := range s.demo.Addresses().Notes {
		say(b, "%s %s", doubt.Render("note"), n)
	}
	switch v := s.view; {
	case s.fault != nil:
		say(b, "%s %v", bad.Render("fault"), s.fault)
	case s.busy:
		say(b, "%s", faint.Render("in a moment, between two calls …"))
	case v.Free:
		platform, backup := "p silences the platform", "b closes the backup's port"
		if v.Muted {
			platform = "p brings the platform back"
		}
		if v.Closed {
			backup = "b opens the backup's port"
		}
		say(b, "%s", faint.Render(platform+" · "+backup+" · q ends the demo"))
	default:
		say(b, "%s", faint.Render("q ends the demo"))
	}
}
