package demo

import (
	"context"
	"encoding/json"
	"os"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestTheStoryEndsWithoutALostCall(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	d, err := New(ctx, Options{AnyPorts: true, Version: "test"})
	if err != nil {
		t.Fatal(err)
	}
	folder := d.Addresses().Folder
	began := time.Now()
	sum, err := d.Run(ctx, false)
	for _, a := range d.View().Acts {
		t.Logf("%s: %s", a.Title, a.Finding)
	}
	data, jerr := json.Marshal(sum)
	if jerr != nil {
		t.Fatal(jerr)
	}
	t.Logf("%s after %v", data, time.Since(began))
	if err != nil {
		t.Fatal(err)
	}
	if sum.Lost != 0 || sum.Answered != sum.Calls || sum.ToPrimary < 9 || sum.ToBackup < 5 || sum.ToIVR < 3 || sum.Wishes != 3 ||
		sum.ToPrimary+sum.ToBackup+sum.ToIVR != sum.Calls || sum.SetupMS.P50 <= 0 || sum.SetupMS.P99 < sum.SetupMS.P50 {
		t.Errorf("%s", data)
	}
	if _, err := os.Stat(folder); !os.IsNotExist(err) {
		t.Errorf("the folder %s is still there: %v", folder, err)
	}
}
