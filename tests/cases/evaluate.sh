#!/bin/sh
# One evaluator for run_cases.sh:
#
#   evaluate.sh interp|native BIN-FOLDER [OPTION...] decide POLICY.pol CLAIMS APPLICANTS OUT
#   evaluate.sh interp|native BIN-FOLDER [OPTION...] targets POLICY.pol INDICATORS OUT
#
# The options (words without blanks) are given on to what decides a ledger: --threads 2.
set -eu
kind=$1 bin=$2
shift 2
options=
while [ "$1" != decide ] && [ "$1" != targets ]; do
    options="$options $1"
    shift
done
what=$1 policy=$2
shift 2
case $what in
decide) set -- --claims "$1" --applicants "$2" --out "$3" ;;
targets) set -- --indicators "$1" --out "$2" ;;
esac
[ "$what" = decide ] || options=
exec >/dev/null # what is said to people
if [ "$kind" = interp ]; then
    exec "$bin/polc" run "$policy" "$@" $options
fi
object=$(mktemp "${TMPDIR:-/tmp}/pol_case.XXXXXX.so")
trap 'rm -f "$object"' EXIT
"$bin/polc" build "$policy" -o "$object"
[ "$what" = targets ] || what=audit
"$bin/polrun" "$what" "$object" "$@" $options
