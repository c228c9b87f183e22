// Package ivr is the flow language of the outage IVR: what a caller hears, which keys he may press, and what comes of
// them. A flow is data (Source, written in YAML and decoded by package configs); Compile checks it and makes a Program;
// Program.Step decides what happens next to one caller. It does no I/O, reads no clock, starts no goroutine and holds
// no sound: internal/app feeds it events and carries its effects out with sip/media, prompts and the store.
package ivr
