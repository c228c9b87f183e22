// An SMSC that misbehaves on command, on the server side of npm smpp. Commands come as lines of JSON on stdin, what happens
// goes out as lines of JSON on stdout. usage: node smsc.js FOLDER-OF-node_modules PASSWORD [KEY CERTIFICATE]
'use strict';
const fs = require('fs');
const path = require('path');
const smpp = require(path.join(process.argv[2], 'node_modules', 'smpp'));

const password = process.argv[3];
const options = process.argv[4] ? { key: fs.readFileSync(process.argv[4]), cert: fs.readFileSync(process.argv[5]) } : {};
const tell = (o) => process.stdout.write(JSON.stringify(o) + '\n');

let manner = 'well';
let ids = 0;
let held = [];
const sessions = new Set();

const plain = (ton, addr) => (ton === 1 ? '+' : '') + addr;

function receipt(session, id, delivered, done) {
	session.deliver_sm({
		source_addr_ton: 1, source_addr_npi: 1, source_addr: '31611111111', destination_addr: 'Wissel', esm_class: 0x04,
		short_message: `id:${id} sub:001 dlvrd:001 submit date:2603290030 done date:2603290031 stat:${delivered ? 'DELIVRD' : 'UNDELIV'} err:${delivered ? '000' : '001'} text:Er is een`,
	}, done);
}

function submit(session, pdu) {
	const refuse = { throttle: smpp.ESME_RTHROTTLED, 'bad-number': smpp.ESME_RINVDSTADR, 'bad-account': smpp.ESME_RINVSRCADR }[manner];
	if (refuse !== undefined) return session.send(pdu.response({ command_status: refuse }));
	if (manner === 'cut-before') return session.destroy();
	const id = 'm' + (++ids).toString(16);
	const message = pdu.short_message;
	tell({
		event: 'taken', id, from: plain(pdu.source_addr_ton, pdu.source_addr), to: plain(pdu.dest_addr_ton, pdu.destination_addr),
		body: message.message, udh: (message.udh || []).map((b) => b.toString('hex')), coding: pdu.data_coding,
		valid: pdu.validity_period, receipts: pdu.registered_delivery,
	});
	const answer = () => session.send(pdu.response({ message_id: id }));
	switch (manner) {
	case 'slow': return setTimeout(answer, 300);
	case 'hold': return held.push(answer);
	case 'cut-after': return session.destroy();
	case 'twice': answer(); return answer();
	case 'receipt-first': return receipt(session, id, true, answer);
	case 'garbage': return session.socket.write(Buffer.from('ffffffffffffffffffffffffffffffff', 'hex'));
	default: answer();
	}
}

const server = smpp.createServer(options, (session) => {
	sessions.add(session);
	session.on('close', () => sessions.delete(session));
	session.on('error', () => {});
	session.on('bind_transceiver', (pdu) => {
		const good = pdu.system_id === 'wissel' && pdu.password === password;
		tell({ event: 'bind', good });
		if (manner === 'no-bind') return;
		session.bound = good;
		session.send(pdu.response(good ? {} : { command_status: smpp.ESME_RBINDFAIL }));
	});
	session.on('submit_sm', (pdu) => submit(session, pdu));
	session.on('enquire_link', (pdu) => {
		tell({ event: 'enquire' });
		if (manner !== 'mute') session.send(pdu.response());
	});
	session.on('unbind', (pdu) => {
		tell({ event: 'unbind' });
		session.send(pdu.response());
		session.close();
	});
});
let port = 0;
server.listen(0, '127.0.0.1', () => { port = server.address().port; tell({ event: 'listening', port }); });

const bound = () => [...sessions].filter((s) => s.bound).pop();

function command(c) {
	const confirmed = (pdu) => tell({ event: 'done', n: c.n, ok: pdu.command_status === 0 });
	switch (c.do) {
	case 'behave': manner = c.manner; break;
	case 'release': held.splice(0).forEach((answer) => answer()); break;
	case 'cut': sessions.forEach((s) => s.destroy()); break;
	case 'down':
		server.close(() => tell({ event: 'done', n: c.n, ok: true }));
		return sessions.forEach((s) => s.destroy());
	case 'up': return server.listen(port, '127.0.0.1', () => tell({ event: 'done', n: c.n, ok: true }));
	case 'receipt': return receipt(bound(), c.id, c.delivered, confirmed);
	case 'incoming': return bound().deliver_sm({
		source_addr_ton: 1, source_addr_npi: 1, source_addr: c.from.slice(1), dest_addr_ton: 1, dest_addr_npi: 1,
		destination_addr: c.to.slice(1), short_message: c.body,
	}, confirmed);
	}
	tell({ event: 'done', n: c.n, ok: true });
}

let rest = '';
process.stdin.on('data', (d) => {
	const lines = (rest + d).split('\n');
	rest = lines.pop();
	lines.forEach((l) => command(JSON.parse(l)));
});
process.stdin.on('end', () => process.exit(0));
