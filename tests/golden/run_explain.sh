#!/bin/sh
# Explanations of claims of the example ledger, word for word: run_explain.sh BIN TOP [--update]
# The golden files say which claim and language by their names: CLAIM.LANGUAGE.txt. Review their changes as code.
set -u
bin=$1 top=$2 update=${3:-}
work=$(mktemp -d) || exit 4
trap 'rm -rf "$work"' EXIT
"$bin/polc" build "$top/policies/dongyang.pol" -o "$work/policy.so" || exit 1
passed=0 failed=0
for golden in "$top"/tests/golden/explain/*.txt; do
    name=$(basename "$golden" .txt)
    "$bin/polrun" explain "$work/policy.so" --claims "$top/examples/dongyang/claims.csv" \
        --applicants "$top/examples/dongyang/applicants.csv" --claim "${name%.*}" --lang "${name##*.}" >"$work/out" 2>"$work/err"
    if [ "$update" = --update ]; then
        cp "$work/out" "$golden"
    elif diff -u "$golden" "$work/out"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
    fi
done
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
