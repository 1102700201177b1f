"""An invoice: lines with a price, a quantity and a rate of tax."""
from shop.money import percent, show

RATES = {'normal': 1900, 'reduced': 700, 'none': 0}
DISCOUNT_FROM = 50000


class Line:
    def __init__(self, text, cents, quantity=1, rate='normal'):
        if quantity < 1:
            raise ValueError('%s: a quantity of %d' % (text, quantity))
        if rate not in RATES:
            raise ValueError('%s: no rate %s' % (text, rate))
        self.text, self.cents = text, cents
        self.quantity, self.rate = quantity, rate

    @property
    def net(self):
        return self.cents * self.quantity


class Invoice:
    def __init__(self, number, customer, discount=0):
        self.number, self.customer = number, customer
        self.discount = discount        # hundredths of a percent
        self.lines = []

    def add(self, *args, **kw):
        self.lines.append(Line(*args, **kw))
        return self

    def net(self):
        return sum(line.net for line in self.lines)

    def reduction(self):
        """What goes off for a large order."""
        if self.net() < DISCOUNT_FROM:
            return 0
        return percent(self.net(), self.discount)

    def taxes(self):
        """rate -> tax; each line is rounded."""
        out = {}
        for line in self.lines:
            net = line.net
            if self.reduction():
                net -= percent(net, self.discount)
            out[line.rate] = out.get(line.rate, 0) + percent(
                net, RATES[line.rate])
        return out

    def total(self):
        return self.net() - self.reduction() + sum(self.taxes().values())

    def text(self):
        rows = ['Invoice %s for %s' % (self.number, self.customer)]
        for line in self.lines:
            rows.append('%3d %-20s %10s' % (line.quantity, line.text,
                                            show(line.net)))
        if self.reduction():
            rows.append('    %-20s %10s' % ('discount',
                                            show(-self.reduction())))
        for rate, tax in sorted(self.taxes().items()):
            if tax:
                rows.append('    %-20s %10s' % (
                    'tax %d%%' % (RATES[rate] // 100), show(tax)))
        rows.append('    %-20s %10s' % ('total', show(self.total())))
        return '\n'.join(rows) + '\n'
