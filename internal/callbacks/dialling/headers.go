package dialling

import (
	"encoding/hex"
	"strconv"
	"strings"
	"time"

	"wissel"
)

// What a desk's platform is told of a callback, so that an agent's screen can show it before he presses a key.
const (
	UserToUser = "User-to-User"      // RFC 7433
	Callback   = "X-Wissel-Callback" // ours: all of it, as "id;key=value;…"
)

// uuiMost is what a network lets through: 128 octets of user information, without the discriminator (RFC 7434 §5).
const uuiMost = 128

// ia5 is the protocol discriminator of text (ITU-T Q.931, table 4-26), the first octet of user information.
const ia5 = 0x04

// facts is what is told of a job, the most useful first: what does not fit is left out from the end.
func facts(j wissel.CallbackJob) (all []string) {
	add := func(key, value string) {
		if value = plain(value); value != "" {
			all = append(all, key+"="+value)
		}
	}
	if !j.Hidden {
		add("tel", string(j.Number))
	}
	add("line", string(j.Rung))
	add("calls", strconv.Itoa(max(1, j.Calls)))
	add("lang", j.Language)
	if !j.Asked.IsZero() {
		add("asked", j.Asked.UTC().Format("20060102T1504Z"))
	}
	if j.Message != "" {
		add("voice", strconv.Itoa(int(j.Length.Round(time.Second)/time.Second)))
	}
	if j.Texts > 0 {
		add("texts", strconv.Itoa(j.Texts))
	}
	add("group", string(j.Group))
	add("attempt", strconv.Itoa(max(1, j.Attempt)))
	add("choices", strings.Join(j.Choices, ","))
	return all
}

// Headers are the two of a job, by their names.
func Headers(j wissel.CallbackJob) map[string]string {
	id := plain(j.Callback)
	whole := id
	uui := "id=" + id
	for _, f := range facts(j) {
		if len(whole)+1+len(f) <= 1000 {
			whole += ";" + f
		}
		if len(uui)+1+len(f) <= uuiMost {
			uui += ";" + f
		}
	}
	if len(uui) > uuiMost {
		uui = uui[:uuiMost]
	}
	return map[string]string{
		UserToUser: hex.EncodeToString(append([]byte{ia5}, uui...)) + ";encoding=hex",
		Callback:   whole,
	}
}

// plain leaves of a value what means nothing to a header: letters, digits and a few signs.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= '0' && r <= '9', r >= 'A' && r <= 'Z', r >= 'a' && r <= 'z', strings.ContainsRune("+-_.:,=*#", r):
			return r
		}
		return -1
	}, s)
}
