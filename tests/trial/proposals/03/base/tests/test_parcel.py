import io
import os
import sys
import unittest
from datetime import timedelta

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                '..'))

from parcel.audit import Audit
from parcel.jobs import Jobs
from parcel.login import Login
from parcel.orders import Orders
from parcel.report import day
from parcel.tokens import Tokens


class Parcel(unittest.TestCase):
    def test_sign_in(self):
        login = Login(lambda name, password: password == 'right')
        self.assertTrue(login.sign_in('ann', 'right'))
        self.assertEqual(login.idle(timedelta(days=1)), [])

    def test_locked(self):
        login = Login(lambda name, password: password == 'right')
        for _ in range(5):
            self.assertFalse(login.sign_in('ann', 'wrong'))
        self.assertFalse(login.sign_in('ann', 'right'))

    def test_token_works_once(self):
        tokens = Tokens()
        token = tokens.issue('reset', 'ann')
        self.assertIsNone(tokens.use('invite', token))
        self.assertEqual(tokens.use('reset', token), 'ann')
        self.assertIsNone(tokens.use('reset', token))

    def test_order(self):
        orders = Orders()
        orders.place(1, ['box'])
        orders.move(1, 'sent')
        self.assertRaises(ValueError, orders.move, 1, 'packed')
        self.assertEqual(orders.late(), [])
        self.assertEqual(day(orders, ago=0)['sent'], 1)

    def test_audit(self):
        out = io.StringIO()
        Audit(out).note('ann', 'cancel', order=7)
        self.assertRegex(out.getvalue(), r'^\S+Z ann cancel order=7\n$')

    def test_jobs(self):
        jobs = Jobs()
        jobs.every(5, 'a', lambda: None)
        self.assertEqual(jobs.tick(), [])


if __name__ == '__main__':
    unittest.main()
