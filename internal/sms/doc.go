// Package sms knows texts: how long one is and what it costs, how it is cut into parts, what a template may say, and which
// provider a text goes to next. It is pure: it opens no socket, reads no clock and starts no goroutine. The providers stand
// in packages of their own (smpp, webtext) and keep the contract of Provider, which one suite (smstest) holds them all to.
package sms
