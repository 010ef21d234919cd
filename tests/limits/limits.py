#!/usr/bin/env python3
"""Inputs of enormous size or depth: a result or a diagnostic, in bounded memory.

    limits.py --bin DIR --work DIR [--count N] [--megabytes M] [--seconds S] [PART]...

Parts: policy (a policy of N clauses, items, fields, errors ...), depth (expressions nested N deep), bytes (lines of M
megabytes in a policy), ledger (lines and cells of M megabytes, many columns), all of them by default. Without a part
for each run: its exit code, seconds, and the most memory its processes held. It fails when a run ends by a signal, by
an exit code that is not expected, without a message where one is due, or holds more memory than `bound` says; seconds
are shown and not judged, but no run may take longer than S (120). The whole test: --count 100000 --megabytes 1000.
Exit 0: it held; 1: it did not.
"""
import argparse
import os
import resource
import subprocess
import sys
import threading
import time

HEAD = ('policy p "t" { effective from 2021-01-01 }\n'
        'claim {\n    c: money\n    n: count range 0 to 1000\n    b: bool\n}\n')
GOOD = 'clause 1 { item i { award c } }\n'


def item(body):
    return HEAD + 'clause 1 { item i { ' + body + ' } }\n'


def many(n):
    """name: (policy, exit codes of check, kilobytes for each of the N; None: as the others)"""
    each = range(1, n + 1)
    return {
        'clauses': HEAD + ''.join(f'clause {i} {{ item i{i} {{ award 10% of c at most 5万元 }} }}\n' for i in each),
        'items': HEAD + 'clause 1 {\n' + ''.join(f'item i{i} {{ award 10% of c at most 5万元 }}\n' for i in each) + '}\n',
        'one line': (HEAD + ''.join(f'clause {i} {{ item i{i} {{ award c }} }}\n' for i in each)).replace('\n', ' '),
        'fields': 'policy p { effective from 2021-01-01 }\nclaim {\nc: money\n' +
                  ''.join(f'f{i}: count range 0 to 10\n' for i in each) + '}\n' + GOOD,
        'parameters': HEAD + ''.join(f'parameter p{i}: money default 5元\n' for i in each) + GOOD,
        'values': 'policy p { effective from 2021-01-01 }\nclaim {\nc: money\nx: enum { ' +
                  ', '.join(f'v{i}' for i in each) + ' }\n}\n' + GOOD,
        'caps': HEAD + 'clause 1 { item i { award c\n' + ''.join(f'cap {i}元 per applicant, year\n' for i in each) + '} }\n',
        'requires': HEAD + 'clause 1 { item i { award c\n' + 'require b\n' * n + '} }\n',
        'excludes': HEAD + ''.join(f'exclude x{i} when b\n' for i in each) + GOOD,
        'steps': HEAD + 'clause 1 { item i { award tier c { ' + ', '.join(f'from {i}元: {i}元' for i in each) + ' } } }\n',
        'examples': HEAD + GOOD + ''.join(f'example "e{i}" {{ applicant a 2021 claim k i by a on 2021-05-01 '
                                          f'{{ c 5元 }} expect k granted 5元 }}\n' for i in each),
        'claims': HEAD + GOOD + 'example "e" { applicant a 2021\n' + ''.join(
            f'claim k{i} i by a on 2021-05-01 {{ c 5元 }}\nexpect k{i} granted 5元\n' for i in each) + '}\n',
        'errors': HEAD + ''.join(f'clause {i} {{ item i{i} {{ award nope{i} }} }}\n' for i in each),
        'mistakes': HEAD + ''.join(f'clause {i} {{ item i{i} {{ award + }} }}\n' for i in each),
        'same names': HEAD + GOOD * n,
    }


def deep(n):
    return {
        'parentheses': item('award ' + '(' * n + 'c' + ')' * n),
        'not': item('award c require ' + 'not ' * n + 'b'),
        'minus': item('award ' + '- ' * n + 'c'),
        'minimum': item('award ' + 'min(c, ' * n + 'c' + ')' * n),
        'sum': item('award 1元' + ' + 1元' * n),
        'and': item('award c require b' + ' and b' * n),
        'comparison': item('award c require c' + ' < c' * n),
        'open': HEAD + 'clause 1 { item i { award ' + '(' * n,
        'braces': HEAD + 'clause 1 ' + '{' * n,
        'clauses': HEAD + 'clause 1 { ' * n,
        'close': HEAD + '}' * n,
        'quotes': HEAD + '"' * n,
    }


def wide(m):
    size = m * 1000000
    return {
        'name': HEAD + 'a' * size + '\n' + GOOD,
        'string': HEAD + 'clause 1 "' + 'a' * size + '" { item i { award c } }\n',
        'open string': HEAD + 'clause 1 "' + 'a' * size,
        'number': item('award ' + '1' * size),
        'blanks': ' ' * size + HEAD + GOOD,
        'line ends': '\n' * size + HEAD + GOOD,
        'comment': '# ' + 'x' * size + '\n' + HEAD + GOOD,
        'strange bytes': HEAD + '$' * size + '\n' + GOOD,
        'NULs': HEAD + '\0' * size + '\n' + GOOD,
        'no UTF-8': (HEAD.encode() + b'\xff' * size),
        'wide': HEAD + '好' * (size // 3) + '\n' + GOOD,
    }


class Runner:
    def __init__(self, options):
        self.bin, self.work = os.path.abspath(options.bin), os.path.abspath(options.work)
        self.seconds, self.failures, self.runs = options.seconds, 0, 0
        os.makedirs(self.work, exist_ok=True)

    def path(self, name):
        return os.path.join(self.work, name)

    def write(self, name, content):
        with open(self.path(name), 'wb') as file:
            for part in [content] if isinstance(content, (str, bytes)) else content:
                file.write(part.encode() if isinstance(part, str) else part)
        return self.path(name)

    def run(self, title, argv, codes, megabytes):
        """Peak memory is of the largest process, as wait4 tells it; address space is not limited."""
        begin = time.monotonic()
        with open(self.path('stderr'), 'wb') as errors, open(self.path('stdout'), 'wb') as out:
            child = subprocess.Popen([os.path.join(self.bin, argv[0])] + argv[1:], stdout=out, stderr=errors,
                                     stdin=subprocess.DEVNULL, cwd=self.work)
            timer = threading.Timer(self.seconds, child.kill)
            timer.start()
            _, status, usage = os.wait4(child.pid, 0)
            timer.cancel()
        taken, held = time.monotonic() - begin, usage.ru_maxrss / 1024
        code = os.waitstatus_to_exitcode(status)
        child.returncode = code
        said = os.path.getsize(self.path('stderr'))
        wrong = []
        if code not in codes:
            wrong.append(f'exit {code}')
        if code > 1 and said == 0:
            wrong.append('no message')
        if said > 64 << 20:
            wrong.append(f'{said >> 20} MB of messages')
        if held > megabytes:
            wrong.append(f'at most {megabytes:.0f} MB are allowed')
        self.runs += 1
        self.failures += bool(wrong)
        print(f'{title:40} exit {code:3} {taken:7.2f} s {held:7.0f} MB', '; '.join(wrong), flush=True)
        if code not in codes:
            with open(self.path('stderr'), 'rb') as errors:
                sys.stdout.write(errors.read(600).decode(errors='replace') + '\n')
        return code


def policies(run, inputs, codes, bound, commands):
    for name, text in inputs.items():
        path = run.write('input.pol', text)
        size = os.path.getsize(path)
        del text
        for command in commands:
            argv = {'check': ['polc', 'check', path], 'fmt': ['polc', 'fmt', path, '-o', run.path('out.pol')],
                    'build': ['polc', 'build', path, '-o', run.path('out.so')],
                    'test': ['polc', 'test', '--interpreter', path],
                    'doc': ['polc', 'doc', path, '-o', run.path('out.html')]}[command]
            run.run(f'{command} {name}', argv, codes, bound(size))


SMALL = HEAD + GOOD


def ledgers(run, megabytes, count):
    size = megabytes * 1000000
    policy = run.write('small.pol', SMALL)
    subprocess.run([os.path.join(run.bin, 'polc'), 'build', policy, '-o', run.path('small.so')], check=True)
    applicants = run.write('applicants.csv', 'applicant_id,year\na,2021\n')
    head = 'claim_id,applicant_id,item,date,object_id,c,n,b\n'
    row = 'k1,a,i,2021-05-01,,5.00,1,true\n'
    piece = 'x' * 1000000

    def filled(before, after, fill=piece):
        yield before
        for _ in range(megabytes):
            yield fill
        yield after

    inputs = {
        'plain': head + row,
        'no line end at the end': head + row.rstrip('\n'),
        'line': filled(head, '\n'),
        'cell': filled(head + 'k1,a,i,2021-05-01,', ',5.00,1,true\n'),
        'claim_id': filled(head, ',a,i,2021-05-01,,5.00,1,true\n'),
        'amount': filled(head + 'k1,a,i,2021-05-01,,', ',1,true\n', '1' * 1000000),
        'quoted': filled(head + 'k1,a,i,2021-05-01,"', '",5.00,1,true\n', 'x,\n' + 'y' * 999997),
        'open quote': filled(head + 'k1,a,i,2021-05-01,"', ''),
        'header': filled('claim_id,', '\n' + row),
        'header without end': filled('', ''),
        'commas': filled(head + 'k1,', '\n', ',' * 1000000),
        'line ends': filled(head, '', '\n' * 1000000),
        'NULs': filled(head, '\n', '\0' * 1000000),
        'no UTF-8': filled(head, b'\n', b'\xff' * 1000000),
        'columns': 'claim_id,applicant_id,item,date,object_id,c,n,b,' + ','.join(f'x{i}' for i in range(count)) +
                   '\n' + row.rstrip('\n') + ',' * count + '\n',
        'same columns': 'claim_id,applicant_id,item,date,object_id,c,n,b' + ',x' * count + '\n',
        'empty': '', 'a mark alone': b'\xef\xbb\xbf', 'a NUL': '\0',
    }
    for name, text in inputs.items():
        claims = run.write('claims.csv', text)
        held = os.path.getsize(claims) / 1e6
        for tool in ('polrun', 'polc'):
            argv = [tool] + (['audit', run.path('small.so')] if tool == 'polrun' else ['run', policy])
            argv += ['--claims', claims, '--applicants', applicants, '--out', run.path('out')]
            run.run(f'{tool} {name}', argv, (0, 3, 4) if held > 500 else (0, 3), 64 + 4 * held)
    os.remove(claims)


def main():
    options = argparse.ArgumentParser()
    options.add_argument('--bin', required=True)
    options.add_argument('--work', required=True)
    options.add_argument('--count', type=int, default=100000)
    options.add_argument('--megabytes', type=int, default=60)
    options.add_argument('--seconds', type=int, default=120)
    options.add_argument('--only', default='')
    options.add_argument('--commands', default='check,fmt,doc,test,build')
    options.add_argument('part', nargs='*')
    options = options.parse_args()
    run, parts = Runner(options), options.part or ['policy', 'depth', 'bytes', 'ledger']
    chosen = lambda inputs: {k: v for k, v in inputs.items() if options.only in k}
    if 'policy' in parts:
        policies(run, chosen(many(options.count)), (0, 1, 3), lambda size: 64 + 20 * options.count / 1000,
                 options.commands.split(','))
    if 'depth' in parts:
        policies(run, chosen(deep(options.count)), (0, 1, 3), lambda size: 64 + 3 * options.count / 1000,
                 options.commands.split(','))
    if 'bytes' in parts:
        policies(run, chosen(wide(options.megabytes)), (0, 1, 3), lambda size: 64 + 8 * size / 1e6, ('check', 'fmt'))
    if 'ledger' in parts:
        ledgers(run, options.megabytes, options.count)
    print(f'{run.runs} runs, {run.failures} failures')
    return 1 if run.failures else 0


if __name__ == '__main__':
    sys.exit(main())
