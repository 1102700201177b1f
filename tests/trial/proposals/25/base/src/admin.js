'use strict';

const { log } = require('./log');

function makeAdmin(keys) {
  return {
    create(owner) {
      log('info', `a key for ${owner}`);
      return keys.create(owner);
    },
    revoke(key) {
      return keys.revoke(key);
    },
  };
}

module.exports = { makeAdmin };
