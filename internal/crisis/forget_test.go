package crisis

import (
	"bytes"
	"testing"
	"time"
)

func TestNumbersOfWrongTriesFade(t *testing.T) {
	now := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	d := NewDoor()
	for range mostNumber { // it is locked, and a lock counts for a day
		d.Try("+31611111111", "0000", "", now)
	}
	d.Try("+31622222222", "0000", "", now)
	d.Try("+31633333333", "0000", "", now)
	if !d.Forget("+31633333333") || d.Forget("+31633333333") {
		t.Error("a number is there once")
	}
	if d.Fade(now.Add(time.Minute)) {
		t.Error("what still counts faded")
	}
	if !d.Fade(now.Add(time.Hour)) {
		t.Error("an old try did not fade")
	}
	body, err := d.Save()
	if err != nil || !bytes.Contains(body, []byte("+31611111111")) || bytes.Contains(body, []byte("+31622222222")) || bytes.Contains(body, []byte("+31633333333")) {
		t.Errorf("%s, %v", body, err)
	}
	if !d.Fade(now.Add(25*time.Hour)) || d.Fade(now.Add(26*time.Hour)) {
		t.Error("a lock outlasts a day")
	}
}
