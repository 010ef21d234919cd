#!/usr/bin/env python3
"""Inputs of enormous size or depth: a result or a diagnostic, in bounded memory.

    limits.py --bin DIR --work DIR [--count N] [--megabytes M] [--seconds S] [--slack F] [--commands LIST]
              [--only LIST] [PART]...

Parts: policy (a policy of N clauses, items, fields, errors ...), depth (expressions nested N deep), bytes (lines of M
megabytes in a policy), ledger (lines and cells of M megabytes, N columns), all of them by default. It shows for each
run: its exit code, seconds, and the most memory that it held. It fails when a run ends by a signal, by an exit code
that is not expected, without a message where one is due, or holds more memory than its input allows (F times as much
with sanitizers); seconds are shown and not judged, but no run may take longer than S. The whole test, in minutes:
--count 100000 --megabytes 1000. --commands and --only choose commands of polc and inputs, by commas.
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
    each = range(1, n + 1)
    return {
        'clauses': lambda: HEAD + ''.join(f'clause {i} {{ item i{i} {{ award 10% of c at most 5万元 }} }}\n' for i in each),
        'items': lambda: HEAD + 'clause 1 {\n' + ''.join(f'item i{i} {{ award 10% of c at most 5万元 }}\n' for i in each) + '}\n',
        'one line': lambda: (HEAD + ''.join(f'clause {i} {{ item i{i} {{ award c }} }}\n' for i in each)).replace('\n', ' '),
        'fields': lambda: 'policy p { effective from 2021-01-01 }\nclaim {\nc: money\n' +
                  ''.join(f'f{i}: count range 0 to 10\n' for i in each) + '}\n' + GOOD,
        'parameters': lambda: HEAD + ''.join(f'parameter p{i}: money default 5元\n' for i in each) + GOOD,
        'values': lambda: 'policy p { effective from 2021-01-01 }\nclaim {\nc: money\nx: enum { ' +
                  ', '.join(f'v{i}' for i in each) + ' }\n}\n' + GOOD,
        'caps': lambda: HEAD + 'clause 1 { item i { award c\n' + ''.join(f'cap {i}元 per applicant, year\n' for i in each) + '} }\n',
        'requires': lambda: HEAD + 'clause 1 { item i { award c\n' + 'require b\n' * n + '} }\n',
        'excludes': lambda: HEAD + ''.join(f'exclude x{i} when b\n' for i in each) + GOOD,
        'steps': lambda: HEAD + 'clause 1 { item i { award tier c { ' + ', '.join(f'from {i}元: {i}元' for i in each) + ' } } }\n',
        'examples': lambda: HEAD + GOOD + ''.join(f'example "e{i}" {{ applicant a 2021 claim k i by a on 2021-05-01 '
                                          f'{{ c 5元 }} expect k granted 5元 }}\n' for i in each),
        'claims': lambda: HEAD + GOOD + 'example "e" { applicant a 2021\n' + ''.join(
            f'claim k{i} i by a on 2021-05-01 {{ c 5元 }}\nexpect k{i} granted 5元\n' for i in each) + '}\n',
        'errors': lambda: HEAD + ''.join(f'clause {i} {{ item i{i} {{ award nope{i} }} }}\n' for i in each),
        'mistakes': lambda: HEAD + ''.join(f'clause {i} {{ item i{i} {{ award + }} }}\n' for i in each),
        'same names': lambda: HEAD + GOOD * n,
    }


def deep(n):
    return {
        'parentheses': lambda: item('award ' + '(' * n + 'c' + ')' * n),
        'not': lambda: item('award c require ' + 'not ' * n + 'b'),
        'minus': lambda: item('award ' + '- ' * n + 'c'),
        'minimum': lambda: item('award ' + 'min(c, ' * n + 'c' + ')' * n),
        'sum': lambda: item('award 1元' + ' + 1元' * n),
        'and': lambda: item('award c require b' + ' and b' * n),
        'comparison': lambda: item('award c require c' + ' < c' * n),
        'open': lambda: HEAD + 'clause 1 { item i { award ' + '(' * n,
        'braces': lambda: HEAD + 'clause 1 ' + '{' * n,
        'clauses': lambda: HEAD + 'clause 1 { ' * n,
        'close': lambda: HEAD + '}' * n,
        'quotes': lambda: HEAD + '"' * n,
    }


def wide(m):
    size = m * 1000000
    return {
        'name': lambda: HEAD + 'a' * size + '\n' + GOOD,
        'string': lambda: HEAD + 'clause 1 "' + 'a' * size + '" { item i { award c } }\n',
        'open string': lambda: HEAD + 'clause 1 "' + 'a' * size,
        'number': lambda: item('award ' + '1' * size),
        'blanks': lambda: ' ' * size + HEAD + GOOD,
        'line ends': lambda: '\n' * size + HEAD + GOOD,
        'comment': lambda: '# ' + 'x' * size + '\n' + HEAD + GOOD,
        'strange bytes': lambda: HEAD + '$' * size + '\n' + GOOD,
        'NULs': lambda: HEAD + '\0' * size + '\n' + GOOD,
        'no UTF-8': lambda: (HEAD.encode() + b'\xff' * size),
        'wide': lambda: HEAD + '好' * (size // 3) + '\n' + GOOD,
    }


class Runner:
    def __init__(self, options):
        self.bin, self.work = os.path.abspath(options.bin), os.path.abspath(options.work)
        self.seconds, self.failures, self.runs = options.seconds, 0, 0
        os.makedirs(self.work, exist_ok=True)

    def path(self, name):
        return os.path.join(self.work, name)

    def write(self, name, make):
        """In a process of its own: what wait4 tells of a program includes what its parent held before."""
        child = os.fork()
        if child == 0:
            content = make()
            with open(self.path(name), 'wb') as file:
                for part in [content] if isinstance(content, (str, bytes)) else content:
                    file.write(part.encode() if isinstance(part, str) else part)
            os._exit(0)
        if os.waitpid(child, 0)[1] != 0:
            sys.exit(f'{name} cannot be made')
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
    for name, make in inputs.items():
        path = run.write('input.pol', make)
        size = os.path.getsize(path)
        for command in commands:
            argv = {'check': ['polc', 'check', path], 'fmt': ['polc', 'fmt', path, '-o', run.path('out.pol')],
                    'build': ['polc', 'build', path, '-o', run.path('out.so')],
                    'test': ['polc', 'test', '--interpreter', path],
                    'doc': ['polc', 'doc', path, '-o', run.path('out.html')]}[command]
            run.run(f'{command} {name}', argv, codes, bound(size))


SMALL = HEAD + GOOD


def ledgers(run, options, chosen):
    megabytes, count = options.megabytes, options.count
    policy = run.write('small.pol', lambda: SMALL)
    subprocess.run([os.path.join(run.bin, 'polc'), 'build', policy, '-o', run.path('small.so')], check=True)
    applicants = run.write('applicants.csv', lambda: 'applicant_id,year\na,2021\n')
    head = 'claim_id,applicant_id,item,date,object_id,c,n,b\n'
    row = 'k1,a,i,2021-05-01,,5.00,1,true\n'

    def filled(before, after, fill='x', rest=''):
        piece = fill + rest * (1000000 - len(fill)) if rest else fill * 1000000
        yield before
        for _ in range(megabytes):
            yield piece
        yield after

    inputs = {
        'plain': lambda: head + row,
        'no line end at the end': lambda: head + row.rstrip('\n'),
        'line': lambda: filled(head, '\n'),
        'cell': lambda: filled(head + 'k1,a,i,2021-05-01,', ',5.00,1,true\n'),
        'claim_id': lambda: filled(head, ',a,i,2021-05-01,,5.00,1,true\n'),
        'amount': lambda: filled(head + 'k1,a,i,2021-05-01,,', ',1,true\n', '1'),
        'quoted': lambda: filled(head + 'k1,a,i,2021-05-01,"', '",5.00,1,true\n', 'x,\n', 'y'),
        'open quote': lambda: filled(head + 'k1,a,i,2021-05-01,"', ''),
        'header': lambda: filled('claim_id,', '\n' + row),
        'header without end': lambda: filled('', ''),
        'commas': lambda: filled(head + 'k1,', '\n', ','),
        'line ends': lambda: filled(head, '', '\n'),
        'NULs': lambda: filled(head, '\n', '\0'),
        'no UTF-8': lambda: filled(head, b'\n', b'\xff'),
        'columns': lambda: 'claim_id,applicant_id,item,date,object_id,c,n,b,' + ','.join(f'x{i}' for i in range(count)) +
                   '\n' + row.rstrip('\n') + ',' * count + '\n',
        'same columns': lambda: 'claim_id,applicant_id,item,date,object_id,c,n,b' + ',x' * count + '\n',
        'empty': lambda: '',
        'a mark alone': lambda: b'\xef\xbb\xbf',
        'a NUL': lambda: '\0',
    }
    for name, make in chosen(inputs).items():
        claims = run.write('claims.csv', make)
        held = os.path.getsize(claims) / 1e6
        for tool in ('polrun', 'polc'):
            argv = [tool] + (['audit', run.path('small.so')] if tool == 'polrun' else ['run', policy])
            argv += ['--claims', claims, '--applicants', applicants, '--out', run.path('out')]
            run.run(f'{tool} {name}', argv, (0, 3, 4) if held > 500 else (0, 3),
                    options.slack * (96 + 4 * held))
    os.remove(claims)


def main():
    options = argparse.ArgumentParser()
    options.add_argument('--bin', required=True)
    options.add_argument('--work', required=True)
    options.add_argument('--count', type=int, default=100000)
    options.add_argument('--megabytes', type=int, default=60)
    options.add_argument('--seconds', type=int, default=120)
    options.add_argument('--only', default='')
    options.add_argument('--slack', type=int, default=1)
    options.add_argument('--commands', default='check,fmt,doc,test,build')
    options.add_argument('part', nargs='*')
    options = options.parse_args()
    run, parts = Runner(options), options.part or ['policy', 'depth', 'bytes', 'ledger']
    chosen = lambda inputs: {k: v for k, v in inputs.items() if not options.only or k in options.only.split(',')}
    if 'policy' in parts:
        policies(run, chosen(many(options.count)), (0, 1, 3), lambda size: options.slack * (96 + 20 * options.count / 1000),
                 options.commands.split(','))
    if 'depth' in parts:
        policies(run, chosen(deep(options.count)), (0, 1, 3), lambda size: options.slack * (96 + 3 * options.count / 1000),
                 options.commands.split(','))
    if 'bytes' in parts:
        policies(run, chosen(wide(options.megabytes)), (0, 1, 3), lambda size: options.slack * (96 + 8 * size / 1e6), ('check', 'fmt'))
    if 'ledger' in parts:
        ledgers(run, options, chosen)
    print(f'{run.runs} runs, {run.failures} failures')
    return 1 if run.failures else 0


if __name__ == '__main__':
    sys.exit(main())
