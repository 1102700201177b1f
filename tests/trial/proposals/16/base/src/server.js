'use strict';

const { Limit } = require('./limit');

function makeServer(answer, options = {}) {
  const limit = new Limit(options.perMinute || 60, options.now);

  return (request) => {
    if (!limit.allows(request.address)) return { status: 429, headers: {} };
    return { status: 200, headers: {}, body: answer(request) };
  };
}

module.exports = { makeServer };
