'use strict';

const { page } = require('./page');
const texts = require('../texts');

exports.search = (found, more) => {
  if (found.length === 0) return page(texts.searchTitle, [texts.searchNone]);
  return page(texts.searchTitle, more ? [...found, `[${texts.searchMore}]`] : found);
};
