'use strict';

const assert = require('assert');
const { Limit } = require('../src/limit');
const { makeServer } = require('../src/server');

let now = 0;
const clock = () => now;

{
  const limit = new Limit(2, clock);
  assert.strictEqual(limit.allows('a'), true);
  assert.strictEqual(limit.allows('a'), true);
  assert.strictEqual(limit.allows('a'), false);
  assert.strictEqual(limit.allows('b'), true);
  now = 60000;
  assert.strictEqual(limit.allows('a'), true);
}

{
  now = 59999;
  const limit = new Limit(1, clock);
  assert.strictEqual(limit.allows('a'), true);
  now = 60000;
  assert.strictEqual(limit.allows('a'), true);
}

{
  now = 0;
  const serve = makeServer(() => 'hi', { perMinute: 1, now: clock });
  assert.deepStrictEqual(serve({ address: 'a' }), { status: 200, headers: {}, body: 'hi' });
  assert.strictEqual(serve({ address: 'a' }).status, 429);
}
console.log('ok');
