package push

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"path"
	"regexp"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"wissel/internal/statuspage"
)

// mostAnswer is how much of an answer is read: S3 answers a PUT with headers, and a refusal with a few lines of XML.
const mostAnswer = 4 << 10

// bucket puts the files where an S3 takes them: each whole, as PUT is.
type bucket struct {
	S3
	signer *v4.Signer
	client *http.Client
}

func newBucket(s S3) *bucket {
	return &bucket{S3: s, signer: v4.NewSigner(func(o *v4.SignerOptions) { o.DisableURIPathEscaping = true }), client: &http.Client{
		// Where the settings say, and nowhere else: a redirect is a refusal.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			DialContext:         (&net.Dialer{Timeout: 5 * time.Second}).DialContext,
			TLSClientConfig:     &tls.Config{MinVersion: tls.VersionTLS12},
			TLSHandshakeTimeout: 5 * time.Second, MaxIdleConns: 2, IdleConnTimeout: time.Minute, MaxConnsPerHost: 2, MaxResponseHeaderBytes: 32 << 10,
		},
	}}
}

// address of a key.
func (s *S3) address(key string) *url.URL {
	u := *s.Endpoint
	if s.Host {
		u.Host = s.Bucket + "." + u.Host
		u.Path = "/" + path.Join(s.Prefix, key)
	} else {
		u.Path = "/" + path.Join(s.Bucket, s.Prefix, key)
	}
	return &u
}

func (b *bucket) Put(ctx context.Context, files []statuspage.File) error {
	for _, f := range files {
		if err := b.put(ctx, f); err != nil {
			return fmt.Errorf("put %s: %w", f.Name, err)
		}
	}
	return nil
}

func (b *bucket) put(ctx context.Context, f statuspage.File) (err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPut, b.address(f.Name).String(), bytes.NewReader(f.Body))
	if err != nil {
		return err
	}
	sum := sha256.Sum256(f.Body)
	hash := hex.EncodeToString(sum[:])
	r.Header.Set("Content-Type", f.Type)
	r.Header.Set("Cache-Control", statuspage.CacheControl)
	r.Header.Set("X-Amz-Content-Sha256", hash)
	credentials := aws.Credentials{AccessKeyID: b.Key, SecretAccessKey: b.Secret.Reveal()}
	if err := b.signer.SignHTTP(ctx, credentials, r, hash, "s3", b.Region, time.Now()); err != nil {
		return fmt.Errorf("sign: %w", err)
	}
	answer, err := b.client.Do(r)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, answer.Body.Close()) }()
	body, err := io.ReadAll(io.LimitReader(answer.Body, mostAnswer))
	if err != nil {
		return fmt.Errorf("read the answer: %w", err)
	}
	if answer.StatusCode/100 != 2 {
		return fmt.Errorf("it was refused: %s%s", answer.Status, code(body))
	}
	return nil
}

var codeForm = regexp.MustCompile(`<Code>([A-Za-z0-9.]{1,64})</Code>`)

// code is the word in which an S3 says why.
func code(body []byte) string {
	if m := codeForm.FindSubmatch(body); m != nil {
		return ", " + string(m[1])
	}
	return ""
}
