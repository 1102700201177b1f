'use strict';
// Pictures are scaled by workers, so many at a time.

const os = require('os');

const WORKERS = parseInt(process.env.THUMBS_WORKERS, 10) || os.cpus().length;

function flag(name) {
  const value = (process.env[name] || '').toLowerCase();
  return value === '1' || value === 'yes' || value === 'true';
}

class Pool {
  constructor(scale) {
    this.scale = scale;
    this.running = 0;
    this.waiting = [];
  }

  run(job) {
    return new Promise((resolve, reject) => {
      this.waiting.push({ job, resolve, reject });
      this.next();
    });
  }

  next() {
    while (this.running < WORKERS && this.waiting.length > 0) {
      // With THUMBS_LIFO a busy server answers those that still wait.
      const entry = flag('THUMBS_LIFO') ? this.waiting.pop() : this.waiting.shift();
      this.running++;
      this.scale(entry.job).then(entry.resolve, entry.reject).finally(() => {
        this.running--;
        this.next();
      });
    }
  }
}

module.exports = { Pool };
