package transaction

import "hash/maphash"

// The kinds of keys: each is hashed with its own first byte, so that they never meet.
const (
	keyServer byte = iota + 1
	keyOld
	keyMerge
	keyClient
)

// hash turns t.text into a key.
func (t *Table) hash() key {
	return key{maphash.Bytes(t.seeds[0], t.text), maphash.Bytes(t.seeds[1], t.text)}
}

func (t *Table) part(s string) {
	t.text = append(t.text, s...)
	t.text = append(t.text, 0)
}

func (t *Table) number(n uint32) {
	t.text = append(t.text, byte(n>>24), byte(n>>16), byte(n>>8), byte(n))
}

// serverKey is what a request and its retransmissions share (§17.2.3): branch and sent-by; and, since they share them
// too, Call-ID and CSeq number, which keeps apart what a careless peer sends with one branch. An ACK of a refusal and a
// CANCEL share them with their INVITE, so method is a parameter. Without the magic cookie it is RFC 2543's rule.
func (t *Table) serverKey(r *Request, method string) key {
	t.text = t.text[:0]
	if r.Old {
		t.text = append(t.text, keyOld)
		t.part(r.FromTag)
	} else {
		t.text = append(t.text, keyServer)
	}
	t.part(r.Branch)
	t.part(r.SentBy)
	t.part(r.CallID)
	t.part(method)
	t.number(r.CSeq)
	return t.hash()
}

// mergeKey is what copies of one request by different ways share (§8.2.2.2).
func (t *Table) mergeKey(r *Request) key {
	t.text = append(t.text[:0], keyMerge)
	t.part(r.CallID)
	t.part(r.FromTag)
	t.part(r.Method)
	t.number(r.CSeq)
	return t.hash()
}

// clientKey is what our request and its responses share (§17.1.3). A CANCEL has its INVITE's branch, no other method has.
func (t *Table) clientKey(branch string, cancel bool) key {
	t.text = append(t.text[:0], keyClient)
	t.part(branch)
	if cancel {
		t.text = append(t.text, 1)
	}
	return t.hash()
}

// paths keeps each path once, for as long as a transaction uses it: a Path holds strings, a machine does not.
type paths struct {
	at   map[Path]uint32
	all  []pathUse
	free []uint32
}

type pathUse struct {
	Path
	users int
}

func (p *paths) take(path Path) uint32 {
	if n, ok := p.at[path]; ok {
		p.all[n].users++
		return n
	}
	var n uint32
	if len(p.free) > 0 {
		n = p.free[len(p.free)-1]
		p.free = p.free[:len(p.free)-1]
	} else {
		n = uint32(len(p.all))
		p.all = append(p.all, pathUse{})
	}
	p.all[n] = pathUse{Path: path, users: 1}
	p.at[path] = n
	return n
}

func (p *paths) give(n uint32) {
	p.all[n].users--
	if p.all[n].users > 0 {
		return
	}
	delete(p.at, p.all[n].Path)
	p.all[n] = pathUse{}
	p.free = append(p.free, n)
}
