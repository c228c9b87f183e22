package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/urfave/cli/v2"

	"wissel/internal/web"
)

// watch shows the status each second, until a key or Ctrl-C; in a pipe it writes it again and again.
func watch(c *cli.Context) error {
	out, ok := c.App.Writer.(*os.File)
	if !ok || !isTerminal(out) {
		return watchPlain(c)
	}
	_, err := tea.NewProgram(&watching{ask: client(c)}, tea.WithContext(c.Context), tea.WithOutput(out)).Run()
	if err != nil && !errors.Is(err, tea.ErrInterrupted) && !errors.Is(err, tea.ErrProgramKilled) {
		return fmt.Errorf("show the status: %w", err)
	}
	return nil
}

func isTerminal(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

func watchPlain(c *cli.Context) error {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		s, err := client(c).Status(c.Context)
		if err != nil {
			return err
		}
		if err := print(c, s, func(w io.Writer) { tellStatus(w, s) }); err != nil {
			return err
		}
		select {
		case <-c.Context.Done():
			return nil
		case <-tick.C:
		}
	}
}

// watching is the screen of `status --watch`.
type watching struct {
	ask  *web.Client
	text string
}

type shown struct {
	status web.Status
	err    error
}

func (w *watching) Init() tea.Cmd { return w.fetch }

// fetch asks once; bubbletea runs it beside the screen.
func (w *watching) fetch() tea.Msg {
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
	defer cancel()
	s, err := w.ask.Status(ctx)
	return shown{s, err}
}

func (w *watching) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.KeyPressMsg:
		return w, tea.Quit
	case shown:
		var text screenText
		if msg.err != nil {
			fmt.Fprintf(&text, "%s %s\n", bad.Render("no answer"), msg.err)
		} else {
			tellStatus(&text, msg.status)
		}
		w.text = text.String()
		return w, tea.Tick(time.Second, func(time.Time) tea.Msg { return w.fetch() })
	}
	return w, nil
}

func (w *watching) View() tea.View {
	v := tea.NewView(w.text + "\n" + faint.Render("any key ends this; the server goes on"))
	v.AltScreen = true
	return v
}
