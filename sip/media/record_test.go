package media

import (
	"testing"
	"time"

	"wissel/internal/audio"
)

// talker sends a recording its packets, in a time of its own.
type talker struct {
	s   *Session
	now time.Time
	seq uint16
	ts  uint32
	pt  uint8
}

// says sends d of sound or of silence; skip leaves a hole instead of packets.
func (p *talker) says(d time.Duration, level float64) {
	for ; d > 0; d -= 20 * time.Millisecond {
		payload := make([]byte, 160)
		if level > -90 {
			pcm := audio.Tone(20*time.Millisecond, 8000, level, 400)
			if _, err := audio.EncodeALaw(payload, pcm); err != nil {
				panic(err)
			}
			if p.pt == 9 {
				payload = audio.EncodeG722(audio.Tone(20*time.Millisecond, 16000, level, 400))
			}
		} else {
			for i := range payload {
				payload[i] = map[uint8]audio.Codec{8: audio.ALaw, 9: audio.G722}[p.pt].Silence()
			}
		}
		data := make([]byte, headerSize+160)
		putHeader(data, p.pt, false, p.seq, p.ts, 9)
		copy(data[headerSize:], payload)
		p.s.packet(data, peerAt)
		p.skip(20 * time.Millisecond)
	}
}

func (p *talker) skip(d time.Duration) {
	p.seq += uint16(d / (20 * time.Millisecond))
	p.ts += ticks(d)
	p.now = p.now.Add(d)
}

func TestRecording(t *testing.T) {
	e, err := New(settings(newLAN()))
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		name  string
		pt    uint8
		speak func(*talker)
		voice time.Duration
		whole time.Duration // with what is kept around it
	}{
		{"a sentence", 8, func(p *talker) { p.says(time.Second, -99); p.says(3*time.Second, -20); p.says(2*time.Second, -99) }, 3 * time.Second, 3600 * time.Millisecond},
		{"in G.722", 9, func(p *talker) { p.says(time.Second, -99); p.says(3*time.Second, -20); p.says(2*time.Second, -99) }, 3 * time.Second, 3600 * time.Millisecond},
		{"a pause between words is kept", 8, func(p *talker) {
			p.says(time.Second, -20)
			p.says(time.Second, -99)
			p.says(time.Second, -20)
		}, 3 * time.Second, 3 * time.Second},
		{"lost packets leave their time", 8, func(p *talker) {
			p.says(time.Second, -20)
			p.skip(500 * time.Millisecond)
			p.says(time.Second, -20)
		}, 2500 * time.Millisecond, 2500 * time.Millisecond},
		{"nothing", 8, func(p *talker) { p.says(5*time.Second, -99) }, 0, 0},
		{"a line that hums", 8, func(p *talker) { p.says(5*time.Second, -50) }, 0, 0},
		{"a click", 8, func(p *talker) { p.says(time.Second, -99); p.says(60*time.Millisecond, -10); p.says(time.Second, -99) }, 0, 0},
		{"no packets", 8, func(*talker) {}, 0, 0},
		{"more than there is room for", 8, func(p *talker) { p.says(30*time.Second, -20) }, 10 * time.Second, 10 * time.Second},
	} {
		t.Run(row.name, func(t *testing.T) {
			s, _ := bare(t, e, map[uint8]string{8: "8", 9: "9"}[row.pt], "")
			s.Record(10*time.Second, 4*time.Second)
			row.speak(&talker{s: s, pt: row.pt, now: time.Now()})
			got := s.Sound()
			near := func(a, b time.Duration) bool { return a > b-50*time.Millisecond && a < b+50*time.Millisecond }
			if whole := time.Duration(len(got.Bytes)) * time.Millisecond / perMilli; !near(got.Voice, row.voice) || !near(whole, row.whole) {
				t.Errorf("%v of voice in %v, want %v in %v", got.Voice, whole, row.voice, row.whole)
			}
			if got.Voice > 0 {
				pcm, rate := audio.Decode(got.Bytes, got.Codec)
				if l := audio.Level(pcm); l < -30 || rate != map[uint8]int{8: 8000, 9: 16000}[row.pt] {
					t.Errorf("%.1f dBFS at %d Hz", l, rate)
				}
				if c := got.Clip("himself"); c.Duration() != time.Duration(len(got.Bytes))*time.Millisecond/8 || len(c.Bytes[got.Codec]) != len(got.Bytes) {
					t.Error("it cannot be played to him")
				}
			}
			if again := s.Sound(); len(again.Bytes) != 0 {
				t.Error("it is there twice")
			}
		})
	}
}

// It ends by silence, by its longest, or by hand, and says so once.
func TestRecordingEnds(t *testing.T) {
	e, err := New(settings(newLAN()))
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		name  string
		after time.Duration // since the last word
		ends  bool
	}{
		{"he thinks", 3900 * time.Millisecond, false},
		{"he is silent", 4100 * time.Millisecond, true},
	} {
		s, _ := bare(t, e, "8", "")
		var told []Event
		s.events = func(ev Event) { told = append(told, ev) }
		s.Record(time.Minute, 4*time.Second)
		(&talker{s: s, pt: 8}).says(time.Second, -20)
		s.keep(time.Now().Add(row.after))
		s.keep(time.Now().Add(row.after))
		if (len(told) == 1) != row.ends {
			t.Errorf("%s: %v", row.name, told)
		}
		s.StopRecord()
		s.StopRecord()
		if len(told) != 1 || told[0].Kind != Recorded || told[0].Play != 1 {
			t.Errorf("%s, and stopped: %v", row.name, told)
		}
		if s.Sound().Voice < 900*time.Millisecond {
			t.Error("what was said is gone")
		}
	}
	s, _ := bare(t, e, "8", "")
	ended := 0
	s.events = func(Event) { ended++ }
	s.Record(10*time.Second, 4*time.Second)
	s.taken.spoke = time.Now().Add(time.Hour) // he speaks without a pause
	if s.keep(time.Now().Add(9 * time.Second)); ended != 0 {
		t.Error("it ended before its time")
	}
	if s.keep(time.Now().Add(11 * time.Second)); ended != 1 {
		t.Error("it does not end")
	}
}

func TestRecordingAllocatesNothingByThePacket(t *testing.T) {
	e, err := New(settings(newLAN()))
	if err != nil {
		t.Fatal(err)
	}
	s, _ := bare(t, e, "8", "")
	s.Record(time.Minute, 4*time.Second)
	data, ts, seq := make([]byte, headerSize+160), uint32(0), uint16(0)
	allocations(t, "recording", func() {
		putHeader(data, 8, false, seq, ts, 9)
		ts, seq = ts+160, seq+1
		s.packet(data, peerAt)
	})
	if len(s.taken.data) < 200*160 {
		t.Error("it did not record")
	}
}
