// Command bench measures wissel beside its peers on this machine, in one run: Kamailio as a stateful proxy, rtpengine as a
// relay, and sipp talking to itself as the ceiling. It starts and ends every program itself, on loopback addresses of its
// own, prints what it does, and writes docs/benchmarks.md. It is no test: a slow machine makes no failure.
//
// Machines are noisy, so systems take turns trial by trial, medians are taken, and CPU is given as a ratio: CPU of the
// system under test divided by CPU of sipp's answering side in the same trial (xUAS).
//
//	go run ./internal/bench                   # everything, in under ten minutes
//	go run ./internal/bench -only relay,ivr   # parts: signalling, max, failover, relay, ivr, load, start
//	go run ./internal/bench -long             # the steady minutes as well
//
// On a machine that does other work as well, `nice -n -5` in front of it (as root) makes lateness say more.
//
// It needs Linux, sipp, kamailio and rtpengine (`.ci/tools bench` installs them), and leaves out what is not there.
package main
