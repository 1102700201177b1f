"""The numbers of a day, for the mail of the morning."""
from datetime import datetime, timedelta


def day(orders, ago=1):
    """Orders placed and sent on that day (UTC)."""
    end = datetime.utcnow().replace(hour=0, minute=0, second=0, microsecond=0)
    begin = end - timedelta(days=ago)
    end = begin + timedelta(days=1)
    placed = sent = 0
    for order in orders.table.rows.values():
        placed += begin <= order.created < end
        when = orders.stamp(order.key, 'sent')
        sent += when is not None and begin <= when < end
    return {'day': begin.date().isoformat(), 'placed': placed, 'sent': sent}


def head():
    return 'Report of %s UTC' % datetime.utcnow().strftime('%Y-%m-%d %H:%M')
