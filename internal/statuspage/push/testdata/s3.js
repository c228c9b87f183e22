// An S3 that takes PUT alone, and checks each signature with npm's aws4: node s3.js LIBRARY FOLDER. It prints its address.
const [library, folder] = process.argv.slice(2);
const http = require('http'), fs = require('fs'), path = require('path'), crypto = require('crypto'), aws4 = require(library);
const secrets = { AKID: 's3cret+/=' };

function refuse(res, status, code) {
  res.writeHead(status, { 'Content-Type': 'application/xml' });
  res.end(`<?xml version="1.0"?><Error><Code>${code}</Code></Error>`);
}

// signed makes the Authorization that the request should have, out of the headers that it says it signed.
function signed(req, body, key, region, names) {
  const headers = {};
  for (const name of names) headers[name] = req.headers[name];
  headers['x-amz-content-sha256'] = req.headers['x-amz-content-sha256'];
  const own = { service: 's3', region, method: req.method, path: req.url, host: req.headers.host, headers, body };
  aws4.sign(own, { accessKeyId: key, secretAccessKey: secrets[key] });
  return own.headers.Authorization;
}

http.createServer((req, res) => {
  const chunks = [];
  req.on('data', c => chunks.push(c));
  req.on('end', () => {
    const body = Buffer.concat(chunks);
    const m = /^AWS4-HMAC-SHA256 Credential=([^/]+)\/\d{8}\/([^/]+)\/s3\/aws4_request, ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/.exec(req.headers.authorization || '');
    if (req.method !== 'PUT') return refuse(res, 405, 'MethodNotAllowed');
    if (!m || !secrets[m[1]]) return refuse(res, 403, 'AccessDenied');
    if (crypto.createHash('sha256').update(body).digest('hex') !== req.headers['x-amz-content-sha256']) return refuse(res, 400, 'XAmzContentSHA256Mismatch');
    const names = m[3].split(';');
    const missing = Object.keys(req.headers).filter(h => (h.startsWith('x-amz-') || h === 'host' || h === 'content-type') && !names.includes(h));
    const want = /Signature=([0-9a-f]{64})/.exec(signed(req, body, m[1], m[2], names));
    if (missing.length || !want || want[1] !== m[4]) return refuse(res, 403, 'SignatureDoesNotMatch');
    const file = path.join(folder, path.normalize(decodeURIComponent(new URL(req.url, 'http://x').pathname)));
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, body);
    fs.writeFileSync(file + '.headers', JSON.stringify(req.headers));
    res.writeHead(200, { ETag: '"' + crypto.createHash('md5').update(body).digest('hex') + '"' });
    res.end();
  });
}).listen(0, '127.0.0.1', function () { console.log(`http://127.0.0.1:${this.address().port}`); });
