package statuspage_test

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"wissel/internal/statuspage"
)

var shots = flag.String("shots", "", "folder to put pictures of the pages into, to be looked at")

// axeSource is what judges a page for people who see, hear or move little.
const axeSource = "../../out/npm-page/node_modules/axe-core/axe.min.js"

// browser is a Chromium without a window, which ends with the test.
func browser(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := chromedp.NewExecAllocator(t.Context(),
		chromedp.ExecPath("/usr/bin/chromium"), chromedp.Headless, chromedp.NoSandbox, chromedp.DisableGPU, chromedp.Flag("disable-dev-shm-usage", true))
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx, chromedp.Navigate("about:blank")); err != nil {
		t.Fatalf("chromium does not start: run .ci/tools test in the root of the repository (%v)", err)
	}
	return ctx
}

// violation is one of axe's.
type violation struct {
	ID, Impact, Help string
	Nodes            []struct{ HTML, FailureSummary string }
}

// judge gives what axe finds against WCAG 2.2 A and AA in the page that is open, and how many of its rules the page passed.
func judge(ctx context.Context, axe string) (wrong []violation, passed int, err error) {
	const run = `axe.run(document, {runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}).then(r => JSON.stringify({wrong: r.violations, passed: r.passes.length}))`
	if _, err := chromedp.Run(ctx, chromedp.Evaluate[chromedp.Void](axe)); err != nil {
		return nil, 0, err
	}
	text, err := chromedp.Run(ctx, chromedp.Evaluate[string](run, chromedp.EvalAwaitPromise))
	if err != nil {
		return nil, 0, err
	}
	var out struct {
		Wrong  []violation
		Passed int
	}
	return out.Wrong, out.Passed, json.Unmarshal([]byte(text), &out)
}

// serving serves each file of each page, and one that is bad on purpose.
func serving(t *testing.T) (base string, names []string) {
	t.Helper()
	mux := http.NewServeMux()
	all := pages(t)
	for name, p := range all {
		files, err := statuspage.Render(p, words(t))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			mux.HandleFunc("/"+strings.ReplaceAll(name, " ", "-")+"/"+f.Name, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", f.Type)
				w.Header().Set("Content-Security-Policy", statuspage.Policy)
				if _, err := w.Write(f.Body); err != nil {
					t.Error(err)
				}
			})
		}
	}
	mux.HandleFunc("/bad.html", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, `<title>x</title><p style="color:#aaa;background:#fff">grey</p>`)
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server.URL, slices.Sorted(maps.Keys(all))
}

func TestPagesHoldToWCAG(t *testing.T) {
	source, err := os.ReadFile(axeSource)
	if err != nil {
		t.Fatalf("npm's axe-core is not in out/npm-page: run .ci/tools test in the root of the repository (%v)", err)
	}
	base, names := serving(t)
	ctx := browser(t)
	if err := chromedp.Do(ctx, chromedp.Navigate(base+"/bad.html")); err != nil {
		t.Fatal(err)
	}
	if wrong, _, err := judge(ctx, string(source)); err != nil || len(wrong) < 2 {
		t.Fatalf("axe finds %+v in a page without a language and with grey words: it judges nothing (%v)", wrong, err)
	}
	for _, name := range names {
		for _, lang := range []string{"nl", "en"} {
			for _, scheme := range []string{"light", "dark"} {
				seen := open(t, ctx, base+"/"+strings.ReplaceAll(name, " ", "-")+"/"+lang+".html", scheme)
				if seen.Background != map[string]string{"light": "rgb(242, 242, 242)", "dark": "rgb(38, 38, 38)"}[scheme] {
					t.Errorf("%s %s %s: the style is not applied, sections are %s", name, lang, scheme, seen.Background)
				}
				if seen.Wide > narrowest {
					t.Errorf("%s %s: it is %d px wide on a screen of %d", name, lang, seen.Wide, narrowest)
				}
				wrong, passed, err := judge(ctx, string(source))
				if err != nil || passed < 8 {
					t.Fatalf("%s %s %s: axe passed %d rules, %v", name, lang, scheme, passed, err)
				}
				for _, v := range wrong {
					t.Errorf("%s %s %s: %s (%s): %s\n%+v", name, lang, scheme, v.ID, v.Impact, v.Help, v.Nodes)
				}
				picture(t, ctx, name+"-"+lang+"-"+scheme)
			}
		}
	}
}

// narrowest is the screen that WCAG has words fit into (1.4.10), in px.
const narrowest = 320

// look is what a page looks like.
type look struct {
	Wide       int
	Background string // of a section
}

// open opens a page on the narrowest screen.
func open(t *testing.T, ctx context.Context, url, scheme string) (seen look) {
	t.Helper()
	media := func(ctx context.Context, tab *chromedp.Target) error {
		_, err := cdp.Call(ctx, tab, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}})
		return err
	}
	err := chromedp.Do(ctx, chromedp.Func(media), chromedp.EmulateViewport(narrowest, 640), chromedp.Navigate(url))
	if err == nil {
		seen, err = chromedp.Run(ctx, chromedp.Evaluate[look](`({Wide: document.documentElement.scrollWidth, Background: getComputedStyle(document.querySelector("section")).backgroundColor})`))
	}
	if err != nil {
		t.Fatal(err)
	}
	return seen
}

// picture keeps what a phone shows, where somebody wants to look.
func picture(t *testing.T, ctx context.Context, name string) {
	t.Helper()
	if *shots == "" {
		return
	}
	if err := chromedp.Do(ctx, chromedp.EmulateViewport(390, 844)); err != nil {
		t.Fatal(err)
	}
	png, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(*shots, strings.ReplaceAll(name, " ", "-")+".png"), png, 0o600); err != nil {
		t.Fatal(err)
	}
}
