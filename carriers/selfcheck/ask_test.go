package selfcheck

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"net"
	"net/netip"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"wissel"
)

func TestMain(m *testing.M) {
	switch question, at := os.Getenv(asChecker), os.Getenv(asNameServer); {
	case question != "":
		var s wissel.SelfCheck
		if err := json.Unmarshal([]byte(question), &s); err != nil {
			panic(err)
		}
		if err := json.NewEncoder(os.Stdout).Encode(New().Ask(context.Background(), s)); err != nil {
			panic(err)
		}
	case at != "":
		conn, err := net.ListenPacket("udp", at)
		if err != nil {
			panic(err)
		}
		answerAll(conn, 0, func(string, ...any) {})
	default:
		goleak.VerifyTestMain(m)
	}
}

// nameServerAt runs a name server on loopback that answers with code; a negative one is silence, and 100 more comes with
// another question's answer before it.
func nameServerAt(t *testing.T, code int) netip.AddrPort {
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var serving sync.WaitGroup
	serving.Go(func() { answerAll(conn, code, t.Errorf) })
	t.Cleanup(func() { conn.Close(); serving.Wait() })
	return netip.MustParseAddrPort(conn.LocalAddr().String())
}

// answerAll answers what comes to conn, until it is closed.
func answerAll(conn net.PacketConn, code int, fault func(string, ...any)) {
	buf := make([]byte, 512)
	for {
		n, from, err := conn.ReadFrom(buf)
		if err != nil {
			return
		}
		if n != 17 || buf[2] != 1 || buf[5] != 1 || binary.BigEndian.Uint16(buf[13:]) != 2 {
			fault("asked % x", buf[:n])
		}
		if code < 0 {
			continue
		}
		answer := bytes.Clone(buf[:n])
		answer[2] |= 0x80
		answer[3] = byte(code % 100)
		if code >= 100 {
			other := bytes.Clone(answer)
			other[0]++
			_, _ = conn.WriteTo(other, from)
			_, _ = conn.WriteTo([]byte{1, 2, 3}, from)
		}
		_, _ = conn.WriteTo(answer, from)
	}
}

func TestNameServers(t *testing.T) {
	rows := []struct {
		name string
		code int
		want standing
		says string
	}{
		{"answers", 0, answered, "answers"},
		{"refuses the question", 5, answered, "answers"},
		{"says other things first", 100, answered, "answers"},
		{"reaches no other", 2, silent, "answers that it reaches no other"},
		{"is silent", -1, silent, "does not answer (in time)"},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			a := askResolver(t.Context(), nameServerAt(t, row.code), true)
			if a.is != row.want || !strings.HasSuffix(a.says, row.says) {
				t.Errorf("%d: %s", a.is, a.says)
			}
		})
	}
	t.Run("is gone", func(t *testing.T) {
		conn, err := net.ListenPacket("udp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		gone := netip.MustParseAddrPort(conn.LocalAddr().String())
		conn.Close()
		if a := askResolver(t.Context(), gone, true); a.is != silent || !strings.Contains(a.says, "connection refused") {
			t.Errorf("%d: %s", a.is, a.says)
		}
	})
}

func TestTheRouterRefuses(t *testing.T) {
	if a := New().askGateway(t.Context(), netip.MustParseAddr("127.0.0.1")); a.is != answered {
		t.Errorf("%d: %s", a.is, a.says)
	}
}

func TestConnections(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	open := l.Addr().String()
	if a := askSecond(t.Context(), open); a.is != answered || !a.beyond {
		t.Errorf("open: %d: %s", a.is, a.says)
	}
	l.Close()
	if a := askSecond(t.Context(), open); a.is != answered {
		t.Errorf("refused, so it lives: %d: %s", a.is, a.says)
	}
	late, cancel := context.WithTimeout(t.Context(), 0)
	defer cancel()
	if a := askSecond(late, open); a.is != silent || !strings.HasSuffix(a.says, "does not answer (in time)") {
		t.Errorf("no time: %d: %s", a.is, a.says)
	}
}

func TestAskAsksAllAtOnce(t *testing.T) {
	began := time.Now()
	quiet := nameServerAt(t, -1)
	n := New().Ask(t.Context(), wissel.SelfCheck{Gateway: "127.0.0.1", Resolver: quiet.String(), Second: quiet.String()})
	if len(n.Checked) != 3 || n.Checked[0] != "gateway 127.0.0.1" || !n.Well { // TCP to the name server's port is refused
		t.Errorf("%+v", n)
	}
	if took := time.Since(began); took > nearTime+2*time.Second {
		t.Errorf("it took %v", took)
	}
}
