//go:build race

package transport

const raceEnabled = true // sync.Pool drops entries at random under the race detector
