"""What an invoice is to the ledger: entries whose sum is zero."""

ACCOUNTS = {'normal': 8400, 'reduced': 8300, 'none': 8100}
TAX_ACCOUNTS = {'normal': 1776, 'reduced': 1771}
CUSTOMERS = 1400


def entries(invoice):
    out = [(CUSTOMERS, invoice.total())]
    by_rate = {}
    for line in invoice.lines:
        by_rate[line.rate] = by_rate.get(line.rate, 0) + line.net
    left = invoice.reduction()
    for i, (rate, net) in enumerate(sorted(by_rate.items())):
        # The last one gets what rounding leaves.
        part = left if i == len(by_rate) - 1 else \
            invoice.reduction() * net // invoice.net()
        left -= part
        out.append((ACCOUNTS[rate], part - net))
    for rate, tax in sorted(invoice.taxes().items()):
        if tax:
            out.append((TAX_ACCOUNTS[rate], -tax))
    assert sum(amount for _, amount in out) == 0
    return out
