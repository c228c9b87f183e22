package sip

import (
	"strings"

	sipgo "github.com/emiago/sipgo/sip"

	"wissel"
)

// admission is what admit must know of a request that is not in the request itself.
type admission struct {
	Transport wissel.Transport // it came over
	Dialog    bool             // its Call-ID and tags are those of a dialog of ours
	Matched   bool             // a CANCEL: the INVITE it cancels is known
	Merged    bool             // the same request came by another way (RFC 3261 §8.2.2.2)
	Loop      bool             // it is one that we sent ourselves
	Known     bool             // its source is a trunk of ours
}

// admit holds a parsed request against RFC 3261 §8.2: nil lets it go on, else it is answered with the rejection (not at
// all for an ACK, which has no responses). The checks are one table, in the order in which a peer learns most.
func admit(req *sipgo.Request, in admission) *rejection {
	for _, check := range admissions {
		if r := check(req, in); r != nil {
			return r
		}
	}
	return nil
}

var admissions = []func(*sipgo.Request, admission) *rejection{
	admitVersion,   // 505
	admitForm,      // 400
	admitSource,    // 403
	admitScheme,    // 416, 400
	admitMethod,    // 501, 405
	admitDialog,    // 481
	admitHops,      // 483
	admitOnce,      // 482
	admitExtension, // 420
	admitBody,      // 413, 415, 400
	admitAnswer,    // 406
}

func admitVersion(req *sipgo.Request, _ admission) *rejection {
	if req.SipVersion != "SIP/2.0" && !strings.EqualFold(req.SipVersion, "SIP/2.0") {
		return reject(505, "version %s", clip(req.SipVersion))
	}
	return nil
}

// admitForm asks for the fields that every request has (§8.1.1), in the form that they must have.
func admitForm(req *sipgo.Request, _ admission) *rejection {
	via, from, to, cseq := req.Via(), req.From(), req.To(), req.CSeq()
	switch {
	case via == nil || from == nil || to == nil || cseq == nil || req.CallID() == nil:
		return reject(400, "Via, From, To, Call-ID or CSeq is missing")
	case via.Host == "" || via.Transport == "":
		return reject(400, "a Via without transport or host")
	case cseq.MethodName != req.Method:
		return reject(400, "CSeq is of another method")
	case !token([]byte(req.Method)):
		return reject(400, "a method that is no token")
	case from.Address.Host == "" && from.Address.Raw() == "" || to.Address.Host == "" && to.Address.Raw() == "":
		return reject(400, "From or To without an address")
	}
	if branch, ok := via.Params.Get("branch"); ok && branch == magic {
		return reject(400, "an empty branch")
	}
	if h := req.MaxForwards(); h != nil && h.Val() > 255 {
		return reject(400, "Max-Forwards above 255")
	}
	if c := req.Contact(); req.Method == sipgo.INVITE && (c == nil || c.Address.Wildcard || c.Address.Host == "") {
		return reject(400, "an INVITE without a Contact to answer to")
	}
	return nil
}

// admitSource refuses strangers. On UDP they do not come this far; on TLS they may, by certificate.
func admitSource(_ *sipgo.Request, in admission) *rejection {
	if !in.Known && !in.Dialog {
		return reject(403, "the source is no trunk")
	}
	return nil
}

func admitScheme(req *sipgo.Request, in admission) *rejection {
	u := &req.Recipient
	switch strings.ToLower(u.Scheme) {
	case "sip":
	case "sips":
		if in.Transport != wissel.TLS && !in.Dialog {
			return reject(416, "sips over %s", in.Transport)
		}
	case "tel":
		return nil
	default:
		return reject(416, "scheme %s", clip(u.Scheme))
	}
	switch {
	case u.Host == "" || strings.ContainsAny(u.Host, " <>\"") || strings.ContainsAny(u.User, " <>\""):
		return reject(400, "a Request-URI that is none")
	case u.Headers.Length() > 0:
		return reject(400, "headers in the Request-URI") // §19.1.5: not allowed there
	case strings.Contains(u.Host, ":") && !isIPv6(u.Host):
		return reject(400, "an IPv6 address without brackets") // RFC 5118 §4.2
	}
	return nil
}

func isIPv6(s string) bool {
	p, ok := placeOf([]byte("sip:[" + strings.Trim(s, "[]") + "]"))
	if !ok {
		return false
	}
	_, ok = p.address()
	return ok
}

// admitMethod knows what we do within a dialog and outside one.
func admitMethod(req *sipgo.Request, in admission) *rejection {
	switch req.Method {
	case sipgo.INVITE, sipgo.ACK, sipgo.CANCEL, sipgo.BYE, sipgo.OPTIONS, sipgo.UPDATE, sipgo.INFO:
		return nil
	case sipgo.REFER:
		if in.Dialog {
			return nil // it gets its polite refusal from the call
		}
	case sipgo.REGISTER, sipgo.SUBSCRIBE, sipgo.NOTIFY, sipgo.MESSAGE, sipgo.PRACK, sipgo.PUBLISH:
	default:
		return with(reject(501, "method %s", clip(string(req.Method))), "Allow", allow)
	}
	return with(reject(405, "method %s", req.Method), "Allow", allow)
}

// admitDialog refuses what belongs to a dialog or transaction that is not (or no longer) here.
func admitDialog(req *sipgo.Request, in admission) *rejection {
	switch req.Method {
	case sipgo.CANCEL:
		if !in.Matched {
			return reject(481, "a CANCEL of nothing")
		}
		return nil
	case sipgo.ACK:
		return nil
	case sipgo.BYE, sipgo.UPDATE, sipgo.INFO:
		if !in.Dialog {
			return reject(481, "%s outside a dialog", req.Method)
		}
		return nil
	default: // these begin something, or say by their To tag that they do not
	}
	// The parser keeps white space in the names of parameters, so it is not asked for the tag.
	if to := req.GetHeader("to"); to != nil && len(tagOf([]byte(to.Value()))) > 0 && !in.Dialog {
		return reject(481, "a dialog that we do not know")
	}
	return nil
}

// admitHops: a call that has no hop left cannot be handed on (H18). What ends here (OPTIONS, what is within a dialog)
// needs none.
func admitHops(req *sipgo.Request, in admission) *rejection {
	if h := req.MaxForwards(); h != nil && h.Val() == 0 && req.Method == sipgo.INVITE && !in.Dialog {
		return reject(483, "Max-Forwards 0")
	}
	return nil
}

func admitOnce(_ *sipgo.Request, in admission) *rejection {
	switch {
	case in.Merged:
		return reject(482, "it came already, by another way")
	case in.Loop:
		return reject(482, "it is one of ours")
	}
	return nil
}

// admitExtension refuses what we would have to understand and do not: all but session timers (RFC 4028). ACK and CANCEL
// cannot be refused for it (§8.2.2.3).
func admitExtension(req *sipgo.Request, _ admission) *rejection {
	if req.Method == sipgo.ACK || req.Method == sipgo.CANCEL {
		return nil
	}
	var unknown []string
	for _, name := range []string{"require", "proxy-require"} {
		for _, h := range req.GetHeaders(name) {
			for tag := range strings.SplitSeq(h.Value(), ",") {
				if tag = strings.TrimSpace(tag); tag != "" && !strings.EqualFold(tag, "timer") {
					unknown = append(unknown, clip(tag))
				}
			}
		}
	}
	if len(unknown) == 0 {
		return nil
	}
	return with(reject(420, "it requires %s", unknown[0]), "Unsupported", strings.Join(unknown, ", "))
}

// admitBody takes session descriptions with INVITE and UPDATE, and leaves the bodies of other methods to who reads them.
func admitBody(req *sipgo.Request, _ admission) *rejection {
	body := req.Body()
	if len(body) > maxBody {
		return reject(413, "a body of %d bytes", len(body))
	}
	if len(body) == 0 || req.Method == sipgo.ACK || req.Method == sipgo.CANCEL || req.Method == sipgo.BYE {
		return nil
	}
	for _, name := range []string{"content-encoding", "e"} {
		if h := req.GetHeader(name); h != nil && !strings.EqualFold(h.Value(), "identity") {
			return with(reject(415, "an encoded body"), "Accept-Encoding", "identity")
		}
	}
	t := req.ContentType()
	if t == nil {
		return reject(400, "a body without Content-Type")
	}
	if (req.Method == sipgo.INVITE || req.Method == sipgo.UPDATE) && mediaType(t.Value()) != "application/sdp" {
		return with(reject(415, "a body of type %s", clip(t.Value())), "Accept", "application/sdp")
	}
	return nil
}

// admitAnswer refuses an INVITE whose sender could not read our answer: it says what it accepts, and no SDP.
func admitAnswer(req *sipgo.Request, _ admission) *rejection {
	accepts := req.GetHeaders("accept")
	if req.Method != sipgo.INVITE || len(accepts) == 0 {
		return nil
	}
	for _, h := range accepts {
		for t := range strings.SplitSeq(h.Value(), ",") {
			switch mediaType(t) {
			case "application/sdp", "application/*", "*/*":
				return nil
			}
		}
	}
	return reject(406, "it accepts no session description")
}

// mediaType is a media type in lower case, without parameters and white space.
func mediaType(v string) string {
	t, _, _ := strings.Cut(v, ";")
	main, sub, _ := strings.Cut(t, "/")
	return strings.ToLower(strings.TrimSpace(main)) + "/" + strings.ToLower(strings.TrimSpace(sub))
}

// with adds a header to a rejection.
func with(r *rejection, name, value string) *rejection {
	r.Headers = append(r.Headers, sipgo.NewHeader(name, value))
	return r
}

// clip shortens what came from the far end for a log, a counter or an echo.
func clip(s string) string {
	if len(s) > 64 {
		return s[:64]
	}
	return s
}
