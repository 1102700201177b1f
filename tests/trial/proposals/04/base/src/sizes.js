'use strict';
// Which sizes may be asked for.

const MAX = parseInt(process.env.THUMBS_MAX_SIZE, 10) || 1024;
const STEP = 16;

// A size is rounded up, so that there are few of them.
function normalize(text) {
  if (!/^[0-9]{1,5}$/.test(text)) return null;
  const size = Math.ceil(Number(text) / STEP) * STEP;
  return size === 0 || size > MAX ? null : size;
}

module.exports = { normalize };
