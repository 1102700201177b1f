'use strict';

const assert = require('assert');
const { amount, exportMonth } = require('../src/export');

assert.strictEqual(amount(0), '0.00');
assert.strictEqual(amount(-5), '-0.05');
assert.strictEqual(amount(123456), '1234.56');

const bookings = [
  { id: 3, date: '2026-03-02', account: 4400, text: 'paper, ink', cents: 1999 },
  { id: 2, date: '2026-03-01', account: 1200, text: 'cash', cents: -5000 },
  { id: 1, date: '2026-02-28', account: 1200, text: 'cash', cents: 100 },
];
assert.strictEqual(exportMonth(bookings, '2026-03'),
  'date,account,text,amount\r\n' +
  '2026-03-01,1200,cash,-50.00\r\n' +
  '2026-03-02,4400,"paper, ink",19.99\r\n');

console.log('export: ok');
