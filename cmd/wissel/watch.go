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
	ask := client(c)
	if !terminal(c) {
		return eachSecond(c.Context, func() (done bool, err error) {
			s, err := ask.Status(c.Context)
			if err != nil {
				return false, err
			}
			return false, print(c, s, func(w io.Writer) { tellStatus(w, s) })
		})
	}
	return (&screen[web.Status]{
		ask: ask.Status, whole: true, leave: "any key ends this; the server goes on",
		draw: func(s web.Status) (string, bool) {
			var text screenText
			tellStatus(&text, s)
			return text.String(), false
		},
	}).show(c, "the status")
}

// terminal reports whether a command writes to a terminal.
func terminal(c *cli.Context) bool {
	out, ok := c.App.Writer.(*os.File)
	return ok && isTerminal(out)
}

func isTerminal(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// eachSecond does something each second until it is done, fails, or ctx ends.
func eachSecond(ctx context.Context, do func() (done bool, err error)) error {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		if done, err := do(); done || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// screen shows what a server answers, asked each second, until it is done or a key is pressed.
type screen[T any] struct {
	ask   func(context.Context) (T, error)
	draw  func(T) (text string, done bool)
	whole bool   // the whole of the terminal, which is as it was afterwards
	leave string // what a key does
	text  string // as drawn last
	fault error  // of the newest answer
}

type answer[T any] struct {
	value T
	err   error
}

// show runs the screen.
func (s *screen[T]) show(c *cli.Context, what string) error {
	_, err := tea.NewProgram(s, tea.WithContext(c.Context), tea.WithOutput(c.App.Writer)).Run()
	if err != nil && !errors.Is(err, tea.ErrInterrupted) && !errors.Is(err, tea.ErrProgramKilled) {
		return fmt.Errorf("show %s: %w", what, err)
	}
	return nil
}

func (s *screen[T]) Init() tea.Cmd { return s.fetch }

// fetch asks once; bubbletea runs it beside the screen.
func (s *screen[T]) fetch() tea.Msg {
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
	defer cancel()
	value, err := s.ask(ctx)
	return answer[T]{value, err}
}

func (s *screen[T]) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.KeyPressMsg:
		return s, tea.Quit
	case answer[T]:
		if s.fault = msg.err; msg.err == nil {
			done := false
			if s.text, done = s.draw(msg.value); done {
				return s, tea.Quit
			}
		}
		return s, tea.Tick(time.Second, func(time.Time) tea.Msg { return s.fetch() })
	}
	return s, nil
}

func (s *screen[T]) View() tea.View {
	text := s.text
	if s.fault != nil {
		text = bad.Render("no answer") + " " + s.fault.Error() + "\n"
	}
	v := tea.NewView(text + "\n" + faint.Render(s.leave) + "\n")
	v.AltScreen = s.whole
	return v
}
