package health

import "time"

// A mass hang-up: so many answered calls of one trunk, and so large a part of them, end abnormally within so long.
const (
	massWindow  = 2 * time.Second
	massLegs    = 5
	massPercent = 30
	massSlot    = 100 * time.Millisecond
	massSlots   = int64(massWindow / massSlot)
)

// Mass notices when many of a trunk's calls end at once. Calls that people hang up are no part of it, however many (the
// shop closes at five). It is a value without a clock; the zero Mass is ready.
type Mass struct {
	slots [massSlots]struct{ abnormal, all int32 } // ends in each of the last 2 s, by slot number modulo
	slot  int64                                    // the newest slot
	last  time.Duration                            // the last abnormal end
	known bool                                     // the present mass has been told; it is over when 2 s pass without an abnormal end
}

// End takes in the end of one call at a moment (counted from anywhere, by a monotonic clock), when up calls of the trunk
// still stand, and reports whether it makes a mass hang-up: once for each, however long it lasts.
func (m *Mass) End(up int, normal bool, at time.Duration) bool {
	slot := int64(at / massSlot)
	for n := min(slot-m.slot, massSlots); n > 0; n-- { // what is older than the window is forgotten
		m.slots[(slot-n+1)%massSlots] = struct{ abnormal, all int32 }{}
	}
	m.slot = max(m.slot, slot)
	here := &m.slots[m.slot%massSlots]
	here.all++
	if normal {
		return false
	}
	here.abnormal++
	if m.known && at-m.last >= massWindow {
		m.known = false
	}
	m.last = at
	if m.known {
		return false
	}
	abnormal, all := 0, 0
	for _, s := range m.slots {
		abnormal, all = abnormal+int(s.abnormal), all+int(s.all)
	}
	m.known = abnormal >= massLegs && abnormal*100 >= massPercent*(max(0, up)+all)
	return m.known
}
