"""Links in mails: valid once, and for a day."""
import secrets
from datetime import datetime, timedelta

from parcel.store import Table

VALID = timedelta(days=1)


class Tokens:
    def __init__(self):
        self.table = Table()

    def issue(self, purpose, subject):
        token = secrets.token_urlsafe(16)
        self.table.add(token, purpose=purpose, subject=subject,
                       expires=datetime.utcnow() + VALID)
        return token

    def use(self, purpose, token):
        """The subject, or None."""
        row = self.table.get(token)
        if row is None or row.purpose != purpose:
            return None
        self.table.remove(row)
        if row.expires <= datetime.utcnow():
            return None
        return row.subject
