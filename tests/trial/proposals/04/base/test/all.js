'use strict';

process.env.THUMBS_KEY = 'a key for tests';
process.env.THUMBS_WORKERS = '2';
process.env.THUMBS_LOG = 'error';

const assert = require('assert');
const { Cache } = require('../src/cache');
const { Pool } = require('../src/worker');
const { normalize } = require('../src/sizes');
const { sign, verify } = require('../src/sign');
const { makeHandler } = require('../src/handler');

async function main() {
  assert.strictEqual(normalize('100'), 112);
  assert.strictEqual(normalize('1024'), 1024);
  assert.strictEqual(normalize('1025'), null);
  assert.strictEqual(normalize('0'), null);

  const signature = sign('/a/100').split('?s=')[1];
  assert(verify('/a/100', signature));
  assert(!verify('/a/200', signature));
  assert(!verify('/a/100', null));

  let now = 0;
  const cache = new Cache(() => now);
  cache.put('a', Buffer.alloc(10));
  now = 299999;
  assert(cache.get('a'));
  now = 300000;
  assert(!cache.get('a'));

  let most = 0;
  let running = 0;
  const pool = new Pool(async () => {
    most = Math.max(most, ++running);
    await new Promise(setImmediate);
    running--;
  });
  await Promise.all([1, 2, 3, 4, 5].map((n) => pool.run(n)));
  assert.strictEqual(most, 2);

  let scaled = 0;
  const handle = makeHandler(async ({ size }) => { scaled++; return Buffer.alloc(size); });
  assert.strictEqual((await handle('/cat/100')).status, 403);
  assert.strictEqual((await handle(sign('/cat/100'))).data.length, 112);
  assert.strictEqual((await handle(sign('/cat/101'))).status, 200);
  assert.strictEqual(scaled, 1);
  assert.strictEqual((await handle('/cat/9999')).status, 404);
  console.log('ok');
}

main().catch((e) => { console.error(e); process.exit(1); });
