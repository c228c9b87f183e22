package transaction

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

func TestAckOfARefusal(t *testing.T) {
	got := string(ackFor(request("INVITE"), response("INVITE", 486)))
	want := "ACK sip:+31201234567@192.0.2.1 SIP/2.0\r\n" +
		"Via: SIP/2.0/UDP 198.51.100.1:5060;branch=z9hG4bKc1;rport\r\n" +
		"Route: <sip:edge.example;lr>\r\n" +
		"Max-Forwards: 70\r\n" +
		"From: <sip:a@x>;tag=ours\r\n" +
		"To: <sip:b@y>; tag=theirs\r\n" +
		"Call-ID: c@wissel\r\n" +
		"CSeq: 42 ACK\r\n" +
		"Content-Length: 0\r\n\r\n"
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestAckIsNotMadeFromWhatWouldForgeAHeader(t *testing.T) {
	rows := []struct{ name, response string }{
		{"a bare LF in the To", "SIP/2.0 486 x\r\nTo: <sip:b@y>;tag=a\nX-Evil: 1\r\n\r\n"},
		{"a NUL in the To", "SIP/2.0 486 x\r\nTo: <sip:b@y>;tag=a\x00\r\n\r\n"},
		{"no To at all", "SIP/2.0 486 x\r\nFrom: <sip:b@y>\r\n\r\n"},
		{"no headers at all", "SIP/2.0 486 x"},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			if got := ackFor(request("INVITE"), []byte(row.response)); got != nil {
				t.Errorf("%q", got)
			}
		})
	}
}

func TestAckOfAThousandFoldsIsQuick(t *testing.T) {
	bomb := []byte("SIP/2.0 486 x\r\nX: a" + strings.Repeat("\r\n b", 15000) + "\r\nTo: <sip:b@y>;tag=a\r\n\r\n")
	began := time.Now()
	if ackFor(request("INVITE"), bomb) == nil {
		t.Error("no ACK")
	}
	if took := time.Since(began); took > 100*time.Millisecond {
		t.Errorf("it took %v", took)
	}
}

func FuzzAck(f *testing.F) {
	f.Add(request("INVITE"), response("INVITE", 486))
	f.Add([]byte("INVITE a b\r\nv:\r\nf:\r\ni:\r\nCSeq:1\r\n\r\n"), []byte("\r\nt:\r\n a\r\n\r\n"))
	f.Fuzz(func(t *testing.T, invite, response []byte) {
		ack := ackFor(invite, response)
		if ack == nil {
			return
		}
		if !bytes.HasPrefix(ack, []byte("ACK ")) || !bytes.HasSuffix(ack, []byte("\r\n\r\n")) {
			t.Fatalf("%q", ack)
		}
		_, head, _ := bytes.Cut(ack, crlf)
		for _, line := range bytes.Split(bytes.TrimSuffix(head, []byte("\r\n\r\n")), crlf) {
			if !clean(line) || len(line) == 0 {
				t.Fatalf("the line %q in %q", line, ack)
			}
		}
	})
}
