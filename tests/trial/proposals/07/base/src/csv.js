'use strict';
// CSV as in RFC 4180, for spreadsheets.

function field(value, separator) {
  if (value === null || value === undefined) return '';
  const text = String(value);
  if (text.includes('"') || text.includes(separator) || /[\r\n]/.test(text)) {
    return `"${text.replace(/"/g, '""')}"`;
  }
  return text;
}

function toCsv(rows, separator = ',') {
  return rows
    .map((row) => row.map((value) => field(value, separator)).join(separator) + '\r\n')
    .join('');
}

function fromCsv(text, separator = ',') {
  const rows = [];
  let row = [];
  let value = '';
  let quoted = false;
  let i = 0;
  while (i < text.length) {
    const c = text[i];
    if (quoted) {
      if (c === '"' && text[i + 1] === '"') {
        value += '"';
        i++;
      } else if (c === '"') {
        quoted = false;
      } else {
        value += c;
      }
    } else if (c === '"' && value === '') {
      quoted = true;
    } else if (c === separator) {
      row.push(value);
      value = '';
    } else if (c === '\n' || (c === '\r' && text[i + 1] === '\n')) {
      if (c === '\r') i++;
      row.push(value);
      rows.push(row);
      row = [];
      value = '';
    } else {
      value += c;
    }
    i++;
  }
  if (quoted) throw new Error('a quoted field does not end');
  if (value !== '' || row.length > 0) rows.push([...row, value]);
  return rows;
}

module.exports = { fromCsv, toCsv };
