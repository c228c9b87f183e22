package peers

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"wissel/internal/web"
)

const webSecret = "s3cret-of-the-web"

// webFar is two providers over HTTP, cm and twilio, as their own documents have them: a server that takes texts, and a client of ours.
type webFar struct {
	t    *testing.T
	http *httptest.Server
	ours string // where wissel listens, as it is known to them

	mu    sync.Mutex
	taken []webText
	gone  string // a provider that takes nothing

	chance *rand.Rand     // of faults; nil: there are none
	faults map[string]int // by kind
	late   sync.WaitGroup // receipts under way
}

// webText is a text that one took.
type webText struct {
	provider, to, body string
	key                string // that its receipt names: ours, or the query of the address that we gave
	id                 string // of twilio
}

func startWebFar(t *testing.T, host, ours string) *webFar {
	t.Helper()
	f := &webFar{t: t, ours: ours}
	l, err := net.Listen("tcp", net.JoinHostPort(host, "0"))
	if err != nil {
		t.Fatal(err)
	}
	f.http = &httptest.Server{Listener: l, Config: &http.Server{Handler: http.HandlerFunc(f.take), ReadHeaderTimeout: time.Second}}
	f.http.Start()
	t.Cleanup(f.http.Close)
	return f
}

func (f *webFar) take(w http.ResponseWriter, r *http.Request) {
	if f.chance != nil {
		f.faulty(w, r)
		return
	}
	f.accept(w, r)
}

// accept takes a text and says so, and gives it.
func (f *webFar) accept(w http.ResponseWriter, r *http.Request) (one webText) {
	f.mu.Lock()
	defer f.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	if strings.HasPrefix(r.URL.Path, "/2010-04-01/") {
		_, query, _ := strings.Cut(r.PostFormValue("StatusCallback"), "?")
		id := fmt.Sprintf("SM%032d", len(f.taken))
		one = webText{"twilio", r.PostFormValue("To"), r.PostFormValue("Body"), query, id}
		f.taken = append(f.taken, one)
		w.WriteHeader(http.StatusCreated)
		_, _ = fmt.Fprintf(w, `{"sid": %q, "status": "queued"}`, id)
		return one
	}
	var in struct {
		Messages struct {
			Msg []struct {
				Reference string
				To        []struct{ Number string }
				Body      struct{ Content string }
			}
		}
	}
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil || len(in.Messages.Msg) != 1 {
		f.t.Errorf("cm cannot read the request: %v", err)
		return one
	}
	if f.gone == "cm" {
		w.WriteHeader(http.StatusServiceUnavailable)
		return one
	}
	m := in.Messages.Msg[0]
	one = webText{"cm", "+" + strings.TrimPrefix(m.To[0].Number, "00"), m.Body.Content, m.Reference, ""}
	f.taken = append(f.taken, one)
	_, _ = fmt.Fprintf(w, `{"details": "Created 1 message(s)", "errorCode": 0, "messages": [{"status": "Accepted", "reference": %q, "messageErrorCode": 0}]}`, m.Reference)
	return one
}

// faulty has one of five texts meet a fault: those of F37. Each that it takes has its receipt, in any order, as often as it takes.
func (f *webFar) faulty(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	fault, wait := "", time.Duration(f.chance.IntN(400))*time.Millisecond
	if all := []string{"429", "503", "dies before", "dies after", "slow", "answers twice", "receipt first", "receipt twice"}; f.chance.IntN(5) == 0 {
		fault = all[f.chance.IntN(len(all))]
		f.faults[fault]++
	}
	f.mu.Unlock()
	switch fault {
	case "429":
		w.Header().Set("Retry-After", "1")
		w.WriteHeader(http.StatusTooManyRequests)
		return
	case "503":
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	case "dies before":
		panic(http.ErrAbortHandler)
	}
	answer := httptest.NewRecorder()
	text := f.accept(answer, r)
	if fault == "receipt first" {
		f.receipt(text, 0)
		wait = 0
	} else {
		f.late.Go(func() { f.receipt(text, wait) })
	}
	if fault == "receipt twice" {
		f.late.Go(func() { f.receipt(text, 2*wait) })
	}
	switch fault {
	case "dies after":
		panic(http.ErrAbortHandler)
	case "slow":
		<-time.After(2 * time.Second)
	case "answers twice":
		if conn, _, err := w.(http.Hijacker).Hijack(); err == nil {
			one := fmt.Sprintf("HTTP/1.1 %d OK\r\nContent-Length: %d\r\n\r\n%s", answer.Code, answer.Body.Len(), answer.Body)
			_, _ = io.WriteString(conn, one+one) // to a peer that may be gone
			_ = conn.Close()
		}
		return
	}
	w.WriteHeader(answer.Code)
	_, _ = w.Write(answer.Body.Bytes()) // likewise
}

// receipt brings one until it is kept, or until nobody has been there for a while.
func (f *webFar) receipt(text webText, after time.Duration) {
	path, kind, body, header := "/texts/cm/receipts?proof="+webSecret, "application/json", cmReceipt(text.key, "2"), http.Header{}
	if text.provider == "twilio" {
		form := url.Values{"MessageSid": {text.id}, "MessageStatus": {"delivered"}}
		path, kind, body = "/texts/twilio/receipts?"+text.key, "application/x-www-form-urlencoded", form.Encode()
		header.Set("X-Twilio-Signature", twilioSign(f.ours+path, form))
	}
	for range 60 {
		<-time.After(after)
		r, err := http.NewRequest(http.MethodPost, f.ours+path, strings.NewReader(body))
		if err != nil {
			f.t.Error(err)
			return
		}
		r.Header, r.Close = header.Clone(), true
		r.Header.Set("Content-Type", kind)
		if answer, err := http.DefaultClient.Do(r); err == nil {
			_ = answer.Body.Close()
			if answer.StatusCode == http.StatusNoContent {
				return
			}
		}
		after = 500 * time.Millisecond
	}
}

// News over HTTP with a fault in one of five texts, and a server that is killed twice: nobody has it twice, whoever has it is known to, and
// of each other it is known that it waits.
func TestNewsOverHTTPWithFaults(t *testing.T) {
	const asked = 400
	s, f := servesWebTexts(t)
	f.chance, f.faults = rand.New(rand.NewPCG(37, 3)), map[string]int{}
	wishTexts(t, filepath.Join(s.dir, "store"), asked, 13*time.Hour)
	s.restart()
	d, err := s.client.DraftMessage(t.Context(), "support", "nl", bytes.NewReader(saying(t, "outage.message")))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.client.LiveMessage(t.Context(), web.MessageRequest{Group: "support", Drafts: []string{d.ID}, Texts: map[string]string{"nl": "Er is een storing."}, Reason: "ticket 4711"}); err != nil {
		t.Fatal(err)
	}
	taken := func() int {
		f.mu.Lock()
		defer f.mu.Unlock()
		return len(f.taken)
	}
	for i := range 2 {
		eventually(t, 30*time.Second, "texts go out", func() bool { return taken() > (i+1)*asked/4 })
		s.kill()
		s.restart()
	}
	eventually(t, 60*time.Second, "nothing more can go now", func() bool { return taken()+s.unknown() >= asked })
	f.late.Wait()
	var state web.TextState
	eventually(t, 20*time.Second, "receipts tell of all that were taken, and the others wait", func() bool {
		state, err = s.client.TextState(t.Context())
		return err == nil && len(state.Broadcasts) == 1 && state.Broadcasts[0].Delivered == taken() && state.Broadcasts[0].Delivered+state.Broadcasts[0].Waiting == asked
	})
	to, by, faults := map[string]int{}, map[string]int{}, 0
	for _, one := range f.taken {
		to[one.to]++
		by[one.provider]++
	}
	for _, n := range f.faults {
		faults += n
	}
	if len(to) != len(f.taken) || len(to) < asked*9/10 || faults < asked/8 || len(f.faults) != 8 || by["twilio"] == 0 {
		t.Errorf("%d texts to %d of %d people, by %v, with %d faults %v", len(f.taken), len(to), asked, by, faults, f.faults)
	}
	if code := s.stop(); code != 0 {
		t.Errorf("wissel ended with %d", code)
	}
	if !t.Failed() {
		row(t, "F37", "news to %d people over two providers by HTTP, %d faults of eight kinds, kill -9 twice: %d have it once, 0 twice, each with its receipt; %d wait out what is not known", asked, faults, len(to), asked-len(to))
	}
}

// texts are those that a number was sent.
func (f *webFar) texts(to string) (all []webText) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, one := range f.taken {
		if one.to == to {
			all = append(all, one)
		}
	}
	return all
}

// tell makes a request to wissel and gives the status of its answer.
func (f *webFar) tell(path, kind, body string, header http.Header) int {
	f.t.Helper()
	r, err := http.NewRequestWithContext(f.t.Context(), http.MethodPost, f.ours+path, strings.NewReader(body))
	if err != nil {
		f.t.Fatal(err)
	}
	r.Header = header.Clone()
	if r.Header == nil {
		r.Header = http.Header{}
	}
	r.Header.Set("Content-Type", kind)
	r.Close = true
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		f.t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, answer.Body) // its status is what counts
	_ = answer.Body.Close()
	return answer.StatusCode
}

const ourMobile = "+3197010240000"

func cmText(id, from, body string) string {
	b, _ := json.Marshal(map[string]any{"reference": id, "from": map[string]string{"number": "00" + from[1:]}, "to": map[string]string{"number": ourMobile}, "message": map[string]string{"text": body}}) //nolint:errchkjson // texts alone
	return string(b)
}

func cmReceipt(key, code string) string {
	return fmt.Sprintf(`{"messages": {"msg": {"reference": %q, "status": {"code": %q, "errorCode": "", "errorDescription": ""}}}}`, key, code)
}

// cm brings something with the secret that its addresses bear.
func (f *webFar) cm(path, body string) int {
	f.t.Helper()
	return f.tell("/texts/cm/"+path+"?proof="+webSecret, "application/json", body, nil)
}

// twilio brings a form, signed as Twilio's document on the security of webhooks says.
func (f *webFar) twilio(path, query string, form url.Values) int {
	f.t.Helper()
	address := f.ours + "/texts/twilio/" + path
	if query != "" {
		address += "?" + query
	}
	return f.tell(strings.TrimPrefix(address, f.ours), "application/x-www-form-urlencoded", form.Encode(), http.Header{"X-Twilio-Signature": {twilioSign(address, form)}})
}

func twilioSign(address string, form url.Values) string {
	names := make([]string, 0, len(form))
	for n := range form {
		names = append(names, n)
	}
	slices.Sort(names)
	for _, n := range names {
		address += n + form.Get(n)
	}
	mac := hmac.New(sha1.New, []byte(webSecret))
	_, _ = mac.Write([]byte(address)) // never fails
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

func twilioText(id, from, body string) url.Values {
	return url.Values{"MessageSid": {id}, "From": {from}, "To": {ourMobile}, "Body": {body}}
}

// servesWebTexts is a wissel whose texts go over cm, and over twilio behind it, and the two.
func servesWebTexts(t *testing.T) (*server, *webFar) {
	t.Helper()
	s := &server{t: t, net: network(), dir: t.TempDir()}
	ours := fmt.Sprintf("http://%s.1:8480", s.net)
	f := startWebFar(t, s.net+".5", ours)
	write(t, s.dir, "web.secret", webSecret+"\n")
	s.prepare(t, "    plans:\n", "    texts: {providers: [cm, twilio], sender: \""+ourMobile+"\", name: Klantenservice, quiet: none}\n    plans:\n", "trunks:\n", fmt.Sprintf(`texts:
  listen: {bind: "NET.1:8480", public: %q}
  providers:
    cm:     {file: cm, pace: 100, values: {base: %q}, secrets: {token: "file:DIR/web.secret", proof: "file:DIR/web.secret"}, inside: ["127.0.0.0/8"]}
    twilio: {file: twilio, pace: 100, values: {base: %[2]q, account: AC1}, secrets: {token: "file:DIR/web.secret"}, inside: ["127.0.0.0/8"]}
trunks:
`, ours, f.http.URL))
	return s, f
}

// Texts come in over HTTP from two providers, through the listener that is served and over a kill: each signed one is kept, done and
// answered once, whoever brings it again and whenever; a receipt is believed of whom it is signed by.
func TestTextsAndReceiptsOverHTTP(t *testing.T) {
	const anna, bob, eve = "+31612345678", "+31687654321", "+31611111111"
	s, f := servesWebTexts(t)
	s.restart()
	took := func(what string, got, want int) {
		t.Helper()
		if got != want {
			t.Errorf("%s: %d, want %d", what, got, want)
		}
	}
	kept := func(n int) {
		t.Helper()
		all, err := s.client.IncomingTexts(t.Context())
		if err != nil || len(all) != n {
			t.Errorf("%d texts are kept, want %d: %+v, %v", len(all), n, all, err)
		}
	}
	has := func(to string, n int, body string) webText {
		t.Helper()
		eventually(t, 15*time.Second, fmt.Sprintf("%s has %d texts", to, n), func() bool { return len(f.texts(to)) >= n })
		all := f.texts(to)
		if last := all[len(all)-1]; len(all) != n || !strings.Contains(last.body, body) {
			t.Errorf("%s has %+v, want %d and %q in the last", to, all, n, body)
		}
		return all[len(all)-1]
	}
	stage := func(want string) {
		t.Helper()
		eventually(t, 15*time.Second, "the newest text is "+want, func() bool {
			all, err := s.client.Texts(t.Context(), web.TextQuery{Limit: 1})
			return err == nil && len(all) == 1 && all[0].Stage == want
		})
	}
	eventually(t, 15*time.Second, "texts from before the start are known", func() bool { return f.cm("incoming", cmText("in-1", anna, "Info!")) == http.StatusNoContent })
	first := has(anna, 1, "u krijgt een sms zodra er nieuws is")
	stage("sent")

	// Receipts.
	took("a receipt without proof", f.tell("/texts/cm/receipts", "application/json", cmReceipt(first.key, "2"), nil), http.StatusForbidden)
	took("with a wrong one", f.tell("/texts/cm/receipts?proof=guess", "application/json", cmReceipt(first.key, "2"), nil), http.StatusForbidden)
	stage("sent")
	took("a receipt of a text that we never sent", f.cm("receipts", cmReceipt("of-another", "2")), http.StatusNoContent)
	took("a receipt", f.cm("receipts", cmReceipt(first.key, "2")), http.StatusNoContent)
	stage("delivered")
	took("one that comes late and says else", f.cm("receipts", cmReceipt(first.key, "1")), http.StatusNoContent)
	stage("delivered")

	// The same again, and over a kill.
	took("the same text again", f.cm("incoming", cmText("in-1", anna, "Info!")), http.StatusNoContent)
	stop := twilioText("SMin1", anna, "STOP")
	took("STOP over the other provider", f.twilio("incoming", "", stop), http.StatusNoContent)
	has(anna, 2, "U krijgt geen sms meer van ons")
	s.kill()
	s.restart()
	eventually(t, 15*time.Second, "HULP after it", func() bool { return f.cm("incoming", cmText("in-2", anna, "hulp")) == http.StatusNoContent })
	has(anna, 3, "Sms INFO voor nieuws")
	took("the STOP of before is replayed", f.twilio("incoming", "", stop), http.StatusNoContent)
	kept(3)

	// What nobody signed, was signed for another address, was changed, is too large or cannot be read.
	body := twilioText("SMin2", bob, "STOP")
	sign := func(address string, form url.Values) http.Header {
		return http.Header{"X-Twilio-Signature": {twilioSign(address, form)}}
	}
	form := "application/x-www-form-urlencoded"
	took("no signature", f.tell("/texts/twilio/incoming", form, body.Encode(), nil), http.StatusForbidden)
	took("the signature of a receipt", f.tell("/texts/twilio/incoming", form, body.Encode(), sign(f.ours+"/texts/twilio/receipts", body)), http.StatusForbidden)
	took("words that were changed", f.tell("/texts/twilio/incoming", form, twilioText("SMin2", bob, "INFO").Encode(), sign(f.ours+"/texts/twilio/incoming", body)), http.StatusForbidden)
	took("a number that was changed", f.tell("/texts/twilio/incoming", form, twilioText("SMin2", eve, "STOP").Encode(), sign(f.ours+"/texts/twilio/incoming", body)), http.StatusForbidden)
	took("too large", f.cm("incoming", cmText("in-3", bob, strings.Repeat("a", 70<<10))), http.StatusRequestEntityTooLarge)
	took("no JSON", f.cm("incoming", "STOP"), http.StatusBadRequest)
	took("from nobody", f.cm("incoming", `{"message": {"text": "STOP"}}`), http.StatusBadRequest)
	took("a provider that there is not", f.tell("/texts/north/incoming?proof="+webSecret, "application/json", "{}", nil), http.StatusNotFound)
	took("the API of operators", f.tell("/v1/status", "application/json", "{}", nil), http.StatusNotFound)
	kept(3)

	// Twilio's own receipts, for a text that goes over it because cm is away.
	f.away("cm")
	took("BEL of another", f.twilio("incoming", "", twilioText("SMin4", bob, "bel mij")), http.StatusNoContent)
	over := has(bob, 1, "we bellen u terug op dit nummer")
	if over.provider != "twilio" {
		t.Errorf("it went over %s", over.provider)
	}
	arrived := url.Values{"MessageSid": {over.id}, "MessageStatus": {"delivered"}}
	took("a receipt signed without its query", f.tell("/texts/twilio/receipts?"+over.key, form, arrived.Encode(), sign(f.ours+"/texts/twilio/receipts", arrived)), http.StatusForbidden)
	took("a receipt", f.twilio("receipts", over.key, arrived), http.StatusNoContent)
	stage("delivered")

	f.crowded(bob)
	kept(5)
	if shown := s.wisselCLI("texts", "incoming"); strings.Contains(shown, anna) || !strings.Contains(shown, "STOP") {
		t.Errorf("texts incoming shows\n%s", shown)
	}
	if code := s.stop(); code != 0 {
		t.Errorf("wissel ended with %d", code)
	}
	if !t.Failed() {
		row(t, "texts", "over HTTP, two providers and a kill -9: each signed text is kept, done and answered once, a replayed STOP changes nothing; 403 without a signature, with that of another address, with "+
			"changed words; 413 too large, 400 unread, 503 for the 65th at once; receipts are believed of who signed them")
	}
}

// away has a provider refuse every text for now.
func (f *webFar) away(provider string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.gone = provider
}

// crowded has as many requests as there may be at once hold back what they said they would send: one more is told to come again, is kept
// once they are gone, and nobody has lost anything.
func (f *webFar) crowded(from string) {
	f.t.Helper()
	var all []net.Conn
	hold := func() {
		c, err := net.Dial("tcp", strings.TrimPrefix(f.ours, "http://"))
		if err != nil {
			f.t.Fatal(err)
		}
		all = append(all, c)
		if _, err := fmt.Fprintf(c, "POST /texts/cm/incoming HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"); err != nil {
			f.t.Fatal(err)
		}
	}
	for range 64 {
		hold()
	}
	body := cmText("in-9", from, "hulp")
	eventually(f.t, 5*time.Second, "one more is told to come again", func() bool {
		if f.cm("incoming", body) == http.StatusServiceUnavailable {
			return true
		}
		hold() // it was quicker than one of the others, who was sent away in its place
		return false
	})
	for _, c := range all {
		_ = c.Close()
	}
	eventually(f.t, 15*time.Second, "it is kept once there is room", func() bool { return f.cm("incoming", body) == http.StatusNoContent })
}
