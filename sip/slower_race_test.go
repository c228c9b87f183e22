//go:build race

package sip

const slower = 20 // what the race detector costs
