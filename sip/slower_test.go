//go:build !race

package sip

const slower = 1
