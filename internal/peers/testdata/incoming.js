// An SMSC that brings texts to wissel, on the server side of npm smpp. Each line of a file that grows is one: {from, to, body}. It is
// delivered until wissel says that it has it, over whatever connection there is by then; then a line "kept N" is printed. Each text
// that wissel sends is a line of JSON in the log. usage: node incoming.js NODE_MODULES PASSWORD LOG HOST TEXTS; it prints its port first.
'use strict';
const fs = require('fs');
const smsc = require('./smsc.js');
const [password, logFile, host] = [process.argv[3], process.argv[4], process.argv[5]];
const log = fs.openSync(logFile, 'a');
const owed = [];
let ids = 0;
let kept = 0;

function bring() {
	const session = account.bound();
	if (!session || owed.length === 0) return;
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

const account = smsc.open(password, host, {
	submit(session, pdu) {
		fs.writeSync(log, JSON.stringify({ to: '+' + pdu.destination_addr, body: pdu.short_message.message }) + '\n');
		session.send(pdu.response({ message_id: String(++ids) }));
	},
});
account.port.then((port) => process.stdout.write(port + '\n'));
