package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"wissel"
	"wissel/configs"
	"wissel/internal/callbacks"
	"wissel/internal/sms"
	"wissel/internal/store/sqlite"
	"wissel/internal/texts"
)

// phone is a provider that shows every text, and brings those that are sent to us.
type phone struct {
	mu    sync.Mutex
	shown []sms.Text
	keep  chan func(sms.Event) error
}

func (p *phone) Traits() sms.Traits { return sms.Traits{} }

func (p *phone) Run(ctx context.Context, keep func(sms.Event) error) error {
	p.keep <- keep
	<-ctx.Done()
	return ctx.Err()
}

func (p *phone) Send(_ context.Context, t sms.Text) sms.Outcome {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.shown = append(p.shown, t)
	return sms.Outcome{Verdict: sms.Accepted, IDs: []string{fmt.Sprint("p", len(p.shown))}}
}

// letters is what a person can text to: a store, texts, callbacks and limits as in a server, with one provider.
type letters struct {
	t      *testing.T
	dir    string
	store  *sqlite.Store
	texts  *texts.Texts
	phone  *phone
	bring  func(sms.Event) error
	p      *promises
	in     *inbox
	limits *textLimits
	wants  map[wissel.Number]bool
	object map[wissel.Number]bool
	stop   func()
}

const ourText = "3030"

// shippedAnswers are the words of answers as they are shipped.
func shippedAnswers(t *testing.T) map[sms.Answer]map[string]*sms.Template {
	t.Helper()
	all := map[sms.Answer]map[string]*sms.Template{}
	for _, a := range sms.Answers {
		all[a] = map[string]*sms.Template{}
		for _, lang := range []string{"nl", "en"} {
			tmpl, faults := sms.Parse(configs.ShippedAnswers(lang)[string(a)], sms.Spoken{}, sms.Rules{Country: "NL", Reply: true})
			if len(faults) > 0 {
				t.Fatal(faults)
			}
			all[a][lang] = tmpl
		}
	}
	return all
}

// answerText is one of them.
func answerText(t *testing.T, a sms.Answer, lang string) string {
	t.Helper()
	text, err := shippedAnswers(t)[a][lang].Text(sms.Data{}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// mailbox starts all of it over a folder; broken may stand before the rows of texts that come.
func mailbox(t *testing.T, dir string, broken func(inbound) inbound) *letters {
	t.Helper()
	quiet := slog.New(slog.DiscardHandler)
	ctx, cancel := context.WithCancel(context.Background())
	store, err := sqlite.Open(ctx, sqlite.DefaultSettings(dir), "n1", quiet)
	if err != nil {
		t.Fatal(err)
	}
	w := &letters{t: t, dir: dir, store: store, phone: &phone{keep: make(chan func(sms.Event) error, 1)}, wants: map[wissel.Number]bool{}, object: map[wissel.Number]bool{}}
	snapshot := &wissel.Snapshot{Groups: map[wissel.GroupID]*wissel.Group{"support": {ID: "support"}}}
	w.p = newPromises(func() *wissel.Snapshot { return snapshot })
	w.limits = bounds(nil)
	var kept inbound = store
	if broken != nil {
		kept = broken(store)
	}
	objects := func(n wissel.Number) bool { return w.object[n] }
	w.in = &inbox{
		store: kept, limits: w.limits, objects: objects, alarms: w.limits.alarms, log: quiet, book: sms.NewInbox(), busy: map[string]bool{},
		owing: &texted{p: w.p, store: store, settings: func() map[wissel.GroupID]callbacks.Settings { return nil }, objects: objects, stop: func(string) {}, owed: map[wissel.Number][]callbacks.Mark{}},
		wants: func(_ wissel.GroupID, n wissel.Number) (string, bool) { return "nl", w.wants[n] },
		groups: func(to string) []wissel.GroupID {
			if to != ourText {
				return nil
			}
			return []wissel.GroupID{"support"}
		},
		facts: func(wissel.GroupID, string) sms.Data { return sms.Data{} }, objected: make(chan struct{}), known: make(chan struct{}),
		rung: func(wissel.GroupID) wissel.Number { return "+31201234567" },
		wished: func(one wissel.Wish) {
			w.p.Wished(one)
			w.wants[one.Number] = w.wants[one.Number] || one.Kind != wissel.WishCallback
		},
	}
	w.texts = texts.New(texts.Options{
		Store: store, Limits: w.limits, Refusals: w.in, Incoming: w.in, Log: quiet,
		Parse: func(s string) (wissel.Number, bool) { return wissel.Number(s), strings.HasPrefix(s, "+") },
	})
	w.in.out = w.texts
	w.texts.Listen(w.in.Wrote)
	g := &texts.Group{Manner: sms.Manner{Route: sms.Route{Providers: []string{"far"}, Again: time.Minute, Valid: time.Hour}}, Sender: ourText, Lasts: time.Hour, Zone: time.UTC, Languages: []string{"nl", "en"}}
	g.Reaches, g.Answers = sms.DefaultLimits().Reaches, shippedAnswers(t)
	w.texts.Set(texts.Settings{Lines: []texts.Line{{Name: "far", Provider: w.phone, Lane: sms.Lane{PerSecond: 1000, Window: 10}}}, Groups: map[wissel.GroupID]*texts.Group{"support": g}})
	done := make(chan error, 2)
	storing, stopStore := context.WithCancel(context.Background())
	go func() { done <- store.Run(storing) }()
	if err := w.p.learn(ctx, store, nil); err != nil {
		t.Fatal(err)
	}
	questions, err := store.Texts(ctx, sqlite.TextFilter{Purpose: sms.Solved})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.in.learn(ctx, questions, time.Now()); err != nil {
		t.Fatal(err)
	}
	close(w.in.known)
	go func() { done <- w.texts.Run(ctx) }()
	w.bring = <-w.phone.keep
	w.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		stopStore()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(w.stop)
	return w
}

// text brings a text, and reports what the provider is told.
func (w *letters) text(from, body string) error {
	return w.bring(sms.Event{Kind: sms.Incoming, From: from, To: ourText, Body: body})
}

// got gives what a person's phone shows, once it is so many.
func (w *letters) got(n wissel.Number, want int) (all []string) {
	w.t.Helper()
	for range 500 {
		all = nil
		w.phone.mu.Lock()
		for _, one := range w.phone.shown {
			if one.To == n {
				all = append(all, one.Body)
			}
		}
		w.phone.mu.Unlock()
		if len(all) >= want {
			return all
		}
		<-time.After(10 * time.Millisecond)
	}
	w.t.Fatalf("%s got %q, want %d", n, all, want)
	return nil
}

// wish keeps a wish as a call would.
func (w *letters) wish(kind wissel.WishKind, n wissel.Number) wissel.Wish {
	w.t.Helper()
	one := wissel.Wish{Row: wissel.Row{ID: sqlite.NewID()}, Kind: kind, Number: n, Group: "support", Language: "nl", At: time.Now()}
	if err := w.in.keep(w.t.Context(), one); err != nil {
		w.t.Fatal(err)
	}
	w.in.wished(one)
	return one
}

func (w *letters) owes(n wissel.Number) bool {
	_, _, owed := w.in.owing.Person("support", n)
	return owed
}

// news writes news to a person who asked at a time, and reports whether it was refused.
func (w *letters) news(n wissel.Number, asked time.Time) error {
	_, err := w.texts.Send(w.t.Context(), texts.Wanted{Purpose: sms.News, Cause: sqlite.NewID(), Group: "support", To: n, Language: "nl", Body: "Er is nieuws.", Asked: asked})
	return err
}

const anna, bob, chris = "+31612345678", "+31612345679", "+31623456789"

// STOP ends texts and leaves the callback, and says so; what he asks for by key after it stands, and nothing of before.
func TestStop(t *testing.T) {
	w := mailbox(t, t.TempDir(), nil)
	before := w.wish(wissel.WishBoth, anna)
	if err := w.text(anna, "Stop aub!"); err != nil {
		t.Fatal(err)
	}
	if got := w.got(anna, 1); got[0] != answerText(t, sms.AnswerStoppedOwed, "nl") {
		t.Errorf("he is answered %q", got)
	}
	if !w.owes(anna) {
		t.Error("the callback is gone")
	}
	if err := w.news(anna, before.At); !errors.Is(err, texts.ErrUnwanted) {
		t.Errorf("news of before is %v", err)
	}
	after := w.wish(wissel.WishText, anna)
	if err := w.news(anna, after.At); err != nil {
		t.Errorf("news that he asked for later: %v", err)
	}
	if err := w.news(anna, before.At); !errors.Is(err, texts.ErrUnwanted) {
		t.Errorf("news of before, once he asked anew, is %v", err)
	}
	w.stop()
	w = mailbox(t, w.dir, nil)
	if err := w.news(anna, before.At); !errors.Is(err, texts.ErrUnwanted) || !w.owes(anna) {
		t.Errorf("after a restart: %v, owed %v", err, w.owes(anna))
	}
	w.object[anna] = true
	if err := w.news(anna, time.Now()); !errors.Is(err, texts.ErrUnwanted) {
		t.Errorf("an objection does not outlast what he asks for later: %v", err)
	}
}

// NIETBELLEN takes the callback back, for good.
func TestNoCallByText(t *testing.T) {
	w := mailbox(t, t.TempDir(), nil)
	w.wish(wissel.WishCallback, anna)
	w.wish(wissel.WishCallback, bob)
	for range 3 { // as a provider does that heard no answer
		if err := w.text(anna, "niet bellen"); err != nil {
			t.Fatal(err)
		}
	}
	if got := w.got(anna, 1); got[0] != answerText(t, sms.AnswerNoCall, "nl") {
		t.Errorf("he is answered %q", got)
	}
	w.stop()
	w = mailbox(t, w.dir, nil)
	if w.owes(anna) || !w.owes(bob) {
		t.Errorf("after a restart his is owed: %v, another's: %v", w.owes(anna), w.owes(bob))
	}
	if n := len(w.phone.shown); n != 0 {
		t.Errorf("%d texts more after the restart", n)
	}
}

// INFO and BEL register without a call: the text is the consent, a row says so, and the answer is the one confirmation.
func TestWishesByText(t *testing.T) {
	w := mailbox(t, t.TempDir(), nil)
	if err := errors.Join(w.text(anna, "INFO"), w.text(bob, "call me"), w.text(bob, "CALL")); err != nil {
		t.Fatal(err)
	}
	if got := w.got(anna, 1); got[0] != answerText(t, sms.AnswerInfo, "nl") || !w.wants[anna] {
		t.Errorf("INFO is answered %q, he has news: %v", got, w.wants[anna])
	}
	if got := w.got(bob, 2); !slices.Contains(got, answerText(t, sms.AnswerCall, "en")) || !slices.Contains(got, answerText(t, sms.AnswerCallOwed, "en")) || !w.owes(bob) {
		t.Errorf("CALL is answered %q, he is owed one: %v", got, w.owes(bob))
	}
	all, err := w.store.Wishes(t.Context(), time.Now().Add(-time.Hour))
	if err != nil || len(all) != 2 || all[0].Choices[0] != "text=info" || all[1].Kind != wissel.WishCallback || all[1].Rung != "+31201234567" {
		t.Errorf("wishes %+v, %v", all, err)
	}
	letters, err := w.store.Texts(t.Context(), sqlite.TextFilter{To: anna})
	if err != nil || len(letters) != 1 || letters[0].Key != sms.KeyOf(sms.Confirmation, "support", anna, all[0].ID) {
		t.Errorf("its confirmation is %+v, %v", letters, err)
	}
	for _, from := range []string{"+319061234567", "+25261234567"} { // paid, foreign: nothing is noted, nothing sent
		if err := w.text(from, "INFO"); err != nil {
			t.Fatal(err)
		}
		if w.wants[wissel.Number(from)] {
			t.Errorf("%s is promised texts", from)
		}
	}
	w.object[chris] = true
	if err := errors.Join(w.text(chris, "INFO"), w.text(chris, "BEL")); err != nil {
		t.Fatal(err)
	}
	if w.wants[chris] || w.owes(chris) {
		t.Error("an objection does not outlast INFO and BEL")
	}
}

// The question whether he was helped has one answer. NEE owes the callback once more, before all others, and tells the lead.
func TestSolvedOrNot(t *testing.T) {
	w := mailbox(t, t.TempDir(), nil)
	ask := func(n wissel.Number) string {
		one := w.wish(wissel.WishCallback, n)
		w.p.mu.Lock()
		m, ok := w.p.book.Close(one.ID, callbacks.Done, "agent", "spoke", time.Now())
		w.p.mu.Unlock()
		if err := w.store.Mark(t.Context(), m); err != nil || !ok {
			t.Fatal(err, ok)
		}
		if _, err := w.texts.Send(t.Context(), texts.Wanted{Purpose: sms.Solved, Cause: one.ID, Group: "support", To: n, Body: "Is uw vraag opgelost? JA of NEE", Answers: true, Asked: one.At}); err != nil {
			t.Fatal(err)
		}
		return one.ID
	}
	first, second := ask(anna), ask(bob)
	w.stop()
	w = mailbox(t, w.dir, nil) // the question is known from disk
	if err := errors.Join(w.text(anna, "Ja."), w.text(bob, "Nee, nog niet")); err != nil {
		t.Fatal(err)
	}
	if got := w.got(anna, 1); got[0] != answerText(t, sms.AnswerThanks, "nl") || w.owes(anna) {
		t.Errorf("JA is answered %q, owed %v", got, w.owes(anna))
	}
	if got := w.got(bob, 1); got[0] != answerText(t, sms.AnswerReopened, "nl") || !w.owes(bob) {
		t.Errorf("NEE is answered %q, owed %v", got, w.owes(bob))
	}
	if told := strings.Join(w.limits.alarms.texts(), "\n"); !strings.Contains(told, second) || strings.Contains(told, first) || strings.Contains(told, bob) {
		t.Errorf("the lead is told %q", told)
	}
	w.stop()
	w = mailbox(t, w.dir, nil)
	if id, _, owed := w.in.owing.Person("support", bob); !owed || id != second {
		t.Errorf("after a restart %q is owed: %v", id, owed)
	}
	if err := w.text(bob, "Nee!"); err != nil { // the question was answered
		t.Fatal(err)
	}
	if got := w.got(bob, 1); got[0] != answerText(t, sms.AnswerReadOwed, "nl") {
		t.Errorf("NEE to nothing is answered %q", got)
	}
}

// Anything else is answered once, kept with the callback it belongs to, and shown; one automatic answerer or a thousand make no loop.
func TestAnythingElseIsAnsweredOnce(t *testing.T) {
	w := mailbox(t, t.TempDir(), nil)
	one := w.wish(wissel.WishCallback, anna)
	for i := range 50 {
		if err := w.text(anna, fmt.Sprintf("Ik rijd nu, en antwoord later (%d)", i)); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 30 { // what each answer of ours would bring about
		if err := w.text(bob, []string{"HELP", "INFO", "BEL", "NIETBELLEN", "STOP"}[i%5]+strings.Repeat("!", i/5)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.text("KPN", "Uw tegoed is bijna op"); err != nil {
		t.Fatal(err)
	}
	if got := w.got(anna, 1); got[0] != answerText(t, sms.AnswerReadOwed, "nl") {
		t.Errorf("it is answered %q", got)
	}
	w.got(bob, 1)
	<-time.After(300 * time.Millisecond) // more would come by now
	if n := len(w.got(anna, 1)); n != 1 {
		t.Errorf("%d answers to fifty texts", n)
	}
	if n := len(w.got(bob, 1)); n > 5+1 {
		t.Errorf("%d answers to thirty words in a moment", n)
	}
	all, err := w.store.Incoming(t.Context(), time.Time{}, 100)
	if err != nil || len(all) != 81 {
		t.Fatalf("%d are kept, %v", len(all), err)
	}
	for _, in := range all[:50] {
		if in.Callback != one.ID || in.Group != "support" || !in.Done || in.Body == "" {
			t.Fatalf("%+v", in)
		}
	}
	if last := all[80]; last.From != "" || last.Answered != "no answer" {
		t.Errorf("a text from no telephone: %+v", last)
	}
}
