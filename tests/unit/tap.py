"""The results of a test's checks, as TAP."""
done = 0


def check(label, problems, skip=None):
    global done
    done += 1
    print('not ' * bool(problems) + 'ok %d - %s' % (done, label) +
          (' # SKIP ' + skip if skip else ''))
    for p in problems or ():
        print('# %s' % (p,))


def plan():
    print('1..%d' % done)
