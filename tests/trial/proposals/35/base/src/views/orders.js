'use strict';

const { page } = require('./page');
const texts = require('../texts');

const state = (order) => {
  if (order.refunded) return texts.orderRefunded;
  if (order.returned) return texts.orderReturned;
  if (order.sent) return texts.orderSent;
  if (order.paid) return texts.orderPaid;
  return texts.orderPlaced;
};

exports.orders = (orders) =>
  page(texts.orderTitle, orders.map((order) => `${order.id} ${state(order)}`));
