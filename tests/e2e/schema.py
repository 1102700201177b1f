"""Check journals and command lines against share/*.schema.json.

check_journal(path), check_commands(path) and check_output(path)
return sentences, one for each thing that is wrong.  Only the standard library,
and only the part of JSON Schema 2020-12 that those files use: a keyword that is not known here
is an error of the schema, so that nothing goes unchecked in silence.
"""
import hashlib
import json
import os
import re

TYPES = {
    'object': dict, 'array': list, 'string': str, 'boolean': bool,
    'null': type(None),
}
IGNORED = {'$schema', '$id', '$defs', 'title', 'description'}


class SchemaError(Exception):
    pass


def type_is(value, name):
    if name == 'integer':
        return (isinstance(value, int) and not isinstance(value, bool)) or \
            (isinstance(value, float) and value.is_integer())
    if name == 'number':
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    if name not in TYPES:
        raise SchemaError('unknown type %r' % name)
    return isinstance(value, TYPES[name])


def same(a, b):
    """JSON's equality: true is not 1."""
    return a == b and isinstance(a, bool) == isinstance(b, bool)


class Schema:
    def __init__(self, root):
        self.root = root

    def resolve(self, ref):
        if not ref.startswith('#/'):
            raise SchemaError('reference %r leaves the file' % ref)
        at = self.root
        for part in ref[2:].split('/'):
            at = at[part]
        return at

    def is_valid(self, schema, value):
        return not any(True for _ in self.errors(schema, value, ''))

    def errors(self, schema, value, at):
        """Each 'where: what' that is wrong."""
        if schema is True:
            return
        if schema is False:
            yield '%s: not allowed' % at
            return
        for key, want in schema.items():
            if key in IGNORED or key == 'then':
                continue
            check = getattr(self, 'check_' + key.lstrip('$'), None)
            if check is None:
                raise SchemaError('unknown keyword %r' % key)
            yield from check(want, value, at or '(line)', schema)

    def check_ref(self, want, value, at, _):
        yield from self.errors(self.resolve(want), value, at)

    def check_type(self, want, value, at, _):
        names = want if isinstance(want, list) else [want]
        if not any(type_is(value, n) for n in names):
            yield '%s: %r is not of type %s' % (at, value, '|'.join(names))

    def check_enum(self, want, value, at, _):
        if not any(same(value, w) for w in want):
            yield '%s: %r is none of %r' % (at, value, want)

    def check_const(self, want, value, at, _):
        if not same(value, want):
            yield '%s: %r is not %r' % (at, value, want)

    def check_pattern(self, want, value, at, _):
        # JSON Schema's $ is the very end, Python's may be a newline earlier.
        if isinstance(value, str) and \
                not re.search(re.sub(r'\$$', r'\\Z', want), value):
            yield '%s: %r does not match %s' % (at, value, want)

    def check_minimum(self, want, value, at, _):
        if type_is(value, 'number') and value < want:
            yield '%s: %r is below %r' % (at, value, want)

    def check_maximum(self, want, value, at, _):
        if type_is(value, 'number') and value > want:
            yield '%s: %r is above %r' % (at, value, want)

    def check_minItems(self, want, value, at, _):
        if isinstance(value, list) and len(value) < want:
            yield '%s: fewer than %d elements' % (at, want)

    def check_required(self, want, value, at, _):
        if isinstance(value, dict):
            for name in want:
                if name not in value:
                    yield '%s: "%s" is missing' % (at, name)

    def check_properties(self, want, value, at, _):
        if isinstance(value, dict):
            for name, sub in want.items():
                if name in value:
                    yield from self.errors(sub, value[name],
                                           '%s.%s' % (at, name))

    def check_additionalProperties(self, want, value, at, schema):
        if isinstance(value, dict):
            for name in value:
                if name not in schema.get('properties', {}):
                    yield from self.errors(want, value[name],
                                           '%s.%s' % (at, name))

    def check_items(self, want, value, at, _):
        if isinstance(value, list):
            for i, item in enumerate(value):
                yield from self.errors(want, item, '%s[%d]' % (at, i))

    def check_allOf(self, want, value, at, _):
        for sub in want:
            yield from self.errors(sub, value, at)

    def check_anyOf(self, want, value, at, _):
        if not any(self.is_valid(sub, value) for sub in want):
            yield '%s: fits none of %d forms' % (at, len(want))

    def check_oneOf(self, want, value, at, _):
        if sum(self.is_valid(sub, value) for sub in want) != 1:
            yield '%s: fits none or several of %d forms' % (at, len(want))

    def check_if(self, want, value, at, schema):
        if self.is_valid(want, value):
            yield from self.errors(schema.get('then', True), value, at)


def share_dir():
    here = os.path.dirname(os.path.abspath(__file__))
    return os.path.join(os.environ.get('srcdir') or
                        os.path.join(here, '..', '..'), 'share')


def load(name):
    with open(os.path.join(share_dir(), name + '.schema.json'),
              encoding='utf-8') as f:
        return Schema(json.load(f))


def no_twins(pairs):
    out = {}
    for name, value in pairs:
        if name in out:
            raise ValueError('member "%s" is there twice' % name)
        out[name] = value
    return out


def no_constant(name):
    raise ValueError('%s is not JSON' % name)


def parse(line):
    return json.loads(line.decode('utf-8'), object_pairs_hook=no_twins,
                      parse_constant=no_constant)


def check_lines(data, schema, chain):
    prev, seq = '', 0
    if data and not data.endswith(b'\n'):
        yield 'the last line has no newline'
    for number, line in enumerate(data.split(b'\n')[:-1], 1):
        def wrong(what):
            return 'line %d: %s' % (number, what)
        try:
            event = parse(line)
        except ValueError as e:
            yield wrong(str(e))
            return
        for what in schema.errors(schema.root, event, ''):
            yield wrong(what)
        if not chain or not isinstance(event, dict):
            continue
        body, mark, _ = line.rpartition(b',"h":')
        h = hashlib.sha256(body).hexdigest()
        if not mark or event.get('h') != h:
            yield wrong('"h" is not the hash of the bytes before it')
        if event.get('prev') != prev:
            yield wrong('"prev" is not the hash of the line before')
        if event.get('seq') != seq + 1:
            yield wrong('"seq" is not %d' % (seq + 1))
        if list(event)[:4] != ['seq', 't', 'type', 'by'] or \
                list(event)[-2:] != ['prev', 'h']:
            yield wrong('its members are not in order')
        prev, seq = event.get('h'), seq + 1


def check_file(path, name):
    if os.path.isdir(path):
        path = os.path.join(path, 'journal.jsonl')
    with open(path, 'rb') as f:
        return list(check_lines(f.read(), load(name), name == 'journal'))


def check_journal(path):
    """path: a journal, or the folder of a session."""
    return check_file(path, 'journal')


def check_commands(path):
    return check_file(path, 'commands')


def unnamed(schema, node, value, at):
    """Each member that no schema names."""
    while '$ref' in node:
        node = schema.resolve(node['$ref'])
    if isinstance(value, list):
        for i, item in enumerate(value):
            yield from unnamed(schema, node.get('items', {}), item,
                               '%s[%d]' % (at, i))
    elif isinstance(value, dict) and 'additionalProperties' not in node:
        for name, item in value.items():
            if name not in node.get('properties', {}):
                yield '%s.%s is not in the schema' % (at, name)
            else:
                yield from unnamed(schema, node['properties'][name], item,
                                   '%s.%s' % (at, name))


def is_output(path):
    """Is it a file of exec --output, by its members?"""
    try:
        with open(path, 'rb') as f:
            o = json.loads(f.read())
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(o, dict) and all(k in o for k in (
        'outcome', 'exit', 'session', 'version'))


def check_output(path, name='output'):
    """path: what exec --output wrote (or another file that has a schema).
    Others may add members, we don't."""
    schema = load(name)
    try:
        with open(path, 'rb') as f:
            value = parse(f.read())
    except ValueError as e:
        return [str(e)]
    return list(schema.errors(schema.root, value, '')) + \
        list(unnamed(schema, schema.root, value, ''))
