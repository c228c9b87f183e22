package app

import (
	"sync/atomic"
	"time"

	"wissel/internal/metrics"
	"wissel/internal/sms"
)

// countTexts names the metrics of texts. Labels are names of providers and our own words.
func (a *App) countTexts() {
	a.countLimits()
	m, s := a.metrics, &a.texter.texts.Stats
	for _, c := range []struct {
		name, help string
		count      *atomic.Uint64
	}{
		{"texts_written_total", "Texts that were written, to be sent.", &s.Written},
		{"texts_unwritten_total", "Texts and attempts that could not be written, so that nothing was offered.", &s.Unwritten},
		{"texts_offered_total", "Offers of a text to a provider.", &s.Offered},
		{"texts_accepted_total", "Offers that a provider took.", &s.Accepted},
		{"texts_refused_total", "Offers that a provider will never take.", &s.Refused},
		{"texts_later_total", "Offers that a provider did not take now.", &s.Later},
		{"texts_unknown_total", "Offers of which it is not known whether they were taken.", &s.Unknown},
		{"texts_held_total", "Offers that limits, or who wants no texts, held back.", &s.Held},
		{"texts_delivered_total", "Texts that arrived, by their receipts.", &s.Delivered},
		{"texts_failed_total", "Texts that did not, by their receipts.", &s.Failed},
		{"texts_strays_total", "Receipts of no text that is known, and those that told nothing new.", &s.Strays},
		{"texts_incoming_total", "Texts to us.", &s.Came},
		{"texts_incoming_unkept_total", "Texts to us that could not be kept, so that their provider is to bring them again.", &s.CameLost},
		{"texts_provider_restarts_total", "Times that a provider's connection had to be begun anew by us.", &s.Restarts},
	} {
		m.Counter(c.name, c.help, nil, c.count.Load)
	}
	m.Counter("texts_wishes_unlisted_total", "Wishes for texts that found no room in memory; they are on disk.", nil, func() uint64 {
		a.texter.mu.Lock()
		defer a.texter.mu.Unlock()
		return a.texter.lost
	})
	m.Gauges("texts", "Texts by where they are, of those in memory.", []string{"stage"}, func() (all []metrics.Sample) {
		counts := a.texter.texts.Counts()
		for _, stage := range sms.Stages {
			all = append(all, metrics.Sample{Labels: []string{string(stage)}, Value: float64(counts[stage])})
		}
		return all
	})
	m.Gauges("texts_provider_open", "1 when texts are kept from a provider because it takes none.", []string{"provider"}, func() (all []metrics.Sample) {
		now := time.Now()
		for _, l := range a.texter.texts.Lines() {
			open := 0.0
			if l.Fault != "" || l.Breaker.Open(now) {
				open = 1
			}
			all = append(all, metrics.Sample{Labels: []string{l.Name}, Value: open})
		}
		return all
	})
	m.Gauge("texts_asked", "People who asked for texts.", nil, func() float64 {
		a.texter.mu.Lock()
		defer a.texter.mu.Unlock()
		return float64(a.texter.audience.Count(""))
	})
}
