import json
import os
import subprocess
import sys
import tempfile
import unittest

HOOKS = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'checks')
KEY = 'AKIA' + 16 * 'Q'


class Hook(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.staged = folder.name

    def put(self, name, data):
        path = os.path.join(self.staged, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, 'wb') as f:
            f.write(data if isinstance(data, bytes) else data.encode())
        return {'path': name}

    def run_hook(self, name, *args, files):
        event = {'event': 'before_apply', 'staged': self.staged,
                 'files': list(files)}
        p = subprocess.run(
            [sys.executable, os.path.join(HOOKS, name), *args],
            cwd=self.staged, input=json.dumps(event).encode(),
            stdout=subprocess.PIPE, check=True)
        return json.loads(p.stdout)


class Secrets(Hook):
    def test_clean(self):
        a = self.run_hook('secrets', files=[self.put('a.py', 'x = 1\n')])
        self.assertNotIn('decision', a)
        self.assertEqual(a['findings'], [])

    def test_key(self):
        a = self.run_hook('secrets', files=[
            self.put('a.py', 'x = 1\nkey = "%s"\n' % KEY)])
        self.assertEqual(a['decision'], 'deny')
        self.assertEqual([(f['file'], f['line'], f['rule'])
                          for f in a['findings']], [('a.py', 2, 'aws-key')])
        self.assertNotIn(KEY, json.dumps(a))

    def test_deleted(self):
        a = self.run_hook('secrets', files=[{'path': 'gone.py'}])
        self.assertEqual(a['findings'], [])


class Licences(Hook):
    def package(self, name, licence):
        self.put('node_modules/%s/package.json' % name,
                 json.dumps({'name': name, 'license': licence}))

    def test_allowed(self):
        self.package('left', 'MIT')
        a = self.run_hook('licences', 'MIT', files=[self.put(
            'package.json', '{"dependencies": {"left": "^1.0.0"}}')])
        self.assertEqual(a['findings'], [])

    def test_not_allowed(self):
        self.package('left', 'GPL-3.0')
        a = self.run_hook('licences', 'MIT', files=[self.put(
            'package.json', '{\n"dependencies": {\n"left": "^1.0.0"}}')])
        self.assertEqual(a['decision'], 'deny')
        self.assertEqual(a['findings'][0]['line'], 3)


if __name__ == '__main__':
    unittest.main()
