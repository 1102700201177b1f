'use strict';
// URLs are signed, so that nobody can ask for every size of every picture.

const crypto = require('crypto');

function digest(path) {
  const key = process.env.THUMBS_KEY;
  if (!key) throw new Error('THUMBS_KEY is not set');
  return crypto.createHmac('sha256', key).update(path).digest('base64url').slice(0, 22);
}

function sign(path) {
  return `${path}?s=${digest(path)}`;
}

function verify(path, signature) {
  const want = Buffer.from(digest(path));
  const got = Buffer.from(String(signature));
  return got.length === want.length && crypto.timingSafeEqual(got, want);
}

module.exports = { sign, verify };
