import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))

from sound import fade, level, store, wav

TONE = [0.5, -0.5] * 500


class Test(unittest.TestCase):
    def test_pcm(self):
        self.assertEqual(wav.decode(wav.encode([0, 0.5, -1])), [0, 0.5, -1])

    def test_clipped(self):
        self.assertEqual(wav.encode([2, -2]), wav.encode([32767 / 32768, -1]))

    def test_level(self):
        self.assertAlmostEqual(level.decibel(TONE), -6.0206, places=4)

    def test_fade(self):
        out = fade.fade(TONE, 1000, 100)
        self.assertEqual(out[0], 0)
        self.assertEqual(out[50], TONE[50] / 2)
        self.assertEqual(out[500], 0.5)

    def test_store(self):
        self.assertEqual(store.unpack(store.pack([0.1, -0.3])), [0.1, -0.3])


if __name__ == "__main__":
    unittest.main()
