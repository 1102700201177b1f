'use strict';

const assert = require('assert');
const { fromCsv, toCsv } = require('../src/csv');

// Plain fields.
assert.strictEqual(toCsv([]), '');
assert.strictEqual(toCsv([['a', 1, null]]), 'a,1,\r\n');
assert.strictEqual(toCsv([['a', 'b']], ';'), 'a;b\r\n');

// A field with a separator, a quote or a line end is quoted.
assert.strictEqual(toCsv([['a,b', 'c']], ','), '"a,b",c\r\n');
assert.strictEqual(toCsv([['a,b', 'c']], ';'), 'a,b;c\r\n');
assert.strictEqual(toCsv([['a;b', 'c']], ';'), '"a;b";c\r\n');
assert.strictEqual(toCsv([['say "no"', 'c']], ';'), '"say ""no""";c\r\n');
assert.strictEqual(toCsv([['two\nlines']], ';'), '"two\nlines"\r\n');

// Read again, it is the same.
assert.deepStrictEqual(fromCsv('a;b\r\nc;d', ';'), [['a', 'b'], ['c', 'd']]);
assert.deepStrictEqual(fromCsv('"a ""b""",\n', ','), [['a "b"', '']]);
const rows = [['x', 'y;z'], ['', 'u\r\nv']];
assert.deepStrictEqual(fromCsv(toCsv(rows, ';'), ';'), rows);
assert.throws(() => fromCsv('"a', ','), /does not end/);

console.log('csv: ok');
