package app

import (
	"maps"
	"slices"

	"wissel"
	"wissel/carriers/outside"
	"wissel/configs"
	"wissel/internal/metrics"
)

// openPages makes what asks the platforms' status pages. A word stands until the page is asked again, so health hears it
// several times within the time after which it forgets a doubt.
func (a *App) openPages(file *configs.File) {
	a.pages = outside.New(file.Health.Stale/3, a.board.Observe, a.log)
	a.metrics.Gauges("status_page", "What a trunk's status page says: 1 well, 0 trouble; nothing when it cannot be asked.", []string{"trunk"}, func() (all []metrics.Sample) {
		standings := a.pages.Standings()
		for _, id := range slices.Sorted(maps.Keys(standings)) {
			if s := standings[id]; s.Known {
				sample := metrics.Sample{Labels: []string{string(id)}}
				if s.Word.Well {
					sample.Value = 1
				}
				all = append(all, sample)
			}
		}
		return all
	})
	a.metrics.Counter("status_page_questions_total", "Questions put to status pages.", nil, a.pages.Asked)
	a.metrics.Counter("status_page_failures_total", "Questions to status pages that gave no word.", nil, a.pages.Failed)
}

// pageNotes say what a trunk's status page says against it, or why it says nothing.
func (a *App) pageNotes(id wissel.TrunkID) []string {
	switch s := a.pages.Standings()[id]; {
	case s.Known && !s.Word.Well:
		return []string{"its status page says: " + s.Word.Says}
	case s.Err != nil:
		return []string{"its status page: " + s.Err.Error()}
	}
	return nil
}
