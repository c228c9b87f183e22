package crisis

// Prompts are the ids of all prompts that the crisis line may say, but for those that an operator may add (names of groups and
// plans, StaffText).
func Prompts() []string {
	return []string{
		"crisis.welcome", "crisis.pin", "crisis.no-pin", "crisis.code", "crisis.moment", "crisis.denied", "crisis.bye", "crisis.silent", "crisis.closing",
		"crisis.in", "crisis.codes-left", "crisis.clock", "crisis.unwell", "crisis.draining",
		"crisis.menu-state", "crisis.menu-switch", "crisis.menu-message", "crisis.menu-proposals", "crisis.back", "crisis.more", "crisis.press", "crisis.for",
		"crisis.for-auto", "crisis.line", "crisis.on", "crisis.plan", "crisis.to-platform", "crisis.to-carrier", "crisis.to-flow", "crisis.to-people", "crisis.pinned",
		"crisis.pinned-part", "crisis.until", "crisis.away", "crisis.since", "crisis.first-down", "crisis.calls", "crisis.wishes", "crisis.no-lines",
		"crisis.message-since", "crisis.message-none", "crisis.message-hear", "crisis.message-new", "crisis.message-end", "crisis.message-extend", "crisis.message-past", "crisis.expected", "crisis.no-end", "crisis.other-languages",
		"crisis.speak", "crisis.nothing", "crisis.review", "crisis.ask-end", "crisis.ask-extend", "crisis.same-end", "crisis.bad-time", "crisis.others-now", "crisis.still-right", "crisis.others-keep", "crisis.you-extend", "crisis.goes-on",
		"crisis.you-set", "crisis.to", "crisis.to-auto", "crisis.pin-stays", "crisis.you-publish", "crisis.will-hear", "crisis.you-withdraw",
		"crisis.confirm", "crisis.confirm-two", "crisis.confirm-judge", "crisis.proposal", "crisis.judge", "crisis.no-proposals",
		"crisis.done", "crisis.done-unsaved", "crisis.proposed", "crisis.refused", "crisis.unfit", "crisis.unsure",
		"crisis.other", "crisis.staff-code", "crisis.staff-hear", "crisis.staff-usual", "crisis.staff-again",
		"crisis.other-log", "crisis.own-code", "crisis.logged-on", "crisis.logged-off", "crisis.log-change",
		"key.silent", "key.wrong", "menu.language",
	}
}
