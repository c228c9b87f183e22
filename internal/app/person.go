package app

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"wissel"
	"wissel/internal/callbacks"
	"wissel/internal/number"
	"wissel/internal/privacy"
	"wissel/internal/web"
)

// forgetAgain is how often a number is taken out: what was on its way to the file comes while it goes.
const forgetAgain = 3

// person reads a request, and writes the audit row without which nothing of a person is shown or changed. The row names him by
// his mark.
func (a *App) person(ctx context.Context, what, deed string, r web.PersonRequest, by web.Actor) (n wissel.Number, mark string, err error) {
	if err := giveReason(what, r.Reason, "this is about a person, and who asked is in the audit log"); err != nil {
		return "", "", err
	}
	if n, err = number.Parse(strings.TrimSpace(r.Number), a.settings.Load().file.Country); err != nil {
		return "", "", web.Faultf(http.StatusBadRequest, what, "that is no telephone number: +31612345678 is one, and 06-12345678")
	}
	key, err := a.markKey(ctx)
	if err != nil {
		return "", "", web.Faultf(http.StatusServiceUnavailable, what, "the store cannot be used: %v", err)
	}
	if err := a.audit(ctx, by, deed, key.Short(n), privacy.Hide(r.Reason), "", ""); err != nil {
		return "", "", web.Faultf(http.StatusServiceUnavailable, what, "the audit row could not be written, so nothing is done: %v", err)
	}
	return n, key.Short(n), nil
}

// ShowPerson gives all rows in which a number stands.
func (a *App) ShowPerson(ctx context.Context, r web.PersonRequest, by web.Actor) (web.Person, error) {
	const what = "privacy show"
	n, mark, err := a.person(ctx, what, "privacy-show", r, by)
	if err != nil {
		return web.Person{}, err
	}
	return a.keptOf(ctx, what, n, mark)
}

func (a *App) keptOf(ctx context.Context, what string, n wissel.Number, mark string) (web.Person, error) {
	found, err := a.store.Found(ctx, n)
	if err != nil {
		return web.Person{}, web.Faultf(http.StatusServiceUnavailable, what, "%v", err)
	}
	p := web.Person{Mark: mark, Objects: a.keeper.Objects(n), Tables: found}
	if p.Tables == nil {
		p.Tables = []privacy.Found{}
	}
	for _, c := range a.server.Calls() {
		if c.From == n {
			p.Notes = append(p.Notes, "a call of his goes on: its record comes when it ends")
			break
		}
	}
	if err := a.beside(&p.Notes); err != nil {
		return web.Person{}, web.Faultf(http.StatusServiceUnavailable, what, "%v", err)
	}
	return p, nil
}

// voicesOf are the recordings among what is kept of somebody.
func voicesOf(found []privacy.Found) (all []wissel.Wish) {
	for _, f := range found {
		if f.Table != "wishes" {
			continue
		}
		for _, row := range f.Rows {
			id, _ := row["id"].(string)
			recording, _ := row["recording"].(string)
			removed, _ := row["removed"].(string)
			if recording != "" && removed == "" {
				all = append(all, wissel.Wish{Row: wissel.Row{ID: id}, Recording: recording})
			}
		}
	}
	return all
}

// ExportPerson gives all that is kept of a number as a ZIP file: the rows as JSON, what he said as WAV, and a word on both.
func (a *App) ExportPerson(ctx context.Context, r web.PersonRequest, by web.Actor) ([]byte, error) {
	const what = "privacy export"
	n, mark, err := a.person(ctx, what, "privacy-export", r, by)
	if err != nil {
		return nil, err
	}
	p, err := a.keptOf(ctx, what, n, mark)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	add := func(name string, data []byte) {
		if err != nil {
			return
		}
		w, e := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: time.Now()})
		if e == nil {
			_, e = w.Write(data)
		}
		err = e
	}
	for _, w := range voicesOf(p.Tables) {
		wav, whole, e := a.voices.read(w.Recording)
		switch {
		case e != nil:
			p.Notes = append(p.Notes, fmt.Sprintf("what he said with wish %s cannot be read: %v", w.ID, e))
			continue
		case !whole:
			p.Notes = append(p.Notes, fmt.Sprintf("what he said with wish %s was cut off when it was written", w.ID))
		}
		add("voice-"+w.ID+".wav", wav)
	}
	body, e := json.MarshalIndent(struct {
		Number wissel.Number `json:"number"`
		At     time.Time     `json:"exported"`
		web.Person
	}{n, time.Now().UTC().Truncate(time.Second), p}, "", "  ")
	if e != nil {
		return nil, web.Faultf(http.StatusInternalServerError, what, "%v", e)
	}
	add("data.json", append(body, '\n'))
	add("README.txt", []byte(exportWords()))
	if err = errors.Join(err, z.Close()); err != nil {
		return nil, web.Faultf(http.StatusInternalServerError, what, "%v", err)
	}
	return b.Bytes(), nil
}

// exportWords say what is in an export, to whom it is about.
func exportWords() string {
	var b strings.Builder
	b.WriteString("data.json holds every row that is kept of this number, by table; voice-*.wav is what was said into the telephone.\n\n")
	for _, one := range privacy.All {
		fmt.Fprintf(&b, "%s: %s.\n  Why: %s. It is kept until so long after %s; then %s.\n", one.Kind, one.What, one.Why, one.From, one.After)
	}
	return b.String()
}

// ErasePerson takes a number out of all that is kept: what he asked for and said goes, records of calls stay without him. The audit
// row that it was done stays, with his mark.
func (a *App) ErasePerson(ctx context.Context, r web.PersonRequest, by web.Actor) (web.Erased, error) {
	const what = "privacy erase"
	n, mark, err := a.person(ctx, what, "privacy-erase", r, by)
	if err != nil {
		return web.Erased{}, err
	}
	// It goes on when who asked is gone: half of it helps nobody.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), keepWithin)
	defer cancel()
	done := web.Erased{Mark: mark, Rows: map[string]int{}}
	fail := func(err error) (web.Erased, error) {
		return done, web.Faultf(http.StatusServiceUnavailable, what, "not all of it is erased: %v; say it again", err)
	}
	a.dropFor(n, "he was erased")
	if owed := a.promises.forget(n); owed > 0 {
		done.Notes = append(done.Notes, fmt.Sprintf("%d callbacks that he was promised are not made", owed))
	}
	a.callers.forget(n)
	if err := a.crisis.forget(ctx, n); err != nil {
		return fail(err)
	}
	for range forgetAgain {
		found, err := a.store.Found(ctx, n)
		if err != nil {
			return fail(err)
		}
		if len(found) == 0 {
			break
		}
		for _, w := range voicesOf(found) {
			if err := a.dropVoice(ctx, w); err != nil {
				return fail(err)
			}
			done.Recordings++
		}
		rows, err := a.store.Forget(ctx, n)
		for table, n := range rows {
			done.Rows[table] += n
		}
		if err != nil {
			return fail(err)
		}
	}
	left, err := a.keptOf(ctx, what, n, mark)
	if err != nil {
		return fail(err)
	}
	if len(left.Tables) > 0 {
		return fail(fmt.Errorf("%d tables still hold the number", len(left.Tables)))
	}
	done.Notes = append(done.Notes, left.Notes...)
	if !a.emptyLog(ctx) {
		done.Notes = append(done.Notes, "the database's log may hold it for a while: something reads it; the next run that deletes empties it")
	}
	a.log.Info("a person was erased", "mark", mark, "rows", done.Rows, "recordings", done.Recordings)
	return done, nil
}

// Object notes that a number is never to be rung or sent a text, or takes that back. It is in force at once.
func (a *App) Object(ctx context.Context, r web.PersonRequest, by web.Actor) (web.Objected, error) {
	what, deed := "privacy object", "privacy-object"
	if r.Lift {
		deed = "privacy-object-lift"
	}
	n, mark, err := a.person(ctx, what, deed, r, by)
	if err != nil {
		return web.Objected{}, err
	}
	k := a.keeper
	whole := k.keyNow().Mark(n)
	o := privacy.Objection{Mark: whole, At: time.Now(), Who: by.Who, Why: privacy.Hide(strings.TrimSpace(r.Reason))}
	k.mu.Lock()
	_, was := k.objects[whole]
	if r.Lift {
		delete(k.objects, whole)
	} else if !was {
		k.objects[whole] = o
	}
	k.mu.Unlock()
	done := web.Objected{Mark: mark, Objects: !r.Lift, Changed: was == r.Lift}
	if !done.Changed {
		return done, nil
	}
	keep, cancel := keeping(ctx)
	defer cancel()
	if r.Lift {
		err = a.store.Lift(keep, whole)
	} else {
		err = a.store.Object(keep, o)
	}
	if err != nil {
		done.Notes = append(done.Notes, "in force, but not on disk: until the store is well, a restart would forget it ("+err.Error()+")")
	}
	if !r.Lift {
		a.dropFor(n, "he objects to calls and texts")
		done.Notes = append(done.Notes, a.callOff(ctx, n, by)...)
	}
	return done, nil
}

// callOff cancels the callbacks that one who objects was promised.
func (a *App) callOff(ctx context.Context, n wissel.Number, by web.Actor) (notes []string) {
	a.promises.mu.Lock()
	open := a.promises.book.Open("")
	a.promises.mu.Unlock()
	off := 0
	for _, c := range open {
		if c.Number != n {
			continue
		}
		done, err := a.CloseCallback(ctx, c.ID, callbacks.Cancelled, web.ReadRequest{Reason: "he objects to calls and texts"}, by)
		if err != nil {
			notes = append(notes, err.Error())
			continue
		}
		notes = append(notes, done.Notes...)
		off++
	}
	if off > 0 {
		notes = append(notes, fmt.Sprintf("%d callbacks that he was promised are called off", off))
	}
	return notes
}

// dropFor breaks off what is under way to a number: calls that ring it, and whatever waits to be sent to it.
func (a *App) dropFor(n wissel.Number, why string) {
	a.promises.mu.Lock()
	open := a.promises.book.Open("")
	a.promises.mu.Unlock()
	for _, c := range open {
		if c.Number == n && c.State.Flying() && c.State != callbacks.InTalk { // who talks goes on talking
			a.calling.stop(c.ID)
		}
	}
	for _, drop := range a.drops {
		drop(n, why)
	}
}
