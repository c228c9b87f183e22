// Package peers proves wissel against the real programs of the field: sipp, baresip and Kamailio as carriers, platforms
// and callers, and wissel itself as the binary that is shipped, each a process of its own on loopback. It holds tests
// only; `.ci/tools test` installs what it needs.
package peers
