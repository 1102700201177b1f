'use strict';
// Thumbnails in memory, the least recently used go first.

const MAX_BYTES = (parseInt(process.env.THUMBS_CACHE_MB, 10) || 64) * 1024 * 1024;
const TTL_MS = (parseInt(process.env.THUMBS_TTL, 10) || 300) * 1000;

class Cache {
  constructor(now = Date.now) {
    this.now = now;
    this.entries = new Map();
    this.bytes = 0;
  }

  get(key) {
    const entry = this.entries.get(key);
    if (!entry) return undefined;
    if (entry.at + TTL_MS <= this.now()) {
      this.drop(key);
      return undefined;
    }
    this.entries.delete(key);
    this.entries.set(key, entry);
    return entry.data;
  }

  put(key, data) {
    if (data.length > MAX_BYTES) return;
    this.drop(key);
    this.entries.set(key, { data, at: this.now() });
    this.bytes += data.length;
    while (this.bytes > MAX_BYTES) this.drop(this.entries.keys().next().value);
  }

  drop(key) {
    const entry = this.entries.get(key);
    if (!entry) return;
    this.entries.delete(key);
    this.bytes -= entry.data.length;
  }
}

module.exports = { Cache };
