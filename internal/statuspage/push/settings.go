package push

import (
	"fmt"
	"net/netip"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"wissel"
)

// Settings of one place: exactly one of S3, Directory and Command is set.
type Settings struct {
	Name      string
	S3        *S3
	Directory string // folder, absolute
	Command   []string
	Within    time.Duration // what one try may take
	Mark      string        // of all of it, secrets too: another one is another place
}

// Longest that a try may take, and how many places there may be.
const (
	Patience   = 30 * time.Second
	longest    = 5 * time.Minute
	MostPlaces = 8
)

// Kind is "s3", "directory" or "command".
func (s Settings) Kind() string {
	switch {
	case s.S3 != nil:
		return "s3"
	case s.Directory != "":
		return "directory"
	}
	return "command"
}

// Where says for people where it is, without its secrets.
func (s Settings) Where() string {
	switch s.Kind() {
	case "s3":
		return s.S3.address("").String()
	case "directory":
		return s.Directory
	}
	return strings.Join(s.Command, " ")
}

// Check says what is wrong with it, by key.
func (s Settings) Check(at string) (ps []wissel.Problem) {
	add := func(key, format string, args ...any) {
		ps = append(ps, wissel.Problem{Path: at + key, Msg: fmt.Sprintf(format, args...)})
	}
	kinds := 0
	for _, is := range []bool{s.S3 != nil, s.Directory != "", len(s.Command) > 0} {
		if is {
			kinds++
		}
	}
	if kinds != 1 {
		add("", "a place is one of s3, directory and command, and this is %d of them", kinds)
		return ps
	}
	if s.Directory != "" && !filepath.IsAbs(s.Directory) {
		add(".directory", "%q is no absolute path", s.Directory)
	}
	if s.Within < time.Second || s.Within > longest {
		add(".within", "%v is outside 1s to %v", s.Within, longest)
	}
	if len(s.Command) > 0 && !filepath.IsAbs(s.Command[0]) {
		add(".command", "%q is no absolute path of a program; there is no shell", s.Command[0])
	}
	if s.S3 != nil {
		ps = append(ps, s.S3.check(at+".s3")...)
	}
	return ps
}

// S3 is a bucket at anything that takes PUT as S3 does, with AWS's signature version 4.
type S3 struct {
	Endpoint *url.URL // https://s3.eu-west-1.example, without a path
	Region   string
	Bucket   string
	Prefix   string // of the keys, without slashes at its ends; empty: none
	Host     bool   // the bucket is a part of the host's name; false: of the path
	Key      string // id of the access key
	Secret   wissel.Secret
}

var (
	bucketForm = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`)
	prefixForm = regexp.MustCompile(`^[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)*$`)
)

func (s *S3) check(at string) (ps []wissel.Problem) {
	add := func(key, format string, args ...any) {
		ps = append(ps, wissel.Problem{Path: at + "." + key, Msg: fmt.Sprintf(format, args...)})
	}
	u := s.Endpoint
	switch {
	case u == nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || u.User != nil || u.RawQuery != "" || strings.Trim(u.Path, "/") != "":
		add("endpoint", "that is no scheme and host; https://s3.example would be right")
	case u.Scheme == "http" && !loopback(u.Hostname()):
		add("endpoint", "without TLS anybody on the way can change what people read; https:// would be right (http:// does on this machine)")
	}
	if !bucketForm.MatchString(s.Bucket) {
		add("bucket", "%q is no name of a bucket: 3 to 63 small letters, digits, dots and hyphens", s.Bucket)
	}
	if s.Prefix != "" && (!prefixForm.MatchString(s.Prefix) || strings.Contains("/"+s.Prefix+"/", "/../")) {
		add("prefix", "%q is no beginning of keys; status/pages would be right, without slashes at its ends", s.Prefix)
	}
	if s.Region == "" {
		add("region", "the region is missing; us-east-1 does where the provider has none")
	}
	if s.Key == "" || s.Secret.Reveal() == "" {
		add("key", "it takes key and secret of an account that may write there, and nothing else")
	}
	return ps
}

func loopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}
