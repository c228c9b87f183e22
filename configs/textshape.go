package configs

import (
	"time"

	"wissel/internal/sms/smpp"
)

type textsShape struct {
	Currency  string                       `yaml:"currency" doc:"of the tariffs; EUR by default"`
	Listen    textListenShape              `yaml:"listen" doc:"where providers over HTTP tell what became of texts, and bring those that come in"`
	Calm      time.Duration                `yaml:"calm" doc:"so long must nothing be the matter with a group before its callers are told that it is over; 10m"`
	Limits    textLimitsShape              `yaml:"limits" doc:"how many texts may go out, to whom, and for how much"`
	Providers map[string]textProviderShape `yaml:"providers" doc:"who sends texts for us, by name: each with smpp, or with file"`
}

type textListenShape struct {
	Bind   string `yaml:"bind" doc:"IP address and port: 127.0.0.1:8480 behind a proxy; elsewhere than on loopback it takes cert and key"`
	Public string `yaml:"public" doc:"the address of the same as providers know it: https://texts.example"`
	Cert   string `yaml:"cert" doc:"certificate file (PEM)"`
	Key    string `yaml:"key" doc:"file of its private key (PEM)"`
}

type textProviderShape struct {
	SMPP    *smppShape        `yaml:"smpp" doc:"an account at an SMSC, over SMPP 3.4"`
	File    string            `yaml:"file" doc:"an interface over HTTP, as data: cm or twilio, or a file of your own (docs/texts.md)"`
	Values  map[string]string `yaml:"values" doc:"what the file needs and may be seen: base (an address), names of accounts"`
	Secrets map[string]string `yaml:"secrets" doc:"what it needs and may not: each as ${NAME} of an environment variable, or file:/path"`
	Inside  []string          `yaml:"inside" doc:"networks of our own, as prefixes, in which its address may lie; none by default"`
	Pace    int               `yaml:"pace" doc:"texts a second that it is given at most; 30"`
	Window  int               `yaml:"window" doc:"texts under way to it at a time; 10"`
	Tariffs map[string]string `yaml:"tariffs" doc:"what a part costs, by the beginning of the number: +31: 0.075"`
}

type smppShape struct {
	Address    string        `yaml:"address" doc:"host:port of the SMSC"`
	SystemID   string        `yaml:"system_id" doc:"name of the account"`
	Password   string        `yaml:"password" doc:"its password: ${NAME} of an environment variable, or file:/path"`
	SystemType string        `yaml:"system_type" doc:"what the operator wants there; mostly nothing"`
	TLS        bool          `yaml:"tls" doc:"the connection is over TLS"`
	Answer     time.Duration `yaml:"answer" doc:"how long an answer may take; 10s"`
	Enquire    time.Duration `yaml:"enquire" doc:"silence after which we ask whether it is there; 30s"`
}

func (s *textProviderShape) fill(*node) { s.Pace, s.Window = 30, 10 }

func (s *smppShape) fill(*node) {
	d := smpp.DefaultSettings()
	s.Answer, s.Enquire = d.Answer, d.Enquire
}

type groupTextsShape struct {
	Providers []string                     `yaml:"providers" doc:"who sends its texts, the first choice first; at least two, or a fault of one leaves callers without"`
	Sender    string                       `yaml:"sender" doc:"what telephones show: a number, or a name of at most 11 letters and digits"`
	Name      string                       `yaml:"name" doc:"what callers know the line as; the group's own name by default"`
	Hours     map[string]string            `yaml:"hours" doc:"when it can be called, in words, by language: nl: ma-vr 8-18 uur"`
	Links     []string                     `yaml:"links" doc:"scheme and host that its texts may lead to: https://status.example"`
	Numbers   []string                     `yaml:"numbers" doc:"telephone numbers that its texts may name, beside its own"`
	Quiet     string                       `yaml:"quiet" doc:"hours in which only confirmations go, by the clock of the desk; 21:00-08:00 by default, none for none"`
	Lasts     time.Duration                `yaml:"lasts" doc:"so long a text makes sense; 12h"`
	Each      time.Duration                `yaml:"each" doc:"so long one provider may go on trying, before another has its turn; 30m"`
	Solved    bool                         `yaml:"solved" doc:"once a callback is done, ask whether the question was answered; false by default"`
	Templates map[string]map[string]string `yaml:"templates" doc:"the words, by language and purpose (confirmation, news, back, missed, solved); shipped ones for what is left out"`
	Answers   map[string]map[string]string `yaml:"answers" doc:"the words of answers to texts that come in, by language and answer (help, stopped, ...); shipped ones for what is left out"`
}

func (s *groupTextsShape) fill(*node) {
	s.Quiet, s.Lasts, s.Each = "21:00-08:00", 12*time.Hour, 30*time.Minute
}
