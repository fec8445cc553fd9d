# SPDX-License-Identifier: MIT
"""Tables in Markdown, put between two lines of a page: <!-- NAME --> and <!-- /NAME -->."""
import json

from .processes import Failure


def insert(name, text, path):
    with open(path) as f:
        page = f.read()
    start, end = '<!-- %s -->\n' % name, '<!-- /%s -->' % name
    if page.count(start) != 1 or page.count(end) != 1:
        raise Failure('%s has no lines <!-- %s --> and <!-- /%s -->' % (path, name, name))
    head, rest = page.split(start)
    with open(path, 'w') as f:
        f.write(head + start + text + '\n' + end + rest.split(end)[1])


def latest_summaries(path):
    """of every lane in a JSON lines file of compare the last result with limn that nobody disturbed, else the last one;
    in the order of first appearance"""
    found = {}
    with open(path) as f:
        for line in f:
            record = json.loads(line)
            if record.get('ratio') and 'summary' in record:
                old = found.get(record['summary'])
                if not record['disturbed'] or old is None or old['disturbed']:
                    found[record['summary']] = record
    if not found:
        raise Failure('%s holds no result with limn and a peer' % path)
    return list(found.values())


def seconds(s):
    return '%.1f ms' % (1e3 * s) if s < 1 else '%.2f s' % s


def gigabytes(b):
    return '%.2f GB' % (b / 1e9)


def compare_table(summaries):
    lines = ['%s, %s, %d threads.' % (summaries[0]['date'], summaries[0]['processor'], summaries[0]['threads']), '',
             '| lane | limn | strongest peer | ratio | goal, at least | as people run it | memory limn, peer |',
             '|---|---|---|---|---|---|---|']
    for r in summaries:
        if r['disturbed']:
            lines.append('| `%s` | disturbed by other processes: no figure | | | | | |' % r['summary'])
            continue
        rows = {row['name']: row for row in r['rows']}
        peer, limn = rows[r['strongest']], rows['limn']
        people = '%.2f (%s)' % (r['people_ratio'], seconds(rows[r['people']]['median_s'])) if r.get('people') else '–'
        wanted = '–' if r['at_least'] is None else '%.1f, %.1f%s' % (
            r['goal'], r['at_least'], '' if r['ratio'] >= r['at_least'] else ': **missed**')
        lines.append('| `%s` | %s | %s, %s | **%.2f**%s | %s | %s | %s, %s |' % (
            r['summary'], seconds(limn['median_s']), peer['name'], seconds(peer['median_s']), r['ratio'],
            ' (behind)' if r['ratio'] < 1 else '', wanted, people,
            gigabytes(limn['peak_bytes']), gigabytes(peer['peak_bytes'])))
    return '\n'.join(lines)


def growth_table(result):
    lines = ['%s, %s.' % (result['date'], result['processor']), '', '| rule | measured | wanted | |', '|---|---|---|---|']
    for v in result['verdicts']:
        lines.append('| %s | %.3f | %s | %s |' % (v['what'], v['figure'], v['wanted'],
                                                  'holds' if v['holds'] else '**broken**'))
    lines += ['', '![growth](images/perf-growth.svg)']
    return '\n'.join(lines)
