package configs

import (
	"time"

	"wissel/internal/statuspage/push"
)

type statusPageShape struct {
	Name      string                       `yaml:"name" doc:"of whom one reaches, as callers know it; it is needed where there is a page"`
	Address   string                       `yaml:"address" doc:"where people find the page: https://status.example. It stands in every text"`
	Languages []string                     `yaml:"languages" doc:"in which it is made, the first one's at the address itself; nl and en by default"`
	Zone      string                       `yaml:"zone" doc:"of its times; Europe/Amsterdam by default where country is NL"`
	Every     time.Duration                `yaml:"every" doc:"it is made anew so often though nothing changed, so that people see that it is looked after; 5m"`
	Lines     map[string]string            `yaml:"lines" doc:"the groups on it, with the names that callers know them by; all but test lines by default"`
	Channels  []channelShape               `yaml:"channels" doc:"other ways to reach us"`
	Listen    statusListenShape            `yaml:"listen" doc:"where wissel serves the page itself; nowhere by default"`
	Places    map[string]placeShape        `yaml:"places" doc:"where it is brought to outside our own network, by name: two at least"`
	Words     map[string]map[string]string `yaml:"words" doc:"other sentences than the shipped ones, by language and key (docs/statuspage.md)"`
}

type channelShape struct {
	Name     map[string]string `yaml:"name" doc:"by language: {nl: Chat op onze site, en: Chat on our site}"`
	Address  string            `yaml:"address" doc:"https://, mailto: or tel: makes a link; anything else, such as a street, is shown as it is"`
	Open     string            `yaml:"open" doc:"when somebody answers there, in the form of a desk's hours; always by default"`
	NewsOnly bool              `yaml:"news_only" doc:"it has news and answers nobody; false by default"`
}

type statusListenShape struct {
	Bind string `yaml:"bind" doc:"IP address and port: 0.0.0.0:8443"`
	Cert string `yaml:"cert" doc:"certificate file (PEM)"`
	Key  string `yaml:"key" doc:"file of its private key (PEM)"`
}

type placeShape struct {
	S3        *s3Shape      `yaml:"s3" doc:"a bucket at anything that takes PUT as S3 does"`
	Directory string        `yaml:"directory" doc:"a folder that exists, such as a web server's; each file is replaced whole"`
	Command   []string      `yaml:"command" doc:"a program and its arguments, which gets the files as a tar on its standard input; there is no shell"`
	Within    time.Duration `yaml:"within" doc:"what one try may take; 30s"`
}

type s3Shape struct {
	Endpoint string `yaml:"endpoint" doc:"https://s3.eu-west-1.example"`
	Region   string `yaml:"region" doc:"us-east-1 by default"`
	Bucket   string `yaml:"bucket" doc:"its name"`
	Prefix   string `yaml:"prefix" doc:"beginning of the keys, without slashes at its ends; none by default"`
	Host     bool   `yaml:"host" doc:"the bucket is a part of the host's name (bucket.s3.example); false: of the path"`
	Key      string `yaml:"key" doc:"id of an access key that may write there, and nothing else"`
	Secret   string `yaml:"secret" doc:"its secret: ${NAME} of an environment variable, or file:/path"`
}

func (s *statusPageShape) fill(*node) { s.Languages, s.Every = []string{"nl", "en"}, 5*time.Minute }

func (s *placeShape) fill(*node) { s.Within = push.Patience }

func (s *s3Shape) fill(*node) { s.Region = "us-east-1" }
