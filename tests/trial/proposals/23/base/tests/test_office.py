import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))

from office import badges, desks, keys, people, reports, rooms
from office.store import store


class Test(unittest.TestCase):
    def setUp(self):
        store.clear()
        people.add("ann", desk="d1")
        badges.issue("b7", person="ann")

    def test_badge(self):
        self.assertEqual(reports.person_of("b7")["name"], "ann")
        with self.assertRaisesRegex(KeyError, "no badge b8"):
            reports.person_of("b8")

    def test_person_is_gone(self):
        people.remove("ann")
        with self.assertRaisesRegex(KeyError, "no person ann"):
            reports.person_of("b7")

    def test_desk(self):
        self.assertIsNone(reports.desk_of("ann"))
        desks.add("d1")
        self.assertEqual(reports.desk_of("ann")["label"], "d1")
        self.assertIsNone(reports.desk_of("bob"))

    def test_room(self):
        rooms.add(12)
        rooms.close(12)
        self.assertFalse(reports.is_open(12))
        rooms.open_again(12)
        self.assertTrue(reports.is_open(12))

    def test_key_turns_up(self):
        self.assertEqual(keys.take_back("k1"), {"state": "take_back"})


if __name__ == "__main__":
    unittest.main()
