package audio

import (
	"fmt"
	"testing"
	"time"
)

// BenchmarkMakeClip says what a second of sound costs at load time.
func BenchmarkMakeClip(b *testing.B) {
	for _, rate := range []int{8000, 16000, 22050, 48000} {
		b.Run(fmt.Sprint(rate), func(b *testing.B) {
			pcm := Tone(time.Second, rate, -19, 440)
			for range b.N {
				MakeClip("bench", pcm, rate)
			}
		})
	}
}
