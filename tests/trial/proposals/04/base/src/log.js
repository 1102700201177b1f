'use strict';

const LEVELS = ['error', 'warn', 'info', 'debug'];
const level = LEVELS.indexOf(process.env.THUMBS_LOG || 'info');

function log(kind, text) {
  if (LEVELS.indexOf(kind) <= level) {
    process.stderr.write(`${new Date().toISOString()} ${kind} ${text}\n`);
  }
}

module.exports = { log };
