package audio

// MakeClip makes pcm (mono, 16 bits, rate samples a second) ready to be played in each codec. The clip is padded with
// silence to a whole millisecond. It costs time in proportion to the sound and belongs to load time, never to a call.
func MakeClip(name string, pcm []int16, rate int) *Clip {
	narrow := Resample(pcm, rate, 8000)
	size := (len(narrow) + 7) / 8 * 8
	narrow = fit(narrow, size)
	c := &Clip{Name: name}
	c.Bytes[ALaw] = make([]byte, size)
	c.Bytes[MuLaw] = make([]byte, size)
	must(EncodeALaw(c.Bytes[ALaw], narrow))
	must(EncodeMuLaw(c.Bytes[MuLaw], narrow))
	c.Bytes[G722] = EncodeG722(fit(Resample(pcm, rate, 16000), 2*size))
	return c
}

// fit is pcm cut or padded with silence to n samples.
func fit(pcm []int16, n int) []int16 {
	if len(pcm) >= n {
		return pcm[:n]
	}
	return append(pcm, make([]int16, n-len(pcm))...)
}

func must(_ int, err error) {
	if err != nil {
		panic("audio: a buffer of our own was too short: " + err.Error())
	}
}
