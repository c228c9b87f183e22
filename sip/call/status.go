package call

import (
	"strconv"
	"strings"
)

// StatusOf gives the response for a caller for whom no target and no flow is left, from the last refusal that a target
// gave; 0: none gave any (silence, no connection, no target). A 503 would take us out of the carrier's service, a 3xx
// would send him where we did not choose, a challenge is ours to meet, and the others of the list are between us and that
// one target: they become 480.
func StatusOf(last int) int {
	switch last {
	case 401, 407, 420, 421, 422, 491, 494, 503:
		return 480
	}
	if last < 400 || last > 699 {
		return 480
	}
	return last
}

// spoke reports whether a refusal is a person's answer: busy, or declined.
func spoke(status int) bool { return status == 486 || status == 600 || status == 603 }

// failing reports whether a Reason header (RFC 3326) tells of a fault rather than of a person who hung up.
func failing(reason string) bool {
	for _, value := range strings.Split(reason, ",") {
		protocol, rest, _ := strings.Cut(strings.TrimSpace(value), ";")
		cause := 0
		for _, p := range strings.Split(rest, ";") {
			name, v, _ := strings.Cut(strings.TrimSpace(p), "=")
			if strings.EqualFold(strings.TrimSpace(name), "cause") {
				cause, _ = strconv.Atoi(strings.TrimSpace(v))
			}
		}
		switch strings.ToUpper(strings.TrimSpace(protocol)) {
		case "SIP":
			if cause == 408 || cause >= 500 && cause < 600 {
				return true
			}
		case "Q.850": // no route, out of order, no circuit, network, temporary, congestion, resources, protocol
			switch cause {
			case 2, 3, 27, 34, 38, 41, 42, 43, 44, 47, 63, 79, 95, 96, 97, 98, 99, 100, 101, 102, 111, 127:
				return true
			}
		}
	}
	return false
}

// headerValue gives reason when it has the form of a Reason header value, else nothing: our own words stay with us.
func headerValue(reason string) string {
	if protocol, _, ok := strings.Cut(reason, ";"); ok && protocol != "" && !strings.ContainsAny(protocol, " \t\r\n:") {
		return reason
	}
	return ""
}
