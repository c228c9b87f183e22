package smpp

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/linxGnu/gosmpp/data"
	"github.com/linxGnu/gosmpp/pdu"

	"wissel/internal/sms"
)

// session is one connection. One goroutine reads it and one writes; what the SMSC tells by itself goes to a third, which
// waits for the disk and then confirms. Each ends when the connection does, and serve returns last.
type session struct {
	conn   net.Conn
	set    Settings
	keep   func(sms.Event) error
	out    chan pdu.PDU  // to the writer
	told   chan pdu.PDU  // deliver_sm, and answers that nobody waits for: to the teller
	window chan struct{} // a place for each submit under way
	gone   chan struct{} // closed when the connection is over
	end    sync.Once
	why    error        // of the end; written before gone is closed
	heard  atomic.Int64 // when the far end last said something, in Unix nanoseconds

	mu       sync.Mutex
	sequence int32
	open     map[int32]*pending // those without an answer, also of Sends that have given up
	late     []int32            // of those that have given up, oldest first
}

// pending is a part that is under way.
type pending struct {
	key       string
	ids       []string // of the text, with those of the parts before this one
	part      int
	pdu       *pdu.SubmitSM
	answer    chan sms.Outcome // takes one
	throttled bool             // written before answer
	gaveUp    bool             // under session.mu
}

// most is how many answers are still waited for after their Sends have given up; older ones stay Unknown.
const most = 1000

func newSession(conn net.Conn, set Settings, keep func(sms.Event) error) *session {
	return &session{
		conn: conn, set: set, keep: keep, out: make(chan pdu.PDU), told: make(chan pdu.PDU, 64),
		window: make(chan struct{}, set.Window), gone: make(chan struct{}), open: map[int32]*pending{},
	}
}

// stop ends the connection by force, once.
func (s *session) stop(why error) {
	s.end.Do(func() {
		s.why = why
		close(s.gone)
		_ = s.conn.Close()
	})
}

// serve binds and serves; bound is called when texts can go, over when they cannot any more.
func (s *session) serve(ctx context.Context, bound, over func()) error {
	var wait sync.WaitGroup
	defer wait.Wait()
	defer over()
	defer s.stop(errors.New("ended"))
	wait.Go(func() { s.unbind(ctx) })
	in := bufio.NewReader(s.conn)
	if err := s.bind(in); err != nil {
		return err
	}
	wait.Go(func() { s.stop(s.read(in)) })
	wait.Go(s.write)
	wait.Go(s.tell)
	bound()
	s.enquire()
	return s.why
}

// bind asks for a transceiver. It has the connection to itself.
func (s *session) bind(in *bufio.Reader) error {
	req := pdu.NewBindRequest(pdu.Transceiver)
	req.SystemID, req.Password, req.SystemType = s.set.SystemID, s.set.Password.Reveal(), s.set.SystemType
	req.SequenceNumber = s.number()
	_ = s.conn.SetDeadline(time.Now().Add(s.set.Answer))
	defer func() { _ = s.conn.SetDeadline(time.Time{}) }()
	if err := send(s.conn, req); err != nil {
		return fmt.Errorf("bind: %w", err)
	}
	got, err := receive(in)
	if err != nil {
		return fmt.Errorf("bind: %w", err)
	}
	h := got.GetHeader()
	if h.CommandID != data.BIND_TRANSCEIVER_RESP && h.CommandID != data.GENERIC_NACK {
		return fmt.Errorf("bind was answered with command %#08x", uint32(h.CommandID))
	}
	if h.CommandStatus != data.ESME_ROK {
		return fmt.Errorf("%w: status %#x (%s): check system id, password and the addresses that the account allows", errRefused,
			int32(h.CommandStatus), h.CommandStatus.Desc())
	}
	s.heard.Store(time.Now().UnixNano())
	return nil
}

func (s *session) number() int32 {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sequence = s.sequence%0x7fffffff + 1
	return s.sequence
}

// unbind waits for the end of ctx, says goodbye, and ends the connection once that was answered, after a second at most.
func (s *session) unbind(ctx context.Context) {
	select {
	case <-ctx.Done():
	case <-s.gone:
		return
	}
	patience := time.NewTimer(time.Second)
	defer patience.Stop()
	bye := pdu.NewUnbind()
	bye.SetSequenceNumber(s.number())
	select {
	case s.out <- bye:
		select {
		case <-s.gone:
		case <-patience.C:
		}
	case <-s.gone:
	case <-patience.C:
	}
	s.stop(errors.New("stopped"))
}

// enquire asks whether the far end is there whenever it was silent, and returns when the connection is over.
func (s *session) enquire() {
	tick := time.NewTicker(s.set.Enquire / 4)
	defer tick.Stop()
	var asked time.Time // zero: nothing is asked
	for {
		select {
		case <-s.gone:
			return
		case <-tick.C:
		}
		silent := time.Since(time.Unix(0, s.heard.Load()))
		switch {
		case silent < s.set.Enquire:
			asked = time.Time{}
		case asked.IsZero():
			asked = time.Now()
			q := pdu.NewEnquireLink()
			q.SetSequenceNumber(s.number())
			s.say(q)
		case time.Since(asked) > s.set.Answer:
			s.stop(fmt.Errorf("silent for %v, and enquire_link had no answer", silent.Round(time.Second)))
		}
	}
}

// say hands a message to the writer.
func (s *session) say(p pdu.PDU) {
	select {
	case s.out <- p:
	case <-s.gone:
	}
}

func (s *session) write() {
	for {
		select {
		case p := <-s.out:
			_ = s.conn.SetWriteDeadline(time.Now().Add(s.set.Answer))
			if err := send(s.conn, p); err != nil {
				s.stop(fmt.Errorf("write: %w", err))
				return
			}
		case <-s.gone:
			return
		}
	}
}

// submit sends one part and waits for its answer. Until the writer has it, it was certainly not sent.
func (s *session) submit(ctx context.Context, p *pending) sms.Outcome {
	select {
	case s.window <- struct{}{}:
		defer func() { <-s.window }()
	case <-s.gone:
		return later(0, "the connection ended before it was submitted")
	case <-ctx.Done():
		return later(0, "no place in the window before its time was over")
	}
	p.answer = make(chan sms.Outcome, 1)
	p.pdu.SequenceNumber = s.number()
	s.expect(p)
	select {
	case s.out <- p.pdu:
	case <-s.gone:
		return later(0, "the connection ended before it was submitted")
	case <-ctx.Done():
		s.forget(p)
		return later(0, "it could not be written before its time was over")
	}
	select {
	case o := <-p.answer:
		return o
	case <-s.gone:
		return s.last(p, "the connection ended before the answer")
	case <-ctx.Done():
		s.giveUp(p)
		return s.last(p, "no answer in time")
	}
}

// last is the outcome of a part that nothing more is waited for: the answer may have come in the same moment.
func (s *session) last(p *pending, why string) sms.Outcome {
	select {
	case o := <-p.answer:
		return o
	default:
		return sms.Outcome{Verdict: sms.Unknown, Reason: why}
	}
}

func (s *session) expect(p *pending) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open[p.pdu.SequenceNumber] = p
}

func (s *session) forget(p *pending) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.open, p.pdu.SequenceNumber)
}

// giveUp leaves a part to the teller, should its answer still come.
func (s *session) giveUp(p *pending) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p.gaveUp = true
	s.late = append(s.late, p.pdu.SequenceNumber)
	if len(s.late) > most {
		delete(s.open, s.late[0])
		s.late = s.late[1:]
	}
}
