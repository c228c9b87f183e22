package smpp

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/linxGnu/gosmpp/data"
	"github.com/linxGnu/gosmpp/pdu"

	"wissel/internal/sms"
)

// largest is the longest message that we read: a deliver_sm with every field full is far shorter.
const largest = 16 << 10

func send(w io.Writer, p pdu.PDU) error {
	b := pdu.NewBuffer(nil)
	p.Marshal(b)
	_, err := w.Write(b.Bytes())
	return err
}

// receive reads one message. It looks at the length before it makes room for it.
func receive(r io.Reader) (pdu.PDU, error) {
	var head [16]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return nil, err
	}
	n := binary.BigEndian.Uint32(head[:])
	if n < 16 || n > largest {
		return nil, fmt.Errorf("a message of %d bytes: not SMPP, or out of step", n)
	}
	all := make([]byte, n)
	copy(all, head[:])
	if _, err := io.ReadFull(r, all[16:]); err != nil {
		return nil, err
	}
	if n == 16 && head[4]&0x80 != 0 && binary.BigEndian.Uint32(head[8:]) != 0 {
		all = append(all, 0) // a refusal may come without a body (§4.1.6); the library wants its first field
		binary.BigEndian.PutUint32(all, 17)
	}
	p, err := pdu.Parse(bytes.NewReader(all))
	if err != nil {
		return nil, fmt.Errorf("command %#08x cannot be read: %w", binary.BigEndian.Uint32(head[4:]), err)
	}
	return p, nil
}

// submitSM is the message that submits the nth part, from 0. It asks for a receipt, and gives a reference that most SMSCs repeat
// there (§5.3.2.17): by it a receipt finds its text even when the answer with the id never came.
func submitSM(t sms.Text, e sms.Encoding, part sms.Part, n int) *pdu.SubmitSM {
	p := pdu.NewSubmitSM().(*pdu.SubmitSM)
	p.RegisterOptionalParam(pdu.Field{Tag: pdu.TagUserMessageReference, Data: binary.BigEndian.AppendUint16(nil, sms.RefOf(t.Key, n))})
	p.SourceAddr = address(t.From)
	p.DestAddr = address(string(t.To))
	p.RegisteredDelivery = 1 // success or failure, final (§5.2.17)
	p.ValidityPeriod = validity(t.Valid)
	coding := data.GSM7BIT
	if e == sms.UCS2 {
		coding = data.UCS2
	}
	if part.Header != nil {
		p.EsmClass |= data.SM_UDH_GSM
	}
	// A part is 140 octets at most, or 160 septets of a byte each: it always fits.
	_ = p.Message.SetMessageDataWithEncoding(append(bytes.Clone(part.Header), part.Body...), coding)
	return p
}

// address writes a number or a name (§5.2.5, §5.2.6): what sms.Text.Check let through fits.
func address(s string) pdu.Address {
	ton, npi := byte(5), byte(0) // alphanumeric
	if plain, plus := strings.CutPrefix(s, "+"); plus {
		s, ton, npi = plain, 1, 1 // international, E.164
	} else if strings.Trim(s, "0123456789") == "" {
		ton = 3 // a short number of the network's
	}
	a := pdu.NewAddressWithTonNpi(ton, npi)
	_ = a.SetAddress(s)
	return a
}

// validity is a relative time of §7.1.1: YYMMDDhhmmsstnn and R, of at most 48 hours here.
func validity(d time.Duration) string {
	s := int(d / time.Second)
	return fmt.Sprintf("0000%02d%02d%02d%02d000R", s/86400, s/3600%24, s/60%60, s%60)
}

// event reads a deliver_sm: a receipt or a text to us. false: it is neither.
func event(p *pdu.DeliverSM) (sms.Event, bool) {
	body, err := p.Message.GetMessageData()
	if payload, ok := p.OptionalParameters[pdu.TagMessagePayload]; ok && len(body) == 0 {
		body = payload.Data
	}
	if err != nil {
		return sms.Event{}, false
	}
	if p.EsmClass&0x3c == 0x04 || p.OptionalParameters[pdu.TagReceiptedMessageID].Data != nil {
		return receipt(p, string(body))
	}
	if p.EsmClass&0x3c != 0 { // acknowledgements of phones, and what is reserved
		return sms.Event{}, false
	}
	return sms.Event{
		Kind: sms.Incoming, From: written(p.SourceAddr), To: written(p.DestAddr), Body: read(body, p.Message.Encoding()),
	}, true
}

func written(a pdu.Address) string {
	if a.Ton() == 1 && a.Address() != "" && !strings.HasPrefix(a.Address(), "+") {
		return "+" + a.Address()
	}
	return a.Address()
}

// read reads a text by its data coding (§5.2.19); an encoding that we do not know is read as GSM-7, which shows most of it.
func read(body []byte, e data.Encoding) string {
	if e != nil {
		switch e.DataCoding() {
		case data.UCS2Coding:
			return sms.Decode(body, sms.UCS2)
		case data.ASCIICoding, data.LATIN1Coding:
			out := make([]rune, len(body))
			for i, b := range body {
				out[i] = rune(b)
			}
			return string(out)
		}
	}
	return sms.Decode(body, sms.GSM7)
}

// receipt reads the text of a receipt, as appendix B has it ("id:IIII sub:SSS dlvrd:DDD ... stat:DDDDDDD err:E text: ..."), and
// the optional parameters that say the same better.
func receipt(p *pdu.DeliverSM, body string) (sms.Event, bool) {
	field := func(name string) string {
		at := strings.Index(" "+strings.ToLower(body), " "+name+":")
		if at < 0 {
			return ""
		}
		value, _, _ := strings.Cut(body[at+len(name)+1:], " ")
		return value
	}
	e := sms.Event{Kind: sms.Receipt, ID: field("id")}
	if f, ok := p.OptionalParameters[pdu.TagReceiptedMessageID]; ok {
		e.ID = f.String()
	}
	if f, ok := p.OptionalParameters[pdu.TagUserMessageReference]; ok && len(f.Data) == 2 {
		e.Ref, e.From = binary.BigEndian.Uint16(f.Data), written(p.SourceAddr)
	}
	stat := strings.ToUpper(field("stat"))
	if f, ok := p.OptionalParameters[pdu.TagMessageStateOption]; ok && len(f.Data) == 1 {
		stat = states[f.Data[0]]
	}
	switch stat {
	case "DELIVRD":
		e.State = sms.Delivered
	case "EXPIRED":
		e.State = sms.Expired
	case "UNDELIV", "REJECTD", "DELETED":
		e.State = sms.Undelivered
	}
	if e.State != sms.Delivered {
		e.Reason = sms.Because("%s, error %s", stat, field("err"))
	}
	return e, e.ID != "" && len(e.ID) <= 65
}

// states are the message states of §5.2.28, in the words of appendix B.
var states = map[byte]string{1: "ENROUTE", 2: "DELIVRD", 3: "EXPIRED", 4: "DELETED", 5: "UNDELIV", 6: "ACCEPTD", 7: "UNKNOWN", 8: "REJECTD"}
