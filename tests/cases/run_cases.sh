#!/bin/sh
# Decides every case with one evaluator and compares all of it with what is expected, except the column `rule`.
#
#   run_cases.sh COMPARE_CSV POLICIES EVALUATOR...
#
# The evaluator is called as `EVALUATOR... decide POLICY.pol CLAIMS APPLICANTS OUT` and
# `EVALUATOR... targets POLICY.pol INDICATORS OUT`; evaluate.sh knows those of pol. Prints what
# differs; exit 1 if anything does.
set -u
cases=$(cd "$(dirname "$0")" && pwd)
compare=$1 policies=$2
shift 2
work=$(mktemp -d) || exit 4
trap 'rm -rf "$work"' EXIT
failed=0 count=0

check() { # WHAT EXPECTED FOUND COLUMN...
    what=$1
    shift
    count=$((count + 1))
    if ! "$compare" "$@" >"$work/differences"; then
        echo "== $what"
        cat "$work/differences"
        failed=$((failed + 1))
    fi
}

for folder in "$cases"/*/; do
    name=$(basename "$folder")
    policy="$policies/${name%%-*}.pol" # dongyang-limits is of dongyang
    out="$work/$name"
    mkdir "$out"
    if [ -f "$folder/claims.csv" ]; then
        if "$@" decide "$policy" "$folder/claims.csv" "$folder/applicants.csv" "$out" 2>"$work/messages"; then
            check "$name decisions" "$folder/decisions.csv" "$out/decisions.csv" rule
            check "$name payments" "$folder/payments.csv" "$out/payments.csv"
        else
            echo "== $name: the evaluator ended with $?"
            cat "$work/messages"
            failed=$((failed + 1))
        fi
    fi
    if [ -f "$folder/indicators.csv" ]; then
        if "$@" targets "$policy" "$folder/indicators.csv" "$out" 2>"$work/messages"; then
            check "$name targets" "$folder/targets.csv" "$out/targets.csv"
        else
            echo "== $name targets: the evaluator ended with $?"
            cat "$work/messages"
            failed=$((failed + 1))
        fi
    fi
done
echo "$count compared, $failed failed"
[ "$failed" -eq 0 ] && [ "$count" -gt 0 ]
