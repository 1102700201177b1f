'use strict';
// API keys: "rk_" and 32 characters. Only their hashes are kept.

const crypto = require('crypto');

const hash = (key) => crypto.createHash('sha256').update(key).digest('hex');

class Keys {
  constructor() {
    this.owners = new Map();
  }

  create(owner) {
    const key = `rk_${crypto.randomBytes(24).toString('base64url')}`;
    this.owners.set(hash(key), owner);
    return key;
  }

  owner(key) {
    return this.owners.get(hash(key || '')) || null;
  }

  revoke(key) {
    return this.owners.delete(hash(key));
  }
}

module.exports = { Keys, hash };
