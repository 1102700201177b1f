#!/usr/bin/env python3
"""Rules for the sources and the programs: no function without a bound on its
output, includes that point one way, no path of somebody's machine, no retired
word, in each program only its own libraries, and no call from a room of the
core to one above it (TAP)."""
import collections
import os
import re
import shutil
import subprocess

from tap import check, plan

SRC = os.environ.get('srcdir') or os.path.join(os.path.dirname(
    os.path.abspath(__file__)), '..', '..')
BUILD = os.environ.get('builddir', '.')

BANNED = ('sprintf', 'vsprintf', 'strcpy', 'strcat', 'strtok', 'gets', 'atoi',
          'atol', 'atof', 'system', 'popen', 'alloca')

# They report a lack of memory like a file that does not exist, or like nothing:
# src/base has one of each that ends the process.
UNSURE = ('malloc', 'calloc', 'realloc', 'reallocarray', 'strdup', 'strndup',
          'asprintf', 'vasprintf', 'opendir', 'fdopendir', 'realpath')
UNSURE_HERE = ('src/base/mem.c', 'src/base/fs.c', 'src/store/gitlib.c')

# Folder -> what it may include beside its own: folders, or single headers.
ARROWS = {
    'base': (),
    'loop': ('base',),
    'rpc': ('base', 'loop'),
    'journal': ('base',),
    'policy': ('base', 'journal/event.h'),
    'config': ('base', 'policy', 'provider/dialect.h',
               'sandbox/sandbox-limits.h',
               'tool/tool.h'),
    'store': ('base', 'journal'),
    'provider': ('base', 'loop'),
    'tool': ('base',),
    'sandbox': ('base', 'loop', 'tool/tool.h'),
    'gate': ('base', 'journal', 'store', 'sandbox/sandbox.h'),
    'core': ('base', 'loop', 'rpc', 'journal', 'store', 'provider', 'tool', 'sandbox',
             'gate', 'policy', 'net/address.h', 'net/proxy.h',
             'git/git-run.h', 'git/index-file.h'),
    'worker': ('base', 'tool', 'sandbox'),
    'net': ('base', 'loop', 'policy'),
    'term': ('base',),
    'guess': ('base',),
    # The screen and the small commands ask the core; what they share with it
    # is the journal, how a patch is printed and the table of tools.
    'front': ('base', 'journal', 'policy', 'gate/patch.h'),
    'client': ('base', 'journal', 'review', 'front/bindings.h',
               'gate/patch.h'),
    'git': ('base', 'journal', 'front', 'client', 'gate/patch.h'),
    'record': ('base', 'journal', 'policy', 'front', 'git'),
    'cmd': ('base', 'loop', 'rpc', 'journal', 'policy', 'config', 'front',
            'client', 'git', 'record', 'review', 'ui/app/app.h', 'ui/app/guest.h',
            'gate/patch.h', 'gate/policy-table.h',
            'sandbox/sandbox-limits.h', 'tool/tool.h'),
    'review': ('base', 'journal'),
    'ui': ('base', 'term', 'journal', 'policy', 'config', 'front', 'client',
           'review', 'gate/patch.h'),
}

# The same between the folders of one: folder -> what it may include of the
# first folder's, beside its own. A first folder of which none is named here
# is not looked into.
INNER_ARROWS = {
    'cmd': (), 'cmd/acp': ('cmd',), 'cmd/admin': ('cmd',),
    'ui/term': (),
    'ui/keys': (),
    'ui/text': ('ui/term',),
    'ui/pick': ('ui/text', 'ui/term'),
    'ui/panes': ('ui/pick', 'ui/text', 'ui/term'),
    'ui/diff': ('ui/panes', 'ui/text', 'ui/term'),
    'ui/app': ('ui/pick', 'ui/panes', 'ui/diff', 'ui/text', 'ui/keys',
               'ui/term'),
}

# The rooms of the core, from the top. A file calls its own room and those below;
# what is above registers itself: a part (core_parts), or struct core_main.
ROOMS = ('main', 'agent', 'acp', 'mcp', 'syntax', 'proof', 'review', 'diagnose', 'source',
         'project', 'context', 'job', 'stage', 'net', 'kernel')

# The most files of the core that all call each other, by way of others.
CIRCLE = 8

# As mutants.py names them.
TEST_NAME = re.compile(r'\b(?:e2e|escape|fault|fuzz|unit|wire)/[\w.-]+')

LIBRARIES = {
    'assent': ('ncursesw', 'tinfo', 'tinfow', 'cjson', 'utf8proc', 'md4c',
               'c'),
    'assent-core': ('curl', 'git2', 'crypto', 'cjson', 'utf8proc', 'c'),
    'assent-worker': ('pcre2-8', 'seccomp', 'cjson', 'utf8proc', 'c'),
    'assent-term': ('vterm', 'seccomp', 'cjson', 'utf8proc', 'c'),
    'assent-net': ('curl', 'seccomp', 'cjson', 'utf8proc', 'c'),
}

# Tests of what a sandbox hides may name a home of root.
MACHINE_PATHS = re.compile(r'/work/|/root/')
MACHINE_PATHS_MEANT = ('tests/escape/', 'tests/unit/test-source.py')

# Words that others have replaced: HACKING.md has the vocabulary.
RETIRED = re.compile(
    r'\bcaged?s?\b|\bcage[_-]|[_-]cage|\brungs?\b|[_-]rung|criterion|criteria|'
    r'\bpromot|noise|success check|staged cop|checkers|in the place of|behind the cursor|judges itself|'
    r'summed up for|nothing was said yet|means several', re.I)
RETIRED_MEANT = {
    'HACKING.md': '',                   # the vocabulary
    'src/journal/event.c': '',          # the names of format 1
    'man/assent-journal.5': '.Cm ',
}


def files(folders, ends=('',)):
    for folder in folders:
        for base, dirs, names in os.walk(os.path.join(SRC, folder)):
            dirs[:] = sorted(d for d in dirs if d not in ('__pycache__',
                                                          '.deps', '.libs'))
            for name in sorted(names):
                if name.endswith(tuple(ends)):
                    path = os.path.join(base, name)
                    yield os.path.relpath(path, SRC), path


def text_of(path):
    with open(path, encoding='utf-8', errors='surrogateescape') as f:
        return f.read()


def code_of(text):
    """The text with comments and strings blanked, lines kept."""
    def blank(m):
        return re.sub(r'[^\n]', ' ', m.group(0))
    return re.sub(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"'
                  r"|'(?:\\.|[^'\\\n])*'", blank, text, flags=re.S)


def banned_calls():
    word = re.compile(r'(?<![\w.>])(%s)\s*\(' % '|'.join(BANNED + UNSURE))
    for name, path in files(('src', 'ui'), ('.c', '.h')):
        for i, line in enumerate(code_of(text_of(path)).split('\n'), 1):
            for m in word.finditer(line):
                if m.group(1) in BANNED or name not in UNSURE_HERE:
                    yield '%s:%d: %s' % (name, i, m.group(1))


def included_by(header):
    """Of a header, named as files include it."""
    for top in ('src', ''):
        path = os.path.join(SRC, top, header)
        if os.path.exists(path):
            return re.findall(r'^#include "([^"]+)"', text_of(path),
                              flags=re.M)
    return []


def wrong_arrows():
    for name, path in files(('src', 'ui'), ('.c', '.h')):
        parts = name.split(os.sep)
        folder = parts[0] if parts[0] == 'ui' else parts[1]
        if folder not in ARROWS:
            yield '%s: this folder has no line in ARROWS' % name
            continue
        text = text_of(path)
        includes = re.findall(r'^#include "([^"]+)"', text, flags=re.M)
        if name.endswith('.c') and (not includes or
                                    includes[0] != 'config.h'):
            yield '%s: config.h is not its first include' % name
        own = re.sub(r'^src/|c$', '', name) + 'h'
        if name.endswith('.c') and os.path.exists(path[:-1] + 'h') and \
                not any(h == own or own in included_by(h)
                        for h in includes[1:2]):
            yield '%s: its own header is not the next' % name
        inner = os.path.dirname(name if folder == 'ui' else name[4:])
        for to in includes:
            if to == 'config.h':
                continue
            if to.split('/')[0] == folder:
                if not may_include(inner, to):
                    yield '%s: %s may not include %s' % (name, inner, to)
            elif to not in ARROWS[folder] and \
                    to.split('/')[0] not in ARROWS[folder]:
                yield '%s: %s may not include %s' % (name, folder, to)


def may_include(inner, to):
    """Within one first folder: may this folder include that header?"""
    if inner.split('/')[0] not in {k.split('/')[0] for k in INNER_ARROWS}:
        return True
    where = os.path.dirname(to)
    row = INNER_ARROWS.get(inner)
    return where == inner or (row is not None and (to in row or where in row))


def global_functions(text):
    """Names of the functions that a .c file defines for others."""
    before = ''
    for line in code_of(text).split('\n'):
        m = re.match(r'([a-z]\w*)\(', line)
        if m and re.match(r'[a-z][\w *]*$', before) and \
                not before.startswith('static'):
            yield m.group(1)
        before = line


def same_names():
    seen = {}
    for name, path in files(('src', 'ui'), ('.c',)):
        base = os.path.basename(name)
        if base in seen:
            yield '%s and %s have one name' % (seen[base], name)
        seen[base] = name


def same_functions():
    """Static functions, too, have a name that no other function of the program
    has."""
    seen = {}
    for name, path in files(('src', 'ui'), ('.c',)):
        code = code_of(text_of(path))
        for m in re.finditer(r'^([a-z]\w*)\((?:[^;{]*?)\)\n\{', code, re.M):
            if m.group(1) == 'main':
                continue
            if m.group(1) in seen:
                yield '%s is in %s and in %s' % (m.group(1), seen[m.group(1)],
                                                 name)
            seen[m.group(1)] = name


def header_functions(text):
    flat, depth = [], 0
    for ch in re.sub(r'^#(?:.*\\\n)*.*', '', code_of(text), flags=re.M):
        depth += ch == '{'
        if depth == 0:
            flat.append(ch)
        depth -= ch == '}'
    for declaration in ''.join(flat).split(';'):
        m = re.search(r'\b(\w+)\s*\(', declaration)
        if m is not None and 'typedef' not in declaration:
            yield m.group(1)


def left_out_headers():
    """A file of the core includes the headers of all that it calls there: by
    itself, or by one that it shares with others (run-int.h)."""
    texts = {name[4:]: text_of(path)
             for name, path in files(('src/core',), ('.c', '.h'))}
    includes = {n: re.findall(r'^#include "([^"]+)"', t, flags=re.M)
                for n, t in texts.items()}
    owner = {f: n for n, t in texts.items() if n.endswith('.h')
             for f in header_functions(t)}
    assert len(owner) > 200, len(owner)
    for name, text in texts.items():
        if name.endswith('.h'):
            if 'core/kernel/core.h' in includes[name]:
                yield '%s includes the whole session' % name
            continue
        own = name[:-2] + '.h'
        have = set(includes[name])
        for h in includes[name]:
            if h.endswith('-int.h') or h in (own, 'core/kernel/core.h'):
                have.update(includes[h])
        called = set(re.findall(r'(?<![\w.>])(?<!struct )([a-z]\w*)',
                                code_of(text)))
        for h in sorted({owner[f] for f in called & set(owner)} - have):
            yield '%s leaves out %s' % (name, h)


def core_calls():
    """For each object of the core, as ROOM/FILE: the others that it refers to,
    and by which name."""
    owner, wants = {}, {}
    for room in ROOMS:
        folder = os.path.join(BUILD, 'src', 'core', room)
        for name in sorted(os.listdir(folder)):
            if not name.endswith('.o'):
                continue
            file = room + '/' + name[:-2]
            wants[file] = set()
            for line in subprocess.check_output(
                    ['nm', os.path.join(folder, name)],
                    universal_newlines=True).splitlines():
                kind, symbol = line.split()[-2:]
                if kind == 'U':
                    wants[file].add(symbol)
                elif kind in 'TDBRV':
                    owner[symbol] = file
    assert len(wants) > 50, wants
    return {file: {owner[s]: s for s in symbols if s in owner}
            for file, symbols in wants.items()}


def includes_upward():
    rank = {room: i for i, room in enumerate(ROOMS)}
    for name, path in files(('src/core',), ('.c', '.h')):
        room = name.split('/')[2]
        for to, header in re.findall(r'^#include "core/(\w+)/([^"]+)"',
                                     text_of(path), flags=re.M):
            if rank[to] < rank[room]:
                yield '%s includes %s of %s, a room above it' % (name, header,
                                                                 to)


def calls_upward():
    rank = {room: i for i, room in enumerate(ROOMS)}
    for file, calls in core_calls().items():
        for other, symbol in calls.items():
            if rank[other.split('/')[0]] < rank[file.split('/')[0]]:
                yield '%s calls %s of %s, a room above it' % (file, symbol,
                                                               other)


def large_circles():
    """Tarjan's algorithm."""
    calls = core_calls()
    number, low, stack, found = {}, {}, [], []

    def visit(file):
        number[file] = low[file] = len(number)
        stack.append(file)
        for other in calls[file]:
            if other not in number:
                visit(other)
            if other in stack:
                low[file] = min(low[file], low[other])
        if low[file] == number[file]:
            at = stack.index(file)
            found.append(sorted(stack[at:]))
            del stack[at:]

    for file in calls:
        if file not in number:
            visit(file)
    for circle in found:
        if len(circle) > CIRCLE:
            yield '%d files call each other: %s' % (len(circle),
                                                    ' '.join(circle))


# Lines of JSON between processes: the core's socket has two readers.
LINEIO = ('src/base/', 'src/client/', 'src/core/', 'src/rpc/',
          'src/cmd/cmd-inbox.c', 'src/cmd/inbox.c')      # of other hosts


def socket_readers():
    for name, path in files(('src', 'ui'), ('.c', '.h')):
        if not name.startswith(LINEIO) and 'lineio' in text_of(path):
            yield '%s: only the client reads and writes the socket' % name


def machine_paths():
    tops = [n for n in os.listdir(SRC) if n.endswith(('.md', '.am', '.ac')) or
            n == 'bootstrap']
    found = [(n, os.path.join(SRC, n)) for n in tops]
    found += files(('src', 'ui', 'share', 'man', 'contrib', 'tests', 'm4'))
    for name, path in found:
        if name.startswith(MACHINE_PATHS_MEANT) or not os.path.isfile(path) or \
                name.endswith(('.o', '.a', '.log', '.trs', '.pyc')):
            continue
        with open(path, 'rb') as f:
            data = f.read()
        if data[:4] == b'\x7fELF':
            continue
        for i, line in enumerate(data.decode('utf-8', 'replace').split('\n'),
                                 1):
            if MACHINE_PATHS.search(line):
                yield '%s:%d: %s' % (name, i, line.strip()[:60])


def retired_words():
    found = [(n, os.path.join(SRC, n)) for n in os.listdir(SRC)
             if n.endswith('.md') or n == 'bootstrap']
    found += files(('src', 'ui', 'share', 'man', 'contrib'),
                   ('.c', '.h', '.mk', '.md', '.json', '.1', '.5', '.7', '.in',
                    '.bash', '.sse', '.sh'))
    for name, path in found:
        meant = RETIRED_MEANT.get(name)
        for i, line in enumerate(text_of(path).split('\n'), 1):
            m = RETIRED.search(line)
            if m and (meant is None or not line.startswith(meant)):
                yield '%s:%d: %s' % (name, i, m.group(0))


def strings_of(path):
    """The string literals of a C file, neighbours joined."""
    text = re.sub(r'/\*.*?\*/', '', text_of(path), flags=re.S)
    one = r'"((?:\\.|[^"\\\n])*)"'
    for m in re.finditer(one + r'(?:\s*' + one.replace('(', '(?:', 1) + ')*', text):
        yield ''.join(re.findall(one, m.group(0)))


def stale_messages():
    """Rows of tests/messages.h whose text assent no longer has, or that no
    test looks for."""
    texts = '\0'.join(s for _, path in files(('src', 'ui'), ('.c', '.h'))
                      for s in strings_of(path))
    tests = '\n'.join(text_of(path) for name, path in
                      files(('tests',), ('.c', '.h', '.py'))
                      if name != 'tests/messages.h')
    used = set(re.findall(r'\b(?:MSG_|msg\.)([A-Z0-9_]+)', tests))
    rows = re.findall(r'^#define MSG_(\w+)[ \\\n\t]+"((?:\\.|[^"\\])*)"$',
                      text_of(os.path.join(SRC, 'tests', 'messages.h')), re.M)
    for name, text in rows:
        if text not in texts:
            yield 'tests/messages.h: no message contains "%s"' % text
        if name not in used:
            yield 'tests/messages.h: no test uses MSG_%s' % name


def never_run():
    """Slow functions in files that `make check-slow` doesn't run."""
    run = ''.join(''.join(re.findall(r'^SLOW_TESTS \+= ((?:.*\\\n)*.*)',
                                     text_of(path), re.M))
                  for _, path in files(('tests',), ('.mk',)))
    for name, path in files(('tests',), ('.py',)):
        if '\n@harness.slow\n' in text_of(path) and name not in run:
            yield name


def unsorted_tables():
    """bsearch finds only some rows of a table that isn't sorted."""
    tables = 0
    for name, path in files(('src', 'ui'), ('.c',)):
        text = text_of(path)
        for table in re.findall(r'(?:bsearch\([^;]*?, |MEM_SEARCH\()(\w+),'
                                r'\s+MEM_COUNT\(', text):
            body = re.search(r'%s\[\] = \{(.*?)\n\};' % table, text, re.S)
            where = name
            if table == 'event_rows':           # made from another file
                body = re.search('(.*)', re.sub(
                    r'(?m)^EVENT\(\w+, (\w+)', r'{ "\1"',
                    text_of(path[:-2] + 's.def')), re.S)
                where = name[:-2] + 's.def'
            rows = re.findall(r'\{ "([^"]*)"', body.group(1)) or \
                re.findall(r'"([^"]*)"', body.group(1))
            tables += 1
            if len(rows) < 2 or rows != sorted(rows):
                yield '%s: %s is not sorted' % (where, table)
    if tables < 2:
        yield 'only %d tables were found' % tables


def names_of_nothing():
    """Files that this test, or a report of mutants, names and that are gone."""
    named = [('test-source.py', n) for n in UNSURE_HERE + MACHINE_PATHS_MEANT +
             tuple(RETIRED_MEANT) + LINEIO]
    named += [('test-source.py', to if to.startswith('ui/') else 'src/' + to)
              for row in ARROWS.values() for to in row]
    mutants = text_of(os.path.join(SRC, 'tests', 'mutants', 'mutants.py'))
    named += [('mutants.py', n + '.c') for n in
              re.findall(r'"((?:src|ui)/[\w/-]+)"', mutants)]
    named += [('mutants.py', n) for n in re.findall(TEST_NAME, mutants)]
    for report in 'all', 'killed':
        for row in text_of(os.path.join(SRC, 'tests', 'mutants',
                                        report)).split('\n'):
            cells = row.split('\t')
            if len(cells) == 5 and not cells[1].startswith('(gone since):'):
                named.append((report, cells[1].split(':')[0]))
                named += [(report, n) for n in re.findall(TEST_NAME, cells[4])]
    for where, n in named:
        if re.match(TEST_NAME, n):
            n = 'tests/' + n.replace('fuzz/check-', 'fuzz/fuzz-')
        if not any(os.path.exists(os.path.join(SRC, n + end))
                   for end in ('', '.c')):
            yield '%s names %s' % (where, n)


def is_sanitized(path):
    with open(path, 'rb') as f:
        return b'__asan_init' in f.read()


def libraries_of(path):
    out = subprocess.run(['readelf', '-d', path], check=True,
                         stdout=subprocess.PIPE,
                         env=dict(os.environ, LC_ALL='C')).stdout.decode()
    return re.findall(r'\(NEEDED\).*\[(.*)\]', out)


def check_libraries():
    for program, allowed in LIBRARIES.items():
        path = os.path.join(BUILD, program)
        skip = None
        if shutil.which('readelf') is None:
            skip = 'there is no readelf'
        elif is_sanitized(path):
            skip = 'built with sanitizers'
        problems = []
        if skip is None:
            for lib in libraries_of(path):
                stem = re.sub(r'^lib|(\.so|\.musl-).*$', '', lib)
                if stem not in allowed and not lib.startswith('ld-linux'):
                    problems.append('%s needs %s' % (program, lib))
        check('libraries of ' + program, problems, skip)


def bare(text):
    """C without comments, strings and the preprocessor's lines."""
    text = re.sub(r'/\*.*?\*/', '', text, flags=re.S)
    text = re.sub(r'"(\\.|[^"\\\n])*"', '""', text)
    text = re.sub(r"'(\\.|[^'\\\n])+'", "''", text)
    return re.sub(r'^#.*$', '', text, flags=re.M)


def weight():
    """Statements of src and ui; lines of the tests that are programs, without
    fixtures and without the proposals of the trial, which aren't our code."""
    statements = 0
    for _, path in files(('src', 'ui'), ('.c', '.h')):
        text = bare(text_of(path))
        statements += text.count(';') + len(re.findall(
            r'\b(?:if|while|switch|else)\b', text))
    return statements, sum(
        text_of(path).count('\n')
        for name, path in files(('tests',), ('.c', '.h', '.py', '.sh'))
        if not re.search('/(fixtures|corpus|proposals)/', name))


def report():
    """How finely it is cut, and what weighs beside it; no limits."""
    texts = {name: bare(text_of(path))
             for name, path in files(('src', 'ui'), ('.c', '.h'))}
    words, users = collections.Counter(), collections.defaultdict(set)
    defined, exported = [], []
    for name, text in texts.items():
        found = re.findall(r'\b[a-z_][a-z_0-9]*\b', re.sub(
            r'(?m)^(?:[A-Za-z_].*[ \t*])?[a-z_0-9]+\([^;{]*\);$', '', text))
        words.update(found)
        if name.endswith('.c'):
            for word in found:
                users[word].add(name)
            defined += re.findall(r'(?m)^[A-Za-z_][^\n;{}()]*\n\*?([a-z_0-9]+)'
                                  r'\([^;{]*\n\{', text)
            exported += global_functions(text)
    lines = {folder: sum(text_of(path).count('\n')
                         for _, path in files((folder,), ends))
             for folder, ends in (('contrib', ('',)),
                                  ('share', ('.sh', '.py')))}
    print('# %d functions of %d are named in one place, %d of %d exported ones '
          'have one user' % (
              sum(words[d] == 2 for d in defined), len(defined),
              sum(len(users[d]) == 2 for d in exported), len(exported)))
    print('# %d statements, %d lines of tests' % weight())
    print('# %d lines in contrib, %d in the scripts of share' % (
        lines['contrib'], lines['share']))


# What a reader must hold in mind: statements with ?:, those with three or more of
# them, conditions and other statements with five or more && and ||, and comments
# that begin with a question word in place of saying a thing. Each number is what
# there is. A change that lowers one lowers it here; one that must raise it says so
# in its message: "Raises NAME: because ...".
CHOICES = 5343
NESTED = 186
CROWDED = 248
RIDDLES = 518


def condition(text, at):
    """What stands between these parentheses."""
    depth = 0
    for end in range(at, len(text)):
        depth += (text[end] == '(') - (text[end] == ')')
        if depth == 0:
            return text[at:end]
    return ''


def is_crowded(text):
    return text.count('&&') + text.count('||') >= 5


def to_hold_in_mind(raw):
    text = bare(raw)
    statements = re.findall(r'[^;{}]*;', text)
    ifs = list(re.finditer(r'\bif\s*\(', text))
    return collections.Counter(
        CHOICES=sum('?' in s for s in statements),
        NESTED=sum(s.count('?') >= 3 for s in statements),
        CROWDED=sum(is_crowded(s) for s in statements
                    if not re.search(r'\bif\s*\(', s)) +
        sum(is_crowded(condition(text, m.end() - 1)) for m in ifs),
        RIDDLES=len(re.findall(r'/\*\s*(?:What|Who|Of|Where) ', raw)))


def numbers_that_differ():
    found = collections.Counter()
    for _, path in files(('src', 'ui'), ('.c', '.h')):
        found += to_hold_in_mind(text_of(path))
    for name in 'CHOICES', 'NESTED', 'CROWDED', 'RIDDLES':
        if found[name] != globals()[name]:
            yield '%s is %d, and there are %d' % (name, globals()[name],
                                                  found[name])


def git(*args):
    """What git prints about this checkout; None: there is none, or not the
    history."""
    if not os.path.exists(os.path.join(SRC, '.git')) or \
            shutil.which('git') is None:
        return None
    done = subprocess.run(['git', '-c', 'safe.directory=*', '-C', SRC, *args],
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    return done.stdout.decode('utf-8', 'replace') if done.returncode == 0 \
        else None


def raised_without_a_word():
    """The commit that last changed a number, if it raised it."""
    for name in 'CHOICES', 'NESTED', 'CROWDED', 'RIDDLES':
        said = git('log', '-1', '--format=%B', '-p', '-U0', '-G^' + name +
                   ' = ', '--', 'tests/unit/test-source.py') or ''
        was, now = (re.search(r'^[%s]%s = (\d+)$' % (sign, name), said, re.M)
                    for sign in '-+')
        if was and now and int(now.group(1)) > int(was.group(1)) and \
                not re.search('^Raises %s: because ' % name.lower(), said,
                              re.M | re.I):
            yield '%s was raised to %s: the commit has no line "Raises %s: ' \
                'because ..."' % (name, now.group(1), name.lower())


# The parts of a session's state, by the room that owns each, and how often another
# room writes to one. The table only shrinks: a room asks the owner instead.
OWNERS = {'task': ('agent',), 'calls': ('agent',), 'plan': ('agent',),
          'review': ('review',), 'check': ('review', 'proof'),
          'request': ('context',)}
WRITES = {
    ('calls', 'job'): 1,
    ('calls', 'mcp'): 5,
    ('check', 'agent'): 6,
    ('check', 'main'): 6,
    ('plan', 'job'): 1,
    ('plan', 'main'): 1,
    ('plan', 'review'): 1,
    ('plan', 'stage'): 1,
    ('request', 'agent'): 12,
    ('request', 'main'): 1,
    ('request', 'review'): 2,
    ('review', 'acp'): 1,
    ('review', 'agent'): 19,
    ('review', 'diagnose'): 3,
    ('review', 'kernel'): 1,
    ('review', 'main'): 3,
    ('review', 'mcp'): 1,
    ('review', 'source'): 2,
    ('task', 'acp'): 1,
    ('task', 'job'): 1,
    ('task', 'kernel'): 2,
    ('task', 'main'): 7,
    ('task', 'mcp'): 1,
    ('task', 'net'): 1,
    ('task', 'proof'): 1,
    ('task', 'review'): 6,
    ('task', 'stage'): 1,
}


def writes_of_others():
    found = collections.Counter()
    for name, path in files(('src/core',), ('.c', '.h')):
        room = name.split('/')[2]
        for part in re.findall(
                r'\bc->(%s)\.[\w.\[\]>-]+\s*(?:=(?!=)|\+=|-=|\|=|&=|\+\+|--)' %
                '|'.join(OWNERS), bare(text_of(path))):
            if room not in OWNERS[part]:
                found[part, room] += 1
    return found


def wrong_writes():
    found = writes_of_others()
    for part, room in sorted(set(found) | set(WRITES)):
        n, most = found[part, room], WRITES.get((part, room), 0)
        if n != most:
            yield '%s writes to c->%s %d times, and WRITES has %d' % (
                room, part, n, most)


# The bool members of a struct and of those in it. Flags that can't hold together
# are an enum; what can be asked of the rest is no flag.
FLAGS = {('core', 'src/'): 40, ('fold', 'src/'): 29, ('ui', 'ui/'): 50}


def structs():
    """Name -> the bodies of the structs that have it, with their files."""
    found = {}
    for name, path in files(('src', 'ui'), ('.h', '.c')):
        for struct, body in re.findall(
                r'^(?:static )?struct (\w+) \{[^\n]*\n(.*?)^\}',
                bare(text_of(path)), re.S | re.M):
            found.setdefault(struct, []).append((name, body))
    return found


def flags_of(struct, near, all_structs, counted):
    """Those behind pointers belong to others, or are many of one kind. Of two
    structs with one name, the one of the header nearby is meant."""
    if struct in counted or struct not in all_structs:
        return
    counted.add(struct)
    _, body = min(all_structs[struct], key=lambda found: (
        not found[0].startswith(near), not found[0].endswith('.h')))
    for names in re.findall(r'\bbool\s+([^;()]*);', body):
        yield from ('%s.%s' % (struct, n.strip()) for n in names.split(',')
                    if '*' not in n)
    for inner in re.findall(r'\bstruct (\w+)\s+\w[^;{}()]*;', body):
        yield from flags_of(inner, near, all_structs, counted)


def too_many_flags():
    all_structs = structs()
    for (struct, near), most in FLAGS.items():
        flags = list(flags_of(struct, near, all_structs, set()))
        if len(flags) > most:
            yield 'struct %s: %d flags, at most %d: %s' % (
                struct, len(flags), most, ' '.join(flags))
        if not flags:
            yield 'struct %s has no flags: is it another one?' % struct


def main():
    # The checks themselves see what they are for.
    sample = code_of('/* system(1) */ x = "gets("; strtok_r(a); foo.system();'
                     '\nsystem (1);')
    assert re.findall(r'(?<![\w.>])(?:system|gets|strtok)\s*\(', sample) == [
        'system ('], sample
    check('banned functions', list(banned_calls()))
    check('includes point one way', list(wrong_arrows()))
    assert may_include('ui/panes', 'ui/panes/ui-base.h') and \
        not may_include('ui/panes', 'ui/diff/diff.h')
    assert list(global_functions('static int\na(void)\n{\nint\n*b(void)\n'
                                 'int\nc(int d)\n')) == ['c']
    check('no two files have one name', list(same_names()))
    check('no two functions have one name', list(same_functions()))
    assert list(header_functions('struct a { int b(c); };\n#define D(x) x\n'
                                 'int e(int (*f)(void));')) == ['e']
    check('a file of the core includes what it calls',
          list(left_out_headers()))
    check('rooms of the core include downwards', list(includes_upward()))
    check('rooms of the core call downwards', list(calls_upward()))
    check('no large circle of files in the core', list(large_circles()))
    check('one client of the socket', list(socket_readers()))
    check('no paths of a machine', list(machine_paths()))
    assert RETIRED.search('struct cage_call') and RETIRED.search('the rung A')
    check('no retired words', list(retired_words()))
    check('tests look for messages that exist', list(stale_messages()))
    check('slow tests are run', list(never_run()))
    check('tables that bsearch looks into are sorted', list(unsorted_tables()))
    check('files that are named exist', list(names_of_nothing()))
    check('no more flags than before', list(too_many_flags()))
    assert to_hold_in_mind('/* Whole */ /* Who is it */ x = a ? "?" : c;'
                           ' if (a && (b || c) && d && e && f) return;') == \
        {'CHOICES': 1, 'NESTED': 0, 'CROWDED': 1, 'RIDDLES': 1}
    check('as much to hold in mind as it says', list(numbers_that_differ()))
    check('who raises a number says why', list(raised_without_a_word()),
          None if git('log', '-1') else 'there is no history here')
    check('no room writes more of what another owns', list(wrong_writes()))
    check_libraries()
    report()
    plan()


if __name__ == '__main__':
    main()
