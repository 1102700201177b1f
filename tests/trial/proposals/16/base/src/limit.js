'use strict';
// So many requests in each whole minute.

class Limit {
  constructor(perMinute, now = Date.now) {
    this.perMinute = perMinute;
    this.now = now;
    this.counts = new Map();
  }

  // May this caller go on?
  allows(caller) {
    const minute = Math.floor(this.now() / 60000);
    const entry = this.counts.get(caller);
    if (!entry || entry.minute !== minute) {
      this.counts.set(caller, { minute, n: 1 });
      return true;
    }
    entry.n++;
    return entry.n <= this.perMinute;
  }
}

module.exports = { Limit };
