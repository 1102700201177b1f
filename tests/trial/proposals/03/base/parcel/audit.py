"""A line for each thing that an employee did."""
from datetime import datetime


class Audit:
    def __init__(self, out):
        self.out = out

    def note(self, who, what, **more):
        words = ['%s=%s' % pair for pair in sorted(more.items())]
        self.out.write('%s %s %s\n' % (
            datetime.utcnow().strftime('%Y-%m-%dT%H:%M:%SZ'), who,
            ' '.join([what] + words)))
