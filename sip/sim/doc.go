// Package sim holds the other ends of a call: phones, carriers and platforms that place and take real calls with SIP and
// RTP, and that misbehave in every way a peer can. They speak over any net.PacketConn: real sockets in the demo and in
// drills, the in-memory Net of this package in tests under virtual time.
//
// Its SIP, SDP, RTP and G.711 are its own, small and strict, and share no code with package sip: what one of the two
// misunderstands, the other complains of (Ledger.Complaints). It never imports sip or testing.
package sim
