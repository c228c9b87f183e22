package testcall

import (
	"errors"
	"fmt"
	"testing"
	"time"
)

func TestDoors(t *testing.T) {
	var d Doors
	for range mostOfOne {
		if err := d.Enter("+31612345678", noon); err != nil {
			t.Fatal(err)
		}
		d.Leave()
	}
	if err := d.Enter("+31612345678", noon.Add(59*time.Second)); !errors.Is(err, ErrAgain) {
		t.Errorf("the same again: %v", err)
	}
	if err := d.Enter("kpn", noon); err != nil {
		t.Errorf("another: %v", err)
	}
	if err := d.Enter("+31612345678", noon.Add(time.Minute)); err != nil {
		t.Errorf("a minute later: %v", err)
	}
	for i := 2; i < mostInside; i++ {
		if err := d.Enter(fmt.Sprint(i), noon); err != nil {
			t.Fatal(err)
		}
	}
	if err := d.Enter("more", noon); !errors.Is(err, ErrCrowded) {
		t.Errorf("one too many at a time: %v", err)
	}
	d.Leave()
	if err := d.Enter("more", noon); err != nil {
		t.Errorf("one has left: %v", err)
	}
	for i := range mostOfOthers {
		d.Leave()
		_ = d.Enter(fmt.Sprint("s", i), noon)
	}
	d.Leave()
	if err := d.Enter("a new one", noon); !errors.Is(err, ErrCrowded) {
		t.Errorf("too many sources in a minute: %v", err)
	}
}
