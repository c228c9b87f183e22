package webtext

import (
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"

	"wissel/internal/sms"
)

// hide takes out of a provider's words what no reason may hold: providers repeat the number, the text, and what they were given.
func (p *Provider) hide(t sms.Text, s string) string {
	for _, secret := range p.set.Secrets {
		if plain := secret.Reveal(); plain != "" {
			s = strings.ReplaceAll(s, plain, "***")
		}
	}
	s = strings.ReplaceAll(s, t.Body, "***")
	return strings.ReplaceAll(s, string(t.To[1:]), "***")
}

// ReceiptsHandler takes receipts: 204 once one is kept, 403 without proof, 413 for more than 64 KiB, 400 for what cannot be read, 503 for what cannot be kept.
func (p *Provider) ReceiptsHandler() http.Handler {
	r := p.d.Receipts
	return p.handler(p.set.Receipts, r.As, func(said tree, query url.Values) (sms.Event, bool) {
		e := sms.Event{Kind: sms.Receipt, ID: said.at(r.ID), Key: said.at(r.Key)}
		if r.Query != "" {
			e.Key = query.Get(r.Query)
		}
		if e.ID == "" && p.d.Answer.ID == "" {
			e.ID = e.Key // the provider knows the text by our key alone
		}
		switch state := said.at(r.State); r.States[state] {
		case "delivered":
			e.State = sms.Delivered
		case "undelivered":
			e.State, e.Reason = sms.Undelivered, sms.Because("%s %s", state, said.at(r.Reason))
		case "expired":
			e.State, e.Reason = sms.Expired, sms.Because("%s %s", state, said.at(r.Reason))
		}
		return e, e.ID != "" || e.Key != ""
	})
}

// IncomingHandler takes texts to us, with the same answers.
func (p *Provider) IncomingHandler() http.Handler {
	l := p.d.Incoming
	return p.handler(p.set.Incoming, l.As, func(said tree, _ url.Values) (sms.Event, bool) {
		e := sms.Event{Kind: sms.Incoming, ID: said.at(l.ID), From: said.at(l.From), To: said.at(l.To), Body: said.at(l.Body)}
		return e, e.From != ""
	})
}

func (p *Provider) handler(public, as string, read func(tree, url.Values) (sms.Event, bool)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, most))
		if large := (*http.MaxBytesError)(nil); errors.As(err, &large) {
			http.Error(w, "a POST of at most 64 KiB is taken here", http.StatusRequestEntityTooLarge)
			return
		}
		if err != nil || r.Method != http.MethodPost {
			http.Error(w, "a whole POST is taken here", http.StatusBadRequest)
			return
		}
		if !p.proven(r, public, body) {
			http.Error(w, "this is not signed with the secret that we share", http.StatusForbidden)
			return
		}
		said, err := parse(as, body)
		e, whole := sms.Event{}, false
		if err == nil {
			e, whole = read(said, r.URL.Query())
		}
		if !whole {
			http.Error(w, "this cannot be read", http.StatusBadRequest)
			return
		}
		if keep := p.keeper(); keep == nil || keep(e) != nil {
			http.Error(w, "this cannot be kept now: send it again", http.StatusServiceUnavailable)
			return
		}
		w.WriteHeader(http.StatusNoContent)
	})
}

// errText is a way of writing signatures that Check does not let through.
var errText = errors.New("neither hex nor base64")

// proven reports whether the provider made the request. A signature is over our address as the provider knows it: behind a
// proxy the request bears another.
func (p *Provider) proven(r *http.Request, public string, body []byte) bool {
	proof, key := p.d.Proof, p.set.Secrets[p.d.Proof.Secret].Reveal()
	if key == "" {
		return false
	}
	if proof.Query != "" {
		return subtle.ConstantTimeCompare([]byte(r.URL.Query().Get(proof.Query)), []byte(key)) == 1
	}
	hash := sha256.New
	if proof.Hash == "sha1" {
		hash = sha1.New
	}
	mac := hmac.New(hash, []byte(key))
	if proof.Over == "url-and-form" {
		said, err := parse("form", body)
		if err != nil {
			return false
		}
		if r.URL.RawQuery != "" {
			public += "?" + r.URL.RawQuery
		}
		body = []byte(signed(public, said.form))
	}
	_, _ = mac.Write(body)
	got, err := proof.decode(r.Header.Get(proof.Header))
	return err == nil && hmac.Equal(got, mac.Sum(nil))
}

func (p Proof) decode(s string) ([]byte, error) {
	switch p.Text {
	case "hex":
		return hex.DecodeString(strings.TrimPrefix(s, "sha256="))
	case "base64":
		return base64.StdEncoding.DecodeString(s)
	}
	return nil, errText
}
