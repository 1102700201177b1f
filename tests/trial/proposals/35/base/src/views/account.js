'use strict';

const { page } = require('./page');
const texts = require('../texts');

exports.account = (user) =>
  page(texts.accountTitle, [user.name, `[${texts.accountSignOut}]`]);

exports.signIn = (problem) => {
  const rows = [`[${texts.accountSignIn}]`];
  if (problem === 'locked') rows.unshift(texts.accountLocked);
  else if (problem) rows.unshift(texts.accountWrong);
  return page(texts.accountTitle, rows);
};
