package webtext_test

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"wissel"
	"wissel/configs"
	"wissel/internal/sms/smstest"
	"wissel/internal/sms/webtext"
)

const secret = "s3cret-token"

// far is the far side of a provider: a server that speaks its interface, and calls our addresses for receipts and texts.
type far struct {
	t    *testing.T
	api  api
	http *httptest.Server
	ours *httptest.Server

	mu     sync.Mutex
	manner smstest.Manner
	taken  []smstest.Taken
	ids    map[string][]string
	held   chan struct{}
	count  int
}

// api is what differs between providers, as their own documents have it and not as our descriptions do.
type api interface {
	// read checks a request as the provider would, and gives what it holds.
	read(r *http.Request) (t smstest.Taken, key string, err error)
	answer(w http.ResponseWriter, m smstest.Manner, t smstest.Taken, id string)
	id(n int, key string) string
	receipt(id string, delivered bool) (query, contentType, body string)
	incoming(from, to, text string) (query, contentType, body string)
	sign(r *http.Request, public, body string)
}

func start(t *testing.T, name string, a api) (smstest.Subject, *far) {
	t.Helper()
	d, err := configs.ShippedTextProvider(name)
	if err != nil {
		t.Fatal(err)
	}
	f := &far{t: t, api: a, manner: smstest.Well, ids: map[string][]string{}, held: make(chan struct{})}
	f.http = httptest.NewServer(http.HandlerFunc(f.serve))
	t.Cleanup(func() { f.http.Close() })
	mux := http.NewServeMux()
	f.ours = httptest.NewServer(mux)
	t.Cleanup(f.ours.Close)
	p, err := webtext.New(d, webtext.Settings{
		Values:   map[string]string{"base": f.http.URL, "account": "AC1"},
		Secrets:  map[string]wissel.Secret{"token": wissel.NewSecret(secret), "proof": wissel.NewSecret(secret)},
		Receipts: "https://texts.example/receipts", Incoming: "https://texts.example/incoming",
		Inside: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, Patience: 5 * time.Second,
	})
	if err != nil {
		t.Fatal(err)
	}
	mux.Handle("/receipts", p.ReceiptsHandler())
	mux.Handle("/incoming", p.IncomingHandler())
	return smstest.Subject{Provider: p, Far: f, Secrets: []string{secret}}, f
}

func (f *far) serve(w http.ResponseWriter, r *http.Request) {
	text, key, err := f.api.read(r)
	if err != nil {
		f.t.Errorf("the provider cannot read the request: %v", err)
		w.WriteHeader(http.StatusTeapot)
		return
	}
	f.mu.Lock()
	m, held := f.manner, f.held
	id := ""
	switch m {
	case smstest.Throttle, smstest.BadNumber, smstest.BadAccount, smstest.CutBefore:
	default:
		f.count++
		id = f.api.id(f.count, key)
		f.taken, f.ids[text.To] = append(f.taken, text), append(f.ids[text.To], id)
	}
	f.mu.Unlock()
	switch m {
	case smstest.CutBefore, smstest.CutAfter:
		panic(http.ErrAbortHandler)
	case smstest.Slow:
		select {
		case <-time.After(300 * time.Millisecond):
		case <-r.Context().Done():
		}
	case smstest.Hold:
		select {
		case <-held:
		case <-r.Context().Done():
		}
	case smstest.ReceiptFirst:
		f.Receipt(id, true)
	case smstest.Twice:
		f.twice(w, text, id)
		return
	case smstest.Well, smstest.Throttle, smstest.BadNumber, smstest.BadAccount:
	case smstest.Garbage:
		_, _ = io.WriteString(w, "<html>all is well</html>")
		return
	}
	f.api.answer(w, m, text, id)
}

// twice answers a request twice over its connection, and then goes on to listen, as a broken proxy does.
func (f *far) twice(w http.ResponseWriter, text smstest.Taken, id string) {
	once := httptest.NewRecorder()
	f.api.answer(once, smstest.Well, text, id)
	conn, _, err := w.(http.Hijacker).Hijack()
	if err != nil {
		f.t.Error(err)
		return
	}
	defer func() { _ = conn.Close() }()
	answer := fmt.Sprintf("HTTP/1.1 %d OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", once.Code, once.Body.Len(), once.Body)
	_, _ = io.WriteString(conn, answer+answer)
	_ = conn.SetReadDeadline(time.Now().Add(time.Second))
	_, _ = io.Copy(io.Discard, conn) // whatever comes is lost
}

// Down ends it, and leaves its address; Up opens it there again.
func (f *far) Down() { f.http.Close() }

func (f *far) Up() {
	l, err := net.Listen("tcp", f.http.Listener.Addr().String())
	if err != nil {
		f.t.Fatal(err)
	}
	f.http = &httptest.Server{Listener: l, Config: &http.Server{Handler: http.HandlerFunc(f.serve), ReadHeaderTimeout: time.Second}}
	f.http.Start()
}

func (f *far) Behave(m smstest.Manner) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.manner = m
}

func (f *far) Release() {
	f.mu.Lock()
	defer f.mu.Unlock()
	close(f.held)
	f.held = make(chan struct{})
}

func (f *far) Taken() []smstest.Taken {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.taken)
}

func (f *far) IDs(to string) []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.ids[to])
}

func (f *far) Cut() { f.http.CloseClientConnections() }

func (f *far) Receipt(id string, delivered bool) bool {
	query, kind, body := f.api.receipt(id, delivered)
	return f.post("/receipts", query, kind, body, true) == http.StatusNoContent
}

func (f *far) Incoming(from, to, text string) bool {
	query, kind, body := f.api.incoming(from, to, text)
	return f.post("/incoming", query, kind, body, true) == http.StatusNoContent
}

func (f *far) post(path, query, kind, body string, sign bool) int {
	r, err := http.NewRequest(http.MethodPost, f.ours.URL+path+query, strings.NewReader(body))
	if err != nil {
		f.t.Error(err)
		return 0
	}
	r.Header.Set("Content-Type", kind)
	if sign {
		f.api.sign(r, "https://texts.example"+path, body)
	}
	answer, err := f.ours.Client().Do(r)
	if err != nil {
		f.t.Error(err)
		return 0
	}
	_ = answer.Body.Close()
	return answer.StatusCode
}

type twilio struct{ callbacks *sync.Map } // queries by id

func (a twilio) read(r *http.Request) (smstest.Taken, string, error) {
	user, pass, _ := r.BasicAuth()
	if user != "AC1" || pass != secret || r.URL.Path != "/2010-04-01/Accounts/AC1/Messages.json" {
		return smstest.Taken{}, "", fmt.Errorf("%s by %s", r.URL.Path, user)
	}
	if v := r.PostFormValue("ValidityPeriod"); v != "3600" {
		return smstest.Taken{}, "", fmt.Errorf("valid for %s s", v)
	}
	return smstest.Taken{From: r.PostFormValue("From"), To: r.PostFormValue("To"), Body: r.PostFormValue("Body")}, r.PostFormValue("StatusCallback"), nil
}

func (a twilio) answer(w http.ResponseWriter, m smstest.Manner, t smstest.Taken, id string) {
	w.Header().Set("Content-Type", "application/json")
	tell := func(status, code int, message string) {
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(map[string]any{"code": code, "message": message, "status": status})
	}
	switch m {
	case smstest.Throttle:
		w.Header().Set("Retry-After", "1")
		tell(429, 20429, "Too Many Requests")
	case smstest.BadNumber:
		tell(400, 21211, "Invalid 'To' Phone Number: "+t.To)
	case smstest.BadAccount:
		tell(401, 20003, "Authenticate with "+secret)
	default:
		w.WriteHeader(201)
		_ = json.NewEncoder(w).Encode(map[string]any{"sid": id, "status": "queued"})
	}
}

func (a twilio) id(n int, callback string) string {
	id := fmt.Sprintf("SM%032d", n)
	_, query, _ := strings.Cut(callback, "?")
	a.callbacks.Store(id, "?"+query)
	return id
}

func (a twilio) receipt(id string, delivered bool) (string, string, string) {
	status := map[bool]string{true: "delivered", false: "undelivered"}[delivered]
	query, ok := a.callbacks.Load(id)
	if !ok {
		query = "?key=other"
	}
	return query.(string), "application/x-www-form-urlencoded", url.Values{"MessageSid": {id}, "MessageStatus": {status}, "AccountSid": {"AC1"}}.Encode()
}

func (a twilio) incoming(from, to, text string) (string, string, string) {
	return "", "application/x-www-form-urlencoded", url.Values{"MessageSid": {"SMin"}, "From": {from}, "To": {to}, "Body": {text}}.Encode()
}

// sign follows Twilio's document on the security of webhooks.
func (a twilio) sign(r *http.Request, public, body string) {
	form, _ := url.ParseQuery(body)
	if r.URL.RawQuery != "" {
		public += "?" + r.URL.RawQuery
	}
	var names []string
	for n := range form {
		names = append(names, n)
	}
	slices.Sort(names)
	for _, n := range names {
		public += n + form.Get(n)
	}
	mac := hmac.New(sha1.New, []byte(secret))
	mac.Write([]byte(public))
	r.Header.Set("X-Twilio-Signature", base64.StdEncoding.EncodeToString(mac.Sum(nil)))
}

type cm struct{}

func (cm) read(r *http.Request) (t smstest.Taken, key string, err error) {
	var in struct {
		Messages struct {
			Msg []struct {
				AllowedChannels []string
				From, Reference string
				To              []struct{ Number string }
				Body            struct{ Type, Content string }
				Minimum         int `json:"minimumNumberOfMessageParts"`
				Maximum         int `json:"maximumNumberOfMessageParts"`
			}
		}
	}
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		return t, "", err
	}
	if r.Header.Get("X-CM-PRODUCTTOKEN") != secret || r.URL.Path != "/v1.0/message" || len(in.Messages.Msg) != 1 {
		return t, "", fmt.Errorf("%s with %d messages", r.URL.Path, len(in.Messages.Msg))
	}
	m := in.Messages.Msg[0]
	if len(m.To) != 1 || m.Body.Type != "auto" || m.Minimum != 1 || m.Maximum != 10 || !slices.Equal(m.AllowedChannels, []string{"SMS"}) {
		return t, "", fmt.Errorf("%+v", m)
	}
	number, ok := strings.CutPrefix(m.To[0].Number, "00")
	if !ok {
		return t, "", fmt.Errorf("the number does not begin with 00")
	}
	return smstest.Taken{From: m.From, To: "+" + number, Body: m.Body.Content}, m.Reference, nil
}

func (cm) answer(w http.ResponseWriter, m smstest.Manner, t smstest.Taken, id string) {
	tell := func(status, code int, said string, message map[string]any) {
		w.WriteHeader(status)
		messages := []any{}
		if message != nil {
			messages = append(messages, message)
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"details": said, "errorCode": code, "messages": messages})
	}
	switch m {
	case smstest.Throttle:
		w.WriteHeader(429)
	case smstest.BadNumber:
		tell(400, 201, "Created 0 message(s)", map[string]any{"to": t.To, "status": "Rejected", "messageErrorCode": 303, "messageDetails": "Gsm '" + t.To + "' is not a number."})
	case smstest.BadAccount:
		tell(400, 101, "No account found for the given authentication "+secret, nil)
	default:
		tell(200, 0, "Created 1 message(s)", map[string]any{"to": t.To, "status": "Accepted", "reference": id, "parts": 1, "messageErrorCode": 0})
	}
}

func (cm) id(_ int, key string) string { return key }

func (cm) receipt(id string, delivered bool) (string, string, string) {
	code := map[bool]string{true: "2", false: "3"}[delivered]
	body, _ := json.Marshal(map[string]any{"messages": map[string]any{"msg": map[string]any{
		"reference": id, "status": map[string]any{"code": code, "errorCode": "", "errorDescription": ""},
	}}})
	return "?proof=" + secret, "application/json", string(body)
}

func (cm) incoming(from, to, text string) (string, string, string) {
	body, _ := json.Marshal(map[string]any{
		"reference": "in", "from": map[string]string{"number": from}, "to": map[string]string{"number": to}, "message": map[string]string{"text": text},
	})
	return "?proof=" + secret, "application/json", string(body)
}

func (cm) sign(*http.Request, string, string) {}
