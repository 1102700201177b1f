'use strict';

const lines = [];

function log(level, text) {
  lines.push(`${level} ${text}`);
}

module.exports = { log, lines };
