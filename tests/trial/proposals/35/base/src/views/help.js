'use strict';

const { page } = require('./page');
const texts = require('../texts');

exports.help = (open) =>
  page(texts.helpTitle, [
    open ? texts.helpCall : texts.helpHours,
    texts.helpWrite,
  ]);
