'use strict';

const assert = require('assert');
const { cart, product } = require('../src/views/cart');
const { orders } = require('../src/views/orders');
const { account, signIn } = require('../src/views/account');
const { search } = require('../src/views/search');
const { help } = require('../src/views/help');
const { sentMail, lockedMail } = require('../src/views/mail');

assert.strictEqual(cart([]), '# Your cart\nNothing in it yet');
assert.strictEqual(cart([{ name: 'pen', price: 2 }]),
  '# Your cart\npen 2 [Remove]\nTotal 2\n[Check out]');
assert.strictEqual(product({ name: 'pen', price: 2 }), '# pen\n2 [Add]');
assert.strictEqual(orders([{ id: 1 }, { id: 2, paid: true }, { id: 3, paid: true, sent: true }]),
  '# Your orders\n1 Placed\n2 Paid\n3 On its way');
assert.strictEqual(account({ name: 'ann' }), '# Your account\nann\n[Sign out]');
assert.strictEqual(signIn('wrong'), '# Your account\nWrong name or password\n[Sign in]');
assert.strictEqual(search([]), '# Search\nNothing found');
assert.strictEqual(search(['a'], true), '# Search\na\n[More]');
assert.strictEqual(help(true), '# Help\nCall us\nWrite to us');
assert.match(sentMail({ id: 7 }), /7 On its way/);
assert.match(lockedMail({ name: 'ann' }), /Locked; write to us/);
console.log('ok');
