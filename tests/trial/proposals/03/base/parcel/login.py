"""Who is signed in. After five wrong passwords an account is locked for a
while; each further one makes it longer."""
from datetime import datetime, timedelta

from parcel.store import Table

TRIES = 5
LOCKED = timedelta(minutes=10)


class Login:
    def __init__(self, check_password):
        self.check_password = check_password
        self.accounts = Table()

    def account(self, name):
        row = self.accounts.get(name)
        if row is None:
            row = self.accounts.add(name, failures=0, locked_until=None,
                                    last_seen=None)
        return row

    def sign_in(self, name, password):
        account = self.account(name)
        if account.locked_until and datetime.utcnow() < account.locked_until:
            return False
        if not self.check_password(name, password):
            account.failures += 1
            if account.failures >= TRIES:
                account.locked_until = datetime.utcnow() + LOCKED * (
                    account.failures - TRIES + 1)
            self.accounts.save(account)
            return False
        account.last_seen = datetime.utcnow()
        account.failures = 0
        account.locked_until = None
        self.accounts.save(account)
        return True

    def idle(self, age):
        """Names of those that weren't seen for so long."""
        limit = datetime.utcnow() - age
        return sorted(a.key for a in self.accounts.rows.values()
                      if a.last_seen is None or a.last_seen < limit)
