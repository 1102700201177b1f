#!/usr/bin/env python3
"""The schemas: they take the fixtures, refuse what is wrong, and the manual
names each type and member of them (TAP)."""
import copy
import glob
import json
import os
import re
import subprocess
import sys
import tempfile

from tap import check, plan

SRC = os.environ.get('srcdir') or os.path.join(os.path.dirname(
    os.path.abspath(__file__)), '..', '..')
sys.path.insert(0, os.path.join(SRC, 'tests', 'e2e'))
import schema  # noqa: E402

FIXTURES = os.path.join(SRC, 'tests', 'fixtures', 'journal')


def temporary(text, function):
    with tempfile.NamedTemporaryFile(suffix='.jsonl') as f:
        f.write(text)
        f.flush()
        return function(f.name)


def demo_lines():
    with open(os.path.join(FIXTURES, 'demo.jsonl'), 'rb') as f:
        return f.read().splitlines(keepends=True)


def fixtures():
    paths = sorted(glob.glob(os.path.join(FIXTURES, '*.jsonl')))
    if not paths:
        return ['there are no fixtures']
    return [w for p in paths for w in schema.check_journal(p)]


def damage():
    """Each flipped byte and each lost line is found."""
    lines = demo_lines()
    out = []
    for n in range(0, len(lines), 7):
        bad = list(lines)
        bad[n] = bad[n].replace(b'"type":"', b'"type":"x', 1)
        if not temporary(b''.join(bad), schema.check_journal):
            out.append('changed line %d passes' % (n + 1))
        if n + 1 < len(lines) and not temporary(
                b''.join(lines[:n] + lines[n + 1:]), schema.check_journal):
            out.append('journal without line %d passes' % (n + 1))
    if not temporary(b''.join(lines)[:-1], schema.check_journal):
        out.append('torn journal passes')
    if not temporary(b'{"seq":1,"seq":1}\n', schema.check_journal):
        out.append('twin members pass')
    return out


# Type of line, path to a member, a value that must be refused (or DEL).
DEL = object()
WRONG = [
    ('session_start', ('root',), DEL),
    ('session_start', ('mode',), 'daemon'),
    ('session_start', ('prompts', 'system'), 'x'),
    ('session_start', ('t',), '2026-11-20 08:32:06'),
    ('user_message', ('text',), None),
    ('user_message', ('by',), 'nobody'),
    ('assistant_message', ('stop',), 'because'),
    ('assistant_message', ('usage', 'input'), -1),
    ('tool_call', ('title',), DEL),
    ('tool_result', ('ok',), 1),
    ('plan', ('steps', 0, 'title'), 7),
    ('proposal', ('final',), 'yes'),
    ('proposal', ('files', 0, 'after', 'mode'), 0o100666),
    ('proposal', ('files', 0, 'after', 'hash'), 'abc'),
    ('proposal', ('files', 0, 'hunks'), []),
    ('proposal', ('files', 0, 'hunks', 0, 'text'), DEL),
    ('draft', ('mark',), 'maybe'),
    ('decision', ('files', 0, 'hunks', 0, 'seen'), DEL),
    ('apply_begin', ('ops', 0, 'op'), 'chmod'),
    ('apply_begin', ('ops', 0, 'path'), DEL),
    ('applied', ('tx',), True),
    ('evidence', ('check_by',), 'core'),
    ('agent_end', ('exit',), 7),
    ('agent_end', ('tokens', 'in'), '12'),
]


def wrong_values():
    events = {}
    for line in demo_lines():
        e = json.loads(line)
        events.setdefault(e['type'], e)
    s, out = schema.load('journal'), []
    for type_, path, value in WRONG:
        event = copy.deepcopy(events[type_])
        at = event
        for key in path[:-1]:
            at = at[key]
        if value is DEL:
            del at[path[-1]]
        else:
            at[path[-1]] = value
        if s.is_valid(s.root, event):
            out.append('%s %r = %r passes' % (type_, path, value))
    return out


COMMANDS = [
    (True, {'type': 'hello', 'version': '0.1.0', 'client': 'tty', 'from': 1}),
    (True, {'type': 'start', 'root': '/p', 'cwd': '/p', 'mode': 'try',
            'state_dir': '/s', 'model': None, 'command': ['make']}),
    (True, {'type': 'hello', 'version': '0.1.0', 'lines': 'cut'}),
    (False, {'type': 'hello', 'version': '0.1.0', 'lines': 'torn'}),
    (True, {'type': 'say', 'text': 'hi'}),
    (True, {'type': 'clean'}),
    (True, {'type': 'run', 'command': 'ls'}),
    (False, {'type': 'run', 'command': ''}),
    (False, {'type': 'run'}),
    (True, {'type': 'mark', 'proposal': 3, 'version': 1,
            'hunk': '0123456789abcdef', 'mark': 'no', 'seen': True,
            'word': 'why'}),
    (False, {'type': 'mark', 'proposal': 3, 'version': 1, 'mark': 'yes',
             'hunk': '0123456789abcdef', 'seen': True, 'overwrite': 1}),
    (True, {'type': 'decide', 'proposal': 3, 'version': 1, 'marks': [
        {'hunk': '0123456789abcdef', 'mark': 'yes', 'seen': False,
         'overwrite': True}]}),
    (False, {'type': 'decide', 'proposal': 3, 'version': 1, 'marks': [
        {'hunk': '0123456789abcdef', 'mark': 'edited', 'seen': False}]}),
    (True, {'type': 'comment', 'proposal': 3,
            'hunk': '0123456789abcdef', 'line': 2, 'text': 'shorter'}),
    (True, {'type': 'around', 'proposal': 3,
            'hunk': '0123456789abcdef', 'lines': 10}),
    (True, {'type': 'colours', 'proposal': 3, 'hunk': '0123456789abcdef',
            'side': 'after', 'from': 1, 'lines': 60}),
    (False, {'type': 'colours', 'proposal': 3, 'hunk': '0123456789abcdef',
             'side': 'both', 'from': 1, 'lines': 60}),
    (True, {'type': 'code', 'id': 'x', 'language': 'c++', 'text': 'int'}),
    (False, {'type': 'code', 'id': 'x', 'language': '/etc', 'text': 'x'}),
    (True, {'type': 'file', 'proposal': 3, 'hunk': '0123456789abcdef'}),
    (False, {'type': 'comment', 'proposal': 3,
             'hunk': '0123456789abcdef', 'line': 2}),
    (True, {'type': 'decide', 'proposal': 3, 'version': 1, 'all': 'yes',
            'seen': False}),
    (True, {'type': 'decide', 'proposal': 3, 'version': 1, 'all': 'no',
            'seen': ['0123456789abcdef'], 'word': 'why'}),
    (True, {'type': 'mark', 'proposal': 3, 'version': 1, 'marks': [
        {'hunk': '0123456789abcdef', 'mark': 'no', 'seen': True}]}),
    (False, {'type': 'mark', 'proposal': 3, 'version': 1, 'marks': [
        {'hunk': '0123456789abcdef', 'mark': 'edited', 'seen': True}]}),
    (False, {'type': 'mark', 'proposal': 3, 'version': 1}),
    (True, {'type': 'plan', 'version': 1, 'action': 'edit', 'plan': {}}),
    (True, {'type': 'interrupt'}),
    (True, {'type': 'evidence', 'tell': True}),
    (False, {'type': 'evidence', 'tell': 1}),
    (True, {'type': 'btw', 'text': 'why?', 'hunk': 'x'}),
    (False, {'type': 'btw', 'stop': False}),
    (True, {'type': 'unqueue', 'message': 7}),
    (False, {'type': 'unqueue', 'message': 'x'}),
    (True, {'type': 'end', 'later': 1}),
    (False, {'type': 'hello'}),
    (False, {'type': 'say', 'text': 7}),
    (False, {'type': 'shell', 'text': 'rm'}),
    (False, {'type': 'decide', 'proposal': 3}),
    (False, {'type': 'decide', 'proposal': 3, 'version': 1, 'all': True}),
    (False, {'type': 'plan', 'version': 1, 'action': 'edit'}),
    (False, {'type': 'mark', 'proposal': 3, 'version': 1, 'hunk': 'x',
             'mark': 'yes', 'seen': True}),
    (False, {'type': 'set', 'approve': 'always'}),
    (False, []),
]


def commands():
    out = []
    for good, event in COMMANDS:
        text = (json.dumps(event) + '\n').encode()
        problems = temporary(text, schema.check_commands)
        if good == bool(problems):
            out.append('%r: %r' % (event, problems))
    return out


def members(node, names):
    """Every property name below a schema."""
    if isinstance(node, dict):
        for name, sub in node.get('properties', {}).items():
            names.add(name)
        for sub in node.values():
            members(sub, names)
    elif isinstance(node, list):
        for sub in node:
            members(sub, names)
    return names


def journal_page():
    with open(os.path.join(SRC, 'man', 'assent-journal.5'),
              encoding='utf-8') as f:
        return f.read()


def types_of(root):
    return {x['if']['properties']['type']['const'] for x in root['allOf']}


def differ(what, want, found):
    return ['%s: %s is missing' % (what, n) for n in sorted(want - found)] + \
        ['%s: %s is not in the table' % (what, n)
         for n in sorted(found - want)]


def tables():
    """The types of lines and the commands in the source, in the schemas, and in
    their section of the manual."""
    rows = dict(re.findall(r'^EVENT\(\w+, (\w+), ([^"]*),',
                           source('journal', 'events.def'), re.M))
    here = {n for n in rows if 'NO_SEQ' not in rows[n]}
    commands = {'hello', 'start'}
    for path in glob.glob(os.path.join(SRC, 'src', 'core', '**', '*.c'),
                          recursive=True):
        for table in re.findall(
                r'struct core_command \w+\[\] = \{(.*?)\n\};',
                source(os.path.relpath(path, os.path.join(SRC, 'src'))), re.S):
            commands.update(re.findall(r'^\t\{ "(\w+)"', table, re.M))
    if len(here) < 30 or len(commands) < 30:
        return ['events.def or the tables of commands were not read']
    root = schema.load('commands').root
    names = set(root['properties']['type']['enum'])
    out = differ('journal.schema.json', here, types_of(
        schema.load('journal').root)) + \
        differ('commands.schema.json, type', commands, names) + \
        differ('commands.schema.json, type', types_of(root) | names, names)
    page = journal_page()
    for begin, end, want in (
            ('\n.Sh EVENTS\n', '\n.Sh ', here),
            ('\n.Ss Lines that are not in the journal\n', '\n.Ss ',
             set(rows) - here),
            ('\n.Ss Commands\n', '\n.Sh ', commands)):
        part = page.split(begin)[1].split(end)[0]
        told = set(re.findall(r'^\.It Cm (\w+)', part, re.M))
        out += differ('assent-journal(5)' + begin[4:].rstrip(), want,
                      want & told)
    # start_begin syncs the first line itself.
    synced = page.split('\nLines of these types are synced')[1].split(
        '\nAll other lines')[0]
    return out + differ('assent-journal(5), Durability', {'session_start'} | {
        n for n in rows if 'DURABLE' in rows[n]}, set(
            re.findall(r'[a-z]\w*', ' '.join(re.findall(
                r'^\.Cm (.*)', synced, re.M)))))


def manual():
    page = journal_page()
    words = set(re.findall(r'[a-z0-9_]+', page))
    with open(os.path.join(SRC, 'src', 'config', 'settings.c'),
              encoding='utf-8') as f:
        words.update(name + {'DURATION': '_ms', 'MONEY': '_usd'}.get(kind, '')
                     for name, kind, row in re.findall(
                         r'^\t\{ "(\w+)", SETTING_(\w+),(.*?) \},$',
                         f.read(), re.M | re.S) if 'SETTING_CORE' in row)
    out = []
    for name in ('journal', 'commands'):
        root = schema.load(name).root
        for m in sorted(members(root, set()) - words):
            if m.endswith('_b64') and m[:-4] in words:
                continue
            out.append('%s: member %s is not in the manual' % (name, m))
    return out


def made():
    """The schema and the tables of the manual are those of events.def."""
    program = os.path.join(os.environ.get('builddir', '.'), 'tests', 'unit',
                           'event-docs')
    out = []
    for arg, path in (('schema', 'share/journal.schema.json'),
                      ('man', 'man/assent-journal.5')):
        with open(os.path.join(SRC, path), 'rb') as f:
            text = f.read()
        if subprocess.run([program, arg], input=text, check=True,
                          stdout=subprocess.PIPE).stdout != text:
            out.append('%s differs from src/journal/events.def: run `make '
                       'journal-docs` in the build folder' % path)
    return out


OUTPUT = {
    'version': 1, 'outcome': 'waiting', 'exit': 5, 'session': None,
    'summary': '', 'modified_files': ['a'], 'renamed': [], 'proposed': [],
    'decided': 0, 'rejected': 0, 'replaced': 0, 'stopped': False, 'dropped': 0,
    'rolled_back': False, 'left_out': False, 'setup_failed': False,
    'worked_ms': 5, 'seconds': 1.5, 'mcp_missing': [],
    'turns': 1, 'cost_usd': None, 'check': None,
    'tokens': {'in': 1, 'out': 1, 'cached': 0}, 'prompts': 0, 'limit': None,
    'accepted_by': {'yes': 1}, 'not_proposable': [], 'products': [],
    'not_written': [], 'adds': [],
    'calls': {'read': 1}, 'steps': [{'title': 't', 'done': True}],
    'findings': [], 'hooks': [], 'proofs': [], 'notice': None, 'patch': '',
}


def output():
    """The output of exec fits the schema; members that it never writes are
    found."""
    wrong = [('version', 2), ('outcome', 'fine'), ('exit', 8), ('turns', -1),
             ('session', 1), ('check', {'command': 'x'}), ('more', 1),
             ('steps', [{'title': 't', 'done': True, 'more': 1}]),
             ('tokens', {}), ('summary', DEL), ('calls', {'read': 0})]
    out = ['%r: %r' % (w, problems) for w in [(None, None)] + wrong
           for problems in [checked_output(*w)]
           if bool(problems) == (w[0] is None)]
    entry = journal_page().split('.It Ql assent exec --output\n')[1].split(
        '\n.It ')[0]
    items = set(re.findall(r'\w+', ' '.join(re.findall(
        r'^\.(?:Op )?Cm (.*)$', entry, re.M))))
    has = schema.load('output').root['properties']
    # But for the patch, all of the line are there, if only as null or 0.
    must = schema.load('output').root['required'] + ['type', 'patch']
    line = schema.load('journal').root['$defs']['agent_end']['properties']
    return out + [m + ' is not in the manual' for m in has
                  if m not in items and m not in line] + \
        [m + ' of agent_end is not in output.schema.json' for m in line
         if m not in has and m != 'type'] + \
        [m + ' of agent_end is not required in output.schema.json'
         for m in line if m not in must]


def checked_output(name, value):
    o = dict(OUTPUT)
    if value is DEL:
        del o[name]
    elif name is not None:
        o[name] = value
    return temporary(json.dumps(o).encode(), schema.check_output)


def source(*path):
    with open(os.path.join(SRC, 'src', *path), encoding='utf-8') as f:
        return f.read()


def levels():
    words = re.search(r'"sandbox_require", SETTING_WORD, "(.*?)"',
                      source('config', 'settings.c')).group(1).split('|')
    rows = re.findall(r'\.name = "(\w+)"',
                      source('sandbox', 'sandbox-limits.c'))
    start = schema.load('commands').root['$defs']['start']['properties']
    return [] if words == rows == start['sandbox_require']['enum'] else \
        ['the levels are ' + '|'.join(rows)]


def keywords():
    """A keyword that the checker does not know is an error."""
    s = schema.Schema({'maxProperties': 1})
    try:
        s.is_valid(s.root, {})
    except schema.SchemaError:
        return []
    return ['maxProperties was passed over']


check('fixtures fit the journal schema', fixtures())
check('damage is found', damage())
check('wrong values are refused', wrong_values())
check('commands', commands())
check('the object of --output', output())
check('unknown keywords', keywords())
check('sandbox_require names the levels', levels())
check('types of lines and commands: source, schemas and manual', tables())
check('the manual names each member', manual())
check('schema and manual are made from events.def', made())
plan()
