// Two SMSCs that outlive wissel, on the server side of npm smpp. Each text that one takes is a line of JSON in the log, written before
// it is answered; every CUTth connection dies between a text and its answer. Receipts come in any order, carry the reference of
// the submit, and are kept for who is not bound. usage: node texts.js NODE_MODULES PASSWORD LOG CUT HOST; it prints its two ports.
'use strict';
const fs = require('fs');
const smsc = require('./smsc.js');
const [password, logFile, cut, host] = [process.argv[3], process.argv[4], Number(process.argv[5]), process.argv[6]];
const log = fs.openSync(logFile, 'a');

let taken = 0;
let seed = 20;
const chance = () => { seed = (seed * 48271) % 2147483647; return seed / 2147483647; };

function open(name) {
	let ids = 0;
	const owed = []; // receipts that were not confirmed

	function tell() {
		const session = account.bound();
		if (!session || owed.length === 0) return;
		const some = owed.splice(0, 20);
		for (const r of some) {
			const back = () => { if (!r.done) { r.done = true; owed.push(r); } };
			r.done = false;
			session.deliver_sm({
				source_addr_ton: 1, source_addr_npi: 1, source_addr: r.to, destination_addr: 'Wissel', esm_class: 0x04, user_message_reference: r.ref,
				short_message: `id:${r.id} sub:001 dlvrd:001 submit date:2611300900 done date:2611300901 stat:DELIVRD err:000 text:`,
			}, (pdu) => { if (pdu.command_status !== 0) { back(); } else { r.done = true; } });
			session.once('close', back);
		}
	}
	setInterval(tell, 20);

	const account = smsc.open(password, host, {
		submit(session, pdu) {
			const id = name + (++ids).toString(16);
			const to = pdu.destination_addr;
			fs.writeSync(log, JSON.stringify({ smsc: name, id, to: '+' + to, body: pdu.short_message.message, at: Date.now() }) + '\n');
			setTimeout(() => owed.splice(Math.floor(chance() * owed.length), 0, { id, to, ref: pdu.user_message_reference }), 50 + chance() * 500);
			if (++taken % cut === 0) return session.destroy();
			setTimeout(() => session.send(pdu.response({ message_id: id })), chance() * 30);
		},
	});
	return account.port;
}

Promise.all([open('a'), open('b')]).then((ports) => process.stdout.write(JSON.stringify(ports) + '\n'));
