package configs

import "wissel/internal/statuspage"

// ShippedStatusWords are the sentences of the page that come with wissel; nil: there are none in that language.
func ShippedStatusWords(lang string) statuspage.Words { return shippedWords("statuspage", lang) }
