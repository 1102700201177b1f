'use strict';
// GET /PICTURE/SIZE?s=SIGNATURE

const { Cache } = require('./cache');
const { Pool } = require('./worker');
const { log } = require('./log');
const { normalize } = require('./sizes');
const { verify } = require('./sign');

const PREFIX = process.env.THUMBS_PREFIX || '/';

function makeHandler(scale) {
  const cache = new Cache();
  const pool = new Pool(scale);

  return async function handle(url) {
    const { pathname, searchParams } = new URL(url, 'http://localhost');
    if (!pathname.startsWith(PREFIX)) return { status: 404 };
    const [picture, text, ...more] = pathname.slice(PREFIX.length).split('/');
    const size = normalize(text || '');
    if (!picture || more.length > 0 || size === null) return { status: 404 };
    if (!verify(pathname, searchParams.get('s'))) return { status: 403 };
    const key = `${picture}/${size}`;
    let data = cache.get(key);
    if (!data) {
      try {
        data = await pool.run({ picture, size });
      } catch (e) {
        log('error', `${key}: ${e.message}`);
        return { status: 502 };
      }
      cache.put(key, data);
    }
    return { status: 200, data };
  };
}

module.exports = { makeHandler };
