'use strict';

const { page } = require('./page');
const texts = require('../texts');

exports.sentMail = (order) =>
  page(texts.orderTitle, [`${order.id} ${texts.orderSent}`, texts.helpWrite]);

exports.refundMail = (order) =>
  page(texts.orderTitle, [`${order.id} ${texts.orderRefunded}`, texts.helpWrite]);

exports.lockedMail = (user) =>
  page(texts.accountTitle, [user.name, texts.accountLocked, texts.helpCall]);
