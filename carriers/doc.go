// Package carriers holds what is known of carriers and platforms: the settings of their trunks as written, the addresses
// that their SIP URIs stand for now (RFC 3263, resolved in the background, never in a call's path), and how many calls
// each may carry. It decides nothing about calls and judges no health: package sip takes and gives calls through Limits,
// internal/app puts the trunks that Directory publishes into the snapshot, and configs fills Settings.
package carriers
