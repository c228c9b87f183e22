package app_test

import (
	"bytes"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"wissel/internal/audio"
	"wissel/internal/web"
	"wissel/sip/sim/simtest"
)

// What a caller said is heard by who may, and removed; the wish stays, and each of it is in the audit log.
func TestARecordingIsHeardAndRemoved(t *testing.T) {
	simtest.Run(t, func(n *simtest.Net) {
		t := n.T
		n.Plan("flow:storing")
		n.Phone("caller").Call(simtest.Number).Wait()
		if len(n.Wishes()) != 1 {
			t.Fatal("he is not noted")
		}
		op, by, why := n.Operator(), web.Actor{Who: "anna", From: "test"}, web.ReadRequest{Reason: "ticket 1"}
		state := func(want string) web.Recording {
			t.Helper()
			all, err := op.Recordings(t.Context())
			if err != nil || len(all) != 1 || all[0].State != want || strings.Contains(all[0].Number, "12345678") || all[0].Heard.IsZero() != (want == "waiting") {
				t.Fatalf("%+v, %v; want one that is %s", all, err, want)
			}
			return all[0]
		}
		id := state("waiting").ID
		if all, err := op.RecordingNumbers(t.Context(), why, by); err != nil || len(all) != 1 || all[0].Number != "+31612345678" {
			t.Errorf("%+v, %v", all, err)
		}
		if _, err := op.RecordingNumbers(t.Context(), web.ReadRequest{}, by); err == nil {
			t.Error("numbers without a reason")
		}
		sound, err := op.ExportRecording(t.Context(), id, why, by)
		if err != nil {
			t.Fatal(err)
		}
		if pcm, rate, err := audio.ReadWAV(bytes.NewReader(sound)); err != nil || len(pcm) < rate || audio.Level(pcm) < -30 {
			t.Errorf("%d samples of %d Hz, %v", len(pcm), rate, err)
		}
		state("heard")
		if r, err := op.RemoveRecording(t.Context(), id, why, by); err != nil || r.State != "removed" {
			t.Errorf("%+v, %v", r, err)
		}
		state("removed")
		if len(n.Recordings()) != 0 || len(n.Wishes()) != 1 {
			t.Errorf("files %v, %d wishes", n.Recordings(), len(n.Wishes()))
		}
		for what, code := range map[string]int{id: http.StatusGone, "../../etc/passwd": http.StatusNotFound} {
			_, err := op.ExportRecording(t.Context(), what, why, by)
			var fault *web.Fault
			if !errors.As(err, &fault) || fault.Code != code {
				t.Errorf("%s: %v", what, err)
			}
		}
		rows, err := op.Audit(t.Context(), time.Time{}, 0)
		var did []string
		for _, r := range rows {
			did = append(did, r.What+" "+r.Who+" "+r.Why)
		}
		if text := strings.Join(did, ", "); err != nil || !strings.Contains(text, "export-recording anna ticket 1") || !strings.Contains(text, "remove-recording anna ticket 1") ||
			!strings.Contains(text, "read-numbers anna ticket 1") {
			t.Errorf("audit: %s, %v", text, err)
		}
	})
}
