// Package crisis is the crisis line: what an operator with nothing but a telephone hears and may do there. A Door says who
// comes in (a PIN and a one-time code), counts wrong tries, and knows which codes were used. A Line decides, step by step,
// what one caller hears, as package ivr does for callers of a group. Neither does I/O, reads a clock, starts a goroutine or
// holds sound: internal/app keeps the one Door, feeds each Line, and carries out what they say.
package crisis
