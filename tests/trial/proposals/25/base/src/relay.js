'use strict';

const { log } = require('./log');

function makeRelay(keys, send) {
  return async function relay(request) {
    const owner = keys.owner(request.key);
    if (!owner) {
      log('warn', 'refused a key');
      return { status: 401 };
    }
    try {
      return { status: 200, body: await send(owner, request.body) };
    } catch (e) {
      log('error', e.message);
      return { status: 502 };
    }
  };
}

module.exports = { makeRelay };
