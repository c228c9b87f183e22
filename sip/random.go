package sip

import (
	"bufio"
	"crypto/rand"
	"encoding/hex"
	"hash/maphash"
	"io"

	"github.com/google/uuid"

	"wissel"
)

// chance is a shard's source of what nobody may guess: tags, branches and Call-IDs of 128 bits (FAULTS A7).
type chance struct{ r *bufio.Reader }

func newChance(r io.Reader) chance {
	if r == nil {
		r = rand.Reader
	}
	return chance{bufio.NewReaderSize(r, 2048)}
}

// token is 128 bits in 32 hexadecimal digits.
func (c chance) token() string {
	var raw [16]byte
	c.fill(raw[:])
	var text [32]byte
	hex.Encode(text[:], raw[:])
	return string(text[:])
}

// fraction is a number from 0 up to 1, for jitter.
func (c chance) fraction() float64 {
	var raw [2]byte
	c.fill(raw[:])
	return float64(int(raw[0])<<8|int(raw[1])) / 65536
}

// fill never fails: a machine without chance must not answer calls with tags that can be guessed.
func (c chance) fill(b []byte) {
	if _, err := io.ReadFull(c.r, b); err != nil {
		panic("sip: no randomness left: " + err.Error())
	}
}

// callID names a new call: a UUIDv7, whose first half is the time.
func (c chance) callID() wissel.CallID {
	id, err := uuid.NewV7FromReader(c.r)
	if err != nil {
		panic("sip: no randomness left: " + err.Error())
	}
	return wissel.CallID(id.String())
}

// shardOf gives the shard that a Call-ID belongs to.
func (s *Server) shardOf(callID []byte) *shard {
	return s.shards[maphash.Bytes(s.seed, callID)%uint64(len(s.shards))]
}

// farCallID makes a Call-ID for a leg of ours that belongs to this same shard (docs/decisions/0001).
func (s *shard) farCallID() string {
	id := []byte(s.chance.token() + "a")
	for s.srv.shardOf(id) != s {
		if id[len(id)-1]++; id[len(id)-1] > 'z' {
			copy(id, s.chance.token())
			id[len(id)-1] = 'a'
		}
	}
	return string(id)
}
