'use strict';

const { page } = require('./page');
const texts = require('../texts');

exports.cart = (cart) => {
  if (cart.length === 0) return page(texts.cartTitle, [texts.cartEmpty]);
  const rows = cart.map((item) => `${item.name} ${item.price} [${texts.cartRemove}]`);
  const sum = cart.reduce((all, item) => all + item.price, 0);
  rows.push(`${texts.cartTotal} ${sum}`);
  rows.push(`[${texts.cartCheckout}]`);
  return page(texts.cartTitle, rows);
};

exports.product = (product) =>
  page(product.name, [`${product.price} [${texts.cartAdd}]`]);
