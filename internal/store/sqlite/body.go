package sqlite

import (
	"encoding/json"
	"strconv"
	"time"

	"wissel"
)

// appendCDR writes the JSON of a call record, the same as encoding/json does (a test holds them together). There is one for
// each call, and by reflection it costs as much as the row's whole way through SQLite.
func appendCDR(b []byte, c *wissel.CDR) []byte {
	b = text(b, `{"ID":`, c.ID)
	b = text(b, `,"Node":`, c.Node)
	b = strconv.AppendUint(append(b, `,"Generation":`...), c.Generation, 10)
	b = text(b, `,"Call":`, string(c.Call))
	b = text(b, `,"Group":`, string(c.Group))
	b = text(b, `,"Trunk":`, string(c.Trunk))
	b = text(b, `,"From":`, string(c.From))
	b = text(b, `,"To":`, string(c.To))
	b = moment(b, `,"Began":`, c.Began)
	b = moment(b, `,"Rung":`, c.Rung)
	b = moment(b, `,"Answered":`, c.Answered)
	b = moment(b, `,"Ended":`, c.Ended)
	b = strconv.AppendInt(append(b, `,"Status":`...), int64(c.Status), 10)
	b = text(b, `,"Outcome":`, string(c.Outcome))
	b = text(b, `,"Blame":`, string(c.Blame))
	b = text(b, `,"EndedBy":`, c.EndedBy)
	b = target(append(b, `,"Target":`...), c.Target)
	b = appendAttempts(append(b, `,"Attempts":`...), c.Attempts)
	b = text(b, `,"Decision":`, c.Decision)
	b = text(b, `,"Version":`, c.Version)
	b = texts(b, `,"Why":`, c.Why)
	b = strconv.AppendFloat(append(b, `,"SetupMS":`...), c.SetupMS, 'f', -1, 64)
	b = strconv.AppendInt(append(b, `,"Digits":`...), int64(c.Digits), 10)
	b = strconv.AppendBool(append(b, `,"Test":`...), c.Test)
	if c.Callback != "" {
		b = text(b, `,"Callback":`, c.Callback)
	}
	b = text(b, `,"Actor":`, c.Actor)
	b = texts(b, `,"Thresholds":`, c.Thresholds)
	return append(b, '}')
}

func appendAttempts(b []byte, all []wissel.Attempt) []byte {
	if all == nil {
		return append(b, "null"...)
	}
	b = append(b, '[')
	for i := range all {
		a := &all[i]
		b = append(b, separator(i)...)
		b = strconv.AppendInt(append(b, `{"Leg":`...), int64(a.Leg), 10)
		b = target(append(b, `,"Target":`...), a.Target)
		b = text(b, `,"Address":{"Transport":`, string(a.Address.Transport))
		b = append(b, `,"AddrPort":"`...)
		if a.Address.AddrPort.IsValid() {
			b = a.Address.AddrPort.AppendTo(b) // an IPv6 zone is an interface's name: nothing to escape
		}
		b = append(b, `"}`...)
		b = moment(b, `,"Began":`, a.Began)
		b = strconv.AppendInt(append(b, `,"Status":`...), int64(a.Status), 10)
		b = text(b, `,"Why":`, a.Why)
		b = strconv.AppendBool(append(b, `,"Rang":`...), a.Rang)
		if a.Person != "" {
			b = text(b, `,"Person":`, a.Person)
		}
		if a.Over != "" {
			b = text(b, `,"Over":`, string(a.Over))
		}
		b = append(b, '}')
	}
	return append(b, ']')
}

func separator(i int) string {
	if i == 0 {
		return ""
	}
	return ","
}

func target(b []byte, t wissel.Target) []byte {
	b = text(b, `{"Trunk":`, string(t.Trunk))
	b = text(b, `,"Flow":`, string(t.Flow))
	if t.People != "" {
		b = text(b, `,"People":`, t.People)
	}
	return append(b, '}')
}

func moment(b []byte, key string, t time.Time) []byte {
	b = append(append(b, key...), '"')
	return append(t.AppendFormat(b, time.RFC3339Nano), '"')
}

// texts writes a key and a list of strings.
func texts(b []byte, key string, all []string) []byte {
	b = append(b, key...)
	if all == nil {
		return append(b, "null"...)
	}
	b = append(b, '[')
	for i, s := range all {
		b = text(b, separator(i), s)
	}
	return append(b, ']')
}

// text writes a key and a string; one with anything to escape in it is left to encoding/json.
func text(b []byte, key, s string) []byte {
	b = append(b, key...)
	for i := range len(s) {
		if c := s[i]; c < ' ' || c >= 0x7f || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' {
			escaped, err := json.Marshal(s)
			if err != nil {
				panic("sqlite: a string cannot be encoded: " + err.Error()) // it always can
			}
			return append(b, escaped...)
		}
	}
	return append(append(append(b, '"'), s...), '"')
}
