package sms

// The default alphabet of 3GPP TS 23.038 §6.2.1, each character at the place of its septet. 0x1B is the escape to the
// extension table, and no character.
const alphabet = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"

const escape = 0x1b

// The extension table of §6.2.1.1: each of these is the escape and one septet more.
var extension = map[rune]byte{
	'\f': 0x0a, '^': 0x14, '{': 0x28, '}': 0x29, '\\': 0x2f, '[': 0x3c, '~': 0x3d, ']': 0x3e, '|': 0x40, '€': 0x65,
}

var septets, runes, extended = tables()

func tables() (to map[rune]byte, from [128]rune, ext [128]rune) {
	to = map[rune]byte{}
	at := byte(0)
	for _, r := range alphabet {
		if from[at] = r; r != escape {
			to[r] = at
		}
		at++
	}
	for r, b := range extension {
		ext[b] = r
	}
	return to, from, ext
}

// weigh is how many septets r takes in GSM-7: 1, 2 for the extension table, 0 when it has no place in either.
func weigh(r rune) int {
	if _, ok := septets[r]; ok {
		return 1
	}
	if _, ok := extension[r]; ok {
		return 2
	}
	return 0
}

// appendSeptets writes r as septets, each in a byte of its own as SMPP carries them (data_coding 0, §2.2.2 of most
// operators' guides); the operator packs them for the air.
func appendSeptets(b []byte, r rune) []byte {
	if s, ok := septets[r]; ok {
		return append(b, s)
	}
	return append(b, escape, extension[r])
}

// DecodeGSM7 reads septets that stand in a byte each. A septet after the escape that the extension table lacks is read in
// the default alphabet, as §6.2.1 asks of a phone; a byte above 127 is U+FFFD.
func DecodeGSM7(body []byte) string {
	out := make([]rune, 0, len(body))
	for i := 0; i < len(body); i++ {
		b := body[i]
		switch {
		case b > 127:
			out = append(out, '\uFFFD')
		case b != escape:
			out = append(out, runes[b])
		case i+1 < len(body) && body[i+1] < 128 && extended[body[i+1]] != 0:
			i++
			out = append(out, extended[body[i]])
		case i+1 < len(body) && body[i+1] < 128 && body[i+1] != escape: // the escape is not shown
		default:
			out = append(out, ' ')
		}
	}
	return string(out)
}
