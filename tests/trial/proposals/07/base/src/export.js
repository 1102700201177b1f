'use strict';
// The bookings of a month, as a file for the accountant.

const { toCsv } = require('./csv');

const HEADER = ['date', 'account', 'text', 'amount'];

function amount(cents) {
  const sign = cents < 0 ? '-' : '';
  const n = Math.abs(cents);
  return `${sign}${Math.floor(n / 100)}.${String(n % 100).padStart(2, '0')}`;
}

function exportMonth(bookings, month) {
  const rows = bookings
    .filter((b) => b.date.startsWith(`${month}-`))
    .sort((a, b) => (a.date < b.date ? -1 : a.date > b.date ? 1 : a.id - b.id))
    .map((b) => [b.date, b.account, b.text, amount(b.cents)]);
  return toCsv([HEADER, ...rows], ',');
}

module.exports = { amount, exportMonth };
