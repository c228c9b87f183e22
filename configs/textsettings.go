package configs

import (
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"wissel"
	"wissel/internal/nearest"
	"wissel/internal/sms"
	"wissel/internal/sms/smpp"
	"wissel/internal/sms/webtext"
)

// Texts is how texts are sent. Without providers none are.
type Texts struct {
	Currency  string
	Listen    TextListen
	Calm      time.Duration
	Providers []TextProvider // by name
	Groups    map[wissel.GroupID]*TextGroup
	Limits    sms.Limits
}

// TextListen is where providers over HTTP reach us; without a Bind they do not.
type TextListen struct {
	Bind   netip.AddrPort
	Public string // without a slash behind it
	Cert   *tls.Certificate
}

// TextProvider is one who sends texts: SMPP or Web is set.
type TextProvider struct {
	Name        string
	SMPP        *smpp.Settings
	Description webtext.Description
	Web         *webtext.Settings
	Lane        sms.Lane
	Tariffs     sms.Tariffs
	Mark        string // of its settings, secrets too: another one is another provider
}

// ReceiptsPath and IncomingPath are where a provider over HTTP tells of texts.
func ReceiptsPath(provider string) string { return "/texts/" + provider + "/receipts" }

// IncomingPath is where it brings those to us.
func IncomingPath(provider string) string { return "/texts/" + provider + "/incoming" }

// texts reads who sends texts, and how those of each group are. It comes after the groups.
func (l *loader) texts(s textsShape, groups map[string]groupShape) {
	out := &l.out.Texts
	out.Currency, out.Calm, out.Groups = s.Currency, s.Calm, map[wissel.GroupID]*TextGroup{}
	if out.Currency == "" {
		out.Currency = "EUR"
	}
	if s.Calm < 0 || s.Calm > 24*time.Hour {
		l.doc.problem("texts.calm", "%v is outside 0s to 24h", s.Calm)
	}
	out.Limits = l.textLimits(s.Limits)
	l.textListen(s.Listen)
	web := false
	for _, name := range names(s.Providers) {
		at := "texts.providers." + name
		l.name(at, "provider of texts", name)
		p := l.textProvider(at, name, s.Providers[name])
		web = web || p.Web != nil
		out.Providers = append(out.Providers, p)
	}
	if web && s.Listen.Bind == "" && !l.doc.lost("texts.listen.bind") {
		l.doc.warn("texts.providers", "nothing listens for what providers over HTTP tell, so that nobody knows which texts arrived; give texts.listen its bind and public")
	}
	for _, id := range names(groups) {
		if w := groups[id].Texts; w != nil && l.out.Groups[wissel.GroupID(id)] != nil {
			l.groupTexts("groups."+id+".texts", l.out.Groups[wissel.GroupID(id)], *w)
		}
	}
}

func (l *loader) textListen(s textListenShape) {
	const at = "texts.listen"
	if s == (textListenShape{}) {
		return
	}
	out := &l.out.Texts.Listen
	addr, err := netip.ParseAddrPort(s.Bind)
	switch {
	case err != nil || addr.Port() == 0:
		l.doc.problem(at+".bind", "%q is no IP address with a port; 127.0.0.1:8480 would be right", s.Bind)
	case (s.Cert == "") != (s.Key == ""):
		l.doc.problem(at, "TLS needs both cert and key")
	case s.Cert != "":
		if pair, ok := l.certificate(at, listenerShape{Cert: s.Cert, Key: s.Key}); ok {
			out.Cert = &pair
		}
	case !addr.Addr().IsLoopback():
		l.doc.problem(at+".bind", "%s can be reached by others, and texts are personal; give cert and key, or bind loopback behind a proxy", s.Bind)
	}
	out.Bind = addr
	u, err := url.Parse(s.Public)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.RawQuery != "" || u.User != nil {
		l.doc.problem(at+".public", "%q is no address that providers can call; https://texts.example would be right", s.Public)
	}
	out.Public = strings.TrimRight(s.Public, "/")
}

func (l *loader) textProvider(at, name string, s textProviderShape) TextProvider {
	p := TextProvider{Name: name, Lane: sms.Lane{PerSecond: s.Pace, Window: s.Window}, Tariffs: sms.Tariffs{}}
	if s.Pace < 1 || s.Pace > 10_000 {
		l.doc.problem(at+".pace", "%d is outside 1 to 10000 texts a second", s.Pace)
	}
	if s.Window < 1 || s.Window > 500 {
		l.doc.problem(at+".window", "%d is outside 1 to 500 texts at a time", s.Window)
	}
	for _, begin := range names(s.Tariffs) {
		if m, err := money(s.Tariffs[begin]); err != nil {
			l.doc.problem(at+".tariffs."+begin, "%v", err)
		} else if digits, plus := strings.CutPrefix(begin, "+"); !plus || !digitsOnly(digits) {
			l.doc.problem(at+".tariffs."+begin, "%q is no beginning of numbers; +31 would be right", begin)
		} else {
			p.Tariffs[begin] = m
		}
	}
	switch {
	case (s.SMPP == nil) == (s.File == ""):
		l.doc.problem(at, "it has either smpp, with an address and an account, or file, such as cm")
	case s.SMPP != nil:
		l.smppProvider(at+".smpp", &p, *s.SMPP, s)
	default:
		l.webProvider(at, &p, s)
	}
	sum := sha256.New()
	fmt.Fprintf(sum, "%q %v %q %q %q %v", name, s.Window, s.File, s.Values, s.Inside, l.out.Texts.Listen.Public)
	if s.SMPP != nil {
		fmt.Fprintf(sum, "%+v %s", *s.SMPP, p.SMPP.Password.Reveal())
	}
	if p.Web != nil {
		fmt.Fprintf(sum, "%+v", p.Description)
		for _, k := range names(p.Web.Secrets) {
			fmt.Fprintf(sum, "%s %s", k, p.Web.Secrets[k].Reveal())
		}
	}
	p.Mark = hex.EncodeToString(sum.Sum(nil))
	return p
}

func (l *loader) smppProvider(at string, p *TextProvider, s smppShape, whole textProviderShape) {
	set := smpp.DefaultSettings()
	set.Address, set.SystemID, set.SystemType, set.Window, set.Answer, set.Enquire = s.Address, s.SystemID, s.SystemType, max(whole.Window, 1), s.Answer, s.Enquire
	set.Password = l.secret(at+".password", s.Password)
	if s.TLS {
		set.TLS = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	for _, problem := range set.Check(at) {
		problem.Path = strings.ReplaceAll(strings.ReplaceAll(problem.Path, "system-id", "system_id"), "system-type", "system_type")
		l.doc.problem(problem.Path, "%s", problem.Msg)
	}
	if len(whole.Values)+len(whole.Secrets)+len(whole.Inside) > 0 {
		l.doc.problem(strings.TrimSuffix(at, ".smpp"), "values, secrets and inside are for providers over HTTP; leave them out")
	}
	p.SMPP = &set
}

func (l *loader) webProvider(at string, p *TextProvider, s textProviderShape) {
	var err error
	if strings.ContainsAny(s.File, "./") {
		file := l.path(s.File)
		data, readErr := l.read(file)
		if readErr != nil {
			l.doc.problem(at+".file", "%s cannot be read: %v", file, cause(readErr))
			return
		}
		p.Description, err = readTextProvider(file, data)
	} else {
		p.Description, err = ShippedTextProvider(s.File)
	}
	if f := (*Faults)(nil); errors.As(err, &f) {
		for _, one := range f.Faults {
			one.order = len(l.out.Files)
			l.report.add(one)
		}
		return
	}
	if err != nil {
		l.doc.problem(at+".file", "%v", err)
		return
	}
	listen := l.out.Texts.Listen.Public
	set := &webtext.Settings{Values: s.Values, Secrets: map[string]wissel.Secret{}, Patience: 40 * time.Second}
	if listen != "" {
		set.Receipts, set.Incoming = listen+ReceiptsPath(p.Name), listen+IncomingPath(p.Name)
	}
	for _, k := range names(s.Secrets) {
		set.Secrets[k] = l.secret(at+".secrets."+k, s.Secrets[k])
	}
	for _, k := range slices.Concat(names(s.Values), names(s.Secrets)) {
		if !slices.Contains(p.Description.Needs, k) {
			where := ".values."
			if _, secret := s.Secrets[k]; secret {
				where = ".secrets."
			}
			l.doc.problem(at+where+k, "provider %s needs no %s%s", p.Description.Provider, k, nearest.Suggest(k, p.Description.Needs))
		}
	}
	for i, written := range s.Inside {
		prefix, err := netip.ParsePrefix(written)
		if err != nil {
			l.doc.problem(at+".inside["+strconv.Itoa(i)+"]", "%q is no network; 10.1.2.0/24 would be right", written)
		}
		set.Inside = append(set.Inside, prefix)
	}
	if _, err := webtext.New(p.Description, *set); err != nil {
		l.doc.problem(at, "%v", err)
	}
	p.Web = set
}

// money reads "0.075".
func money(s string) (sms.Money, error) {
	whole, part, _ := strings.Cut(s, ".")
	if len(part) > 6 || !digitsOnly(whole+part) || whole == "" || len(whole) > 6 {
		return 0, fmt.Errorf("%q is no price of a part; 0.075 would be right", s)
	}
	n, err := strconv.Atoi(whole + part + strings.Repeat("0", 6-len(part)))
	return sms.Money(n), err
}
