'use strict';

const assert = require('assert');
const { Keys } = require('../src/keys');
const { lines } = require('../src/log');
const { makeAdmin } = require('../src/admin');
const { makeRelay } = require('../src/relay');

async function main() {
  const keys = new Keys();
  const admin = makeAdmin(keys);
  const relay = makeRelay(keys, async (owner, body) => {
    if (body === 'down') throw new Error('no answer');
    return `${owner}: ${body}`;
  });
  const key = admin.create('ann');
  assert.deepStrictEqual(await relay({ key, body: 'hi' }), { status: 200, body: 'ann: hi' });
  assert.deepStrictEqual(await relay({ key, body: 'down' }), { status: 502 });
  assert.deepStrictEqual(await relay({ key: 'rk_wrong', body: 'hi' }), { status: 401 });
  assert.strictEqual(admin.revoke(key), true);
  assert.deepStrictEqual(await relay({ key, body: 'hi' }), { status: 401 });
  assert.deepStrictEqual(await relay({ body: 'hi' }), { status: 401 });
  assert.strictEqual(lines.join('\n').includes(key), false);
  console.log('ok');
}

main();
