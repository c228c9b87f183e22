// An SMSC that brings texts to wissel, on the server side of npm smpp. Each line of a file that grows is one: {from, to, body}. It is
// delivered until wissel says that it has it, over whatever connection there is by then; then a line "kept N" is printed. Each text
// that wissel sends is a line of JSON in the log. usage: node incoming.js NODE_MODULES PASSWORD LOG HOST TEXTS; it prints its port first.
'use strict';
const fs = require('fs');
const path = require('path');
const smpp = require(path.join(process.argv[2], 'smpp'));
const [password, logFile, host] = [process.argv[3], process.argv[4], process.argv[5]];
const log = fs.openSync(logFile, 'a');
const owed = [];
let bound = null;
let ids = 0;
let kept = 0;

function bring() {
	if (!bound || owed.length === 0) return;
	const session = bound;
	const one = owed[0];
	if (one.under === session) return;
	one.under = session;
	session.deliver_sm({ source_addr_ton: 1, source_addr_npi: 1, source_addr: one.from, destination_addr: one.to, short_message: one.body }, (pdu) => {
		one.under = null;
		if (pdu.command_status !== 0) return;
		if (one.twice) { one.twice = false; return; } // its answer is taken for lost: it comes once more
		owed.shift();
		process.stdout.write('kept ' + (++kept) + '\n');
	});
}
setInterval(bring, 10);

let read = 0;
setInterval(() => {
	const text = fs.existsSync(process.argv[6]) ? fs.readFileSync(process.argv[6], 'utf8') : '';
	const lines = text.slice(0, text.lastIndexOf('\n') + 1).split('\n').slice(0, -1);
	for (; read < lines.length; read++) owed.push(JSON.parse(lines[read]));
}, 20);

const server = smpp.createServer((session) => {
	session.on('error', () => {});
	session.on('close', () => { if (bound === session) bound = null; });
	session.on('bind_transceiver', (pdu) => {
		if (pdu.password !== password) return session.send(pdu.response({ command_status: smpp.ESME_RBINDFAIL }));
		bound = session;
		session.send(pdu.response());
	});
	session.on('enquire_link', (pdu) => session.send(pdu.response()));
	session.on('unbind', (pdu) => { session.send(pdu.response()); session.close(); });
	session.on('submit_sm', (pdu) => {
		fs.writeSync(log, JSON.stringify({ to: '+' + pdu.destination_addr, body: pdu.short_message.message }) + '\n');
		session.send(pdu.response({ message_id: String(++ids) }));
	});
});
server.listen(0, host, () => process.stdout.write(server.address().port + '\n'));
