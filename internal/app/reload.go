package app

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"wissel"
	"wissel/configs"
	"wissel/internal/privacy"
	"wissel/internal/web"
	"wissel/ivr"
	"wissel/prompts"
)

// SettingsError says that the settings cannot be used: the file cannot be read, or *configs.Faults has all that is wrong.
type SettingsError struct{ Err error }

func (e *SettingsError) Error() string { return e.Err.Error() }
func (e *SettingsError) Unwrap() error { return e.Err }

// load reads the settings that o names, with the prompts and flows that go with them.
func load(o Options) (*inUse, error) {
	if o.Settings != nil {
		sounds, err := prompts.Open(o.Settings.Prompts)
		if err != nil {
			return nil, fmt.Errorf("load the prompts: %w", err)
		}
		return &inUse{file: o.Settings, sounds: sounds, at: time.Now()}, nil
	}
	return loadFile(o.File, facts{})
}

// facts are what is known of the trunks beside the settings, for warnings; nil: nobody looked.
type facts struct {
	seen   map[wissel.TrunkID]configs.Seen
	proofs map[wissel.TrunkID]wissel.Proof

	endings map[wissel.TrunkID]wissel.Ending
	texted  map[string]time.Time
}

// loadFile reads a settings file.
func loadFile(path string, known facts) (*inUse, error) {
	with, sounds := reading()
	with.Seen, with.Proofs, with.Endings, with.Texted = known.seen, known.proofs, known.endings, known.texted
	file, err := configs.Load(path, with)
	if err != nil {
		return nil, &SettingsError{err}
	}
	return &inUse{file: file, sounds: *sounds, at: time.Now()}, nil
}

// reading makes the options of a load, and where the prompts that it opened are found after it.
func reading() (configs.Options, **prompts.Store) {
	var sounds *prompts.Store
	return configs.Options{Catalogue: func(dir string) (_ ivr.Catalogue, err error) {
		sounds, err = prompts.Open(dir)
		return sounds, err
	}}, &sounds
}

// notes are what a person should know of settings that are in force all the same.
func (set *inUse) notes() (notes []string) {
	for _, w := range set.file.Warnings {
		w.Warning = false // whoever tells a note says so himself
		notes = append(notes, w.String())
	}
	return append(notes, inWords(inaudible(set.file, set.sounds))...)
}

// adopt puts faultless settings in force: everything in them was built before anything live is touched, and what was
// learnt (health, counts, pins) is kept. It tells what had to go.
func (a *App) adopt(set *inUse) (dropped []string) {
	programs := map[wissel.FlowID]*ivr.Program{}
	if old := a.settings.Load(); old != nil { // a call that was routed a moment ago may still come to a flow that goes now
		a.bind(programs, old.file)
	}
	a.bind(programs, set.file)
	a.programs.Store(&programs)
	a.settings.Store(set)
	a.limits.Set(set.file.Limits())
	a.tests.set(set.file)
	a.crisis.put(set.file.Crisis)
	a.texter.set(set.file)
	a.statusPages.set(set.file)
	a.names.Replace(set.file.Trunks, func(trunks map[wissel.TrunkID]*wissel.Trunk) {
		dropped = a.routing.setSettings(set.file.Snapshot(trunks))
		a.board.Set(trunks)
		a.pages.Set(trunks)
	})
	return dropped
}

// bind adds the flows of a file, with what they need to know of telephone numbers.
func (a *App) bind(programs map[wissel.FlowID]*ivr.Program, file *configs.File) {
	for id, p := range file.Flows {
		programs[id] = p.With(numbering{file.Country, a.routing.Snapshot})
	}
}

// adoptTrunks is what the directory of names publishes to, after each change of an address.
func (a *App) adoptTrunks(trunks map[wissel.TrunkID]*wissel.Trunk) {
	a.routing.setTrunks(trunks)
	a.board.Set(trunks)
	a.pages.Set(trunks)
}

// Reload reads the settings file again. A faulty one changes nothing, and all its faults are told.
func (a *App) Reload(ctx context.Context, by web.Actor) (web.Reloaded, error) {
	if a.options.File == "" {
		return web.Reloaded{}, web.Faultf(http.StatusConflict, "reload", "this server was not started from a settings file")
	}
	a.reloads.Lock()
	defer a.reloads.Unlock()
	set, err := load(a.options)
	if err != nil {
		a.reject(err)
		return web.Reloaded{}, web.Faultf(http.StatusUnprocessableEntity, "reload", "the settings in force stay as they are:\n%v", err)
	}
	return a.replace(ctx, set, by), nil
}

// watch takes the settings over each time a file of theirs is changed and they are faultless.
func (a *App) watch(ctx context.Context) error {
	by := web.Actor{Who: "wissel", From: "file"}
	with, sounds := reading()
	return configs.Watch(ctx, a.settings.Load().file, with, func(file *configs.File, err error) {
		a.reloads.Lock()
		defer a.reloads.Unlock()
		if err != nil {
			a.reject(err)
			a.log.Error("the changed settings are not taken over; those in force stay", "error", err)
			return
		}
		a.replace(ctx, &inUse{file: file, sounds: *sounds, at: time.Now()}, by)
	})
}

// reject notes why the newest file is not in force.
func (a *App) reject(err error) {
	next := *a.settings.Load()
	next.rejected = err.Error()
	a.settings.Store(&next)
}

// replace puts other settings in force, with an audit row when they differ.
func (a *App) replace(ctx context.Context, set *inUse, by web.Actor) web.Reloaded {
	was := a.settings.Load()
	old, file := was.file, set.file
	done := web.Reloaded{Before: old.Version, Version: file.Version, Notes: append(set.notes(), a.adopt(set)...)}
	done.Notes = append(done.Notes, restartNotes(old, file)...)
	a.server.SetTLS(file.Listeners)
	if names := set.sounds.Changed(was.sounds); len(names) > 0 {
		what := prompts.Few(names)
		a.log.Info("other prompts are in force", "prompts", what, "who", by.Who)
		done.Notes = append(done.Notes, "other prompts are in force, from the next sentence on: "+what)
		a.auditSoon(rowOf(by, "prompts", what, "", "", ""), nil)
	}
	if old.Version == file.Version {
		return done
	}
	done.Notes = append(done.Notes, a.keepsLess(old, file, by)...)
	a.log.Info("the settings were reloaded", "before", old.Version, "version", file.Version, "who", by.Who)
	if err := a.audit(ctx, by, "reload", a.options.File, "", old.Version, file.Version); err != nil {
		done.Notes = append(done.Notes, "the audit row could not be written ("+err.Error()+")")
	}
	return done
}

// keepsLess tells everybody of settings that keep audit rows for a shorter time: what they tell of is gone for good. Two persons are not
// asked for (docs/decisions/0029).
func (a *App) keepsLess(old, file *configs.File, by web.Actor) []string {
	was, is := old.Privacy.Keep[privacy.Audit], file.Privacy.Keep[privacy.Audit]
	if is >= was {
		return nil
	}
	text := fmt.Sprintf("privacy.keep.audit: audit rows are kept for %s now, and were for %s; older ones go within the hour", privacy.Days(is), privacy.Days(was))
	a.alarms.set("audit-keep", text+" (by "+by.Who+")")
	a.auditSoon(rowOf(by, "audit-keep", a.options.File, "", privacy.Days(was), privacy.Days(is)), nil)
	return []string{text}
}

// restartNotes names the settings that only a restart changes.
func restartNotes(old, file *configs.File) (notes []string) {
	for _, one := range []struct {
		key  string
		same bool
	}{
		{"listen.sip", sameListeners(old, file)},
		{"listen.media", old.Media == file.Media},
		{"listen.control", old.Control == file.Control},
		{"listen.api", old.API.Bind == file.API.Bind && (old.API.Cert == nil) == (file.API.Cert == nil)},
		{"access.group", old.Access.Group == file.Access.Group},
		{"texts.listen", old.Texts.Listen.Bind == file.Texts.Listen.Bind && (old.Texts.Listen.Cert == nil) == (file.Texts.Listen.Cert == nil)},
		{"status.listen", old.StatusPage.Bind == file.StatusPage.Bind && (old.StatusPage.Cert == nil) == (file.StatusPage.Cert == nil)},
		{"store", old.Store == file.Store},
		{"node", old.Node == file.Node},
		{"redis", sameRedis(old.Redis, file.Redis)},
		{"health", old.Health == file.Health},
	} {
		if !one.same {
			notes = append(notes, one.key+" has changed; that takes a restart")
		}
	}
	return notes
}

func sameListeners(a, b *configs.File) bool {
	if len(a.Listeners) != len(b.Listeners) {
		return false
	}
	for i := range a.Listeners {
		if a.Listeners[i].Bind != b.Listeners[i].Bind || a.Listeners[i].Advertise != b.Listeners[i].Advertise {
			return false
		}
	}
	return true
}

// errLocked says that another process holds the store's folder.
var errLocked = errors.New("another wissel uses this store")
