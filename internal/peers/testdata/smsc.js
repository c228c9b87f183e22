// One account at an SMSC, on the server side of npm smpp: who knows the password is bound, one at a time. on has submit(session, pdu),
// for each text; bound() is the session that is bound, or null.
'use strict';
const path = require('path');
const smpp = require(path.join(process.argv[2], 'smpp'));

exports.open = (password, host, on) => {
	let bound = null;
	const server = smpp.createServer((session) => {
		session.setMaxListeners(0);
		session.on('error', () => {});
		session.on('close', () => { if (bound === session) bound = null; });
		session.on('bind_transceiver', (pdu) => {
			if (pdu.password !== password) return session.send(pdu.response({ command_status: smpp.ESME_RBINDFAIL }));
			bound = session;
			session.send(pdu.response());
		});
		session.on('enquire_link', (pdu) => session.send(pdu.response()));
		session.on('unbind', (pdu) => { session.send(pdu.response()); session.close(); });
		session.on('submit_sm', (pdu) => on.submit(session, pdu));
	});
	const port = new Promise((done) => server.listen(0, host, () => done(server.address().port)));
	return { port, bound: () => bound };
};
