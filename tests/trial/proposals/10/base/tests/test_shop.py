import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                '..'))

from shop.bookings import entries
from shop.invoice import Invoice
from shop.money import percent, show


class Money(unittest.TestCase):
    def test_percent(self):
        self.assertEqual(percent(1000, 1900), 190)
        self.assertEqual(percent(1999, 700), 140)
        self.assertEqual(percent(50, 1900), 10)     # 9.5
        self.assertEqual(percent(350, 700), 24)     # 24.5
        self.assertEqual(percent(-50, 1900), -10)   # -9.5

    def test_show(self):
        self.assertEqual(show(5), '0.05')
        self.assertEqual(show(-123456), '-1234.56')


class Invoices(unittest.TestCase):
    def test_one_line(self):
        i = Invoice('7', 'Ann').add('paper', 499, 3)
        self.assertEqual(i.net(), 1497)
        self.assertEqual(i.total(), 1497 + 284)

    def test_taxes_by_line(self):
        i = Invoice('8', 'Ann')
        for _ in range(3):
            i.add('stamp', 50)
        i.add('book', 350, rate='reduced')
        self.assertEqual(i.taxes(), {'normal': 30, 'reduced': 24})
        self.assertEqual(i.total(), 500 + 54)

    def test_discount(self):
        i = Invoice('9', 'Ann', discount=300).add('desk', 49999)
        self.assertEqual(i.reduction(), 0)
        i.add('pen', 1)
        self.assertEqual(i.reduction(), 1500)
        self.assertEqual(i.taxes(), {'normal': 9215})

    def test_text(self):
        i = Invoice('7', 'Ann').add('paper', 499, 3)
        self.assertIn('    total                     17.81\n', i.text())

    def test_entries(self):
        i = Invoice('9', 'Ann', discount=300)
        i.add('desk', 49999).add('book', 1999, rate='reduced')
        self.assertEqual(entries(i), [
            (1400, 59789), (8400, -48499), (8300, -1939), (1776, -9215),
            (1771, -136)])

    def test_wrong(self):
        self.assertRaises(ValueError, Invoice('1', 'Ann').add, 'x', 1, 0)
        self.assertRaises(ValueError, Invoice('1', 'Ann').add, 'x', 1, 1, 'no')


if __name__ == '__main__':
    unittest.main()
