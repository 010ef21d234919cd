#!/bin/sh
# What is installed works where it lies: the programs, and a program of one's own against libpolrt, shared and static.
# run_install.sh BUILD TOP
set -u
build=$1 top=$2 passed=0 failed=0
work=$(mktemp -d) || exit 4
trap 'rm -rf "$work"' EXIT
cmake --install "$build" --prefix "$work/pol" >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }
check() { # WHAT COMMAND...
    what=$1
    shift
    if "$@" >"$work/out" 2>&1; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "$what failed:"
        cat "$work/out"
    fi
}
PKG_CONFIG_PATH=$(dirname "$(find "$work/pol" -name polrt.pc)")
export PKG_CONFIG_PATH
libraries=$(pkg-config --variable=libdir polrt)
check "polc build" "$work/pol/bin/polc" build "$top/policies/dongyang.pol" -o "$work/policy.so"
check "polrun info" "$work/pol/bin/polrun" info "$work/policy.so"
# premiums of 150,000 and 80,000: half of each is 75,000 and 40,000, together at most 100,000
printf 'C1: granted (ok), payable 75000.00 yuan\nC2: reduced (cap), payable 25000.00 yuan\n' >"$work/expected"
for link in shared static; do
    options=$([ $link = static ] && echo "-static $(pkg-config --libs --static polrt)" || pkg-config --libs polrt)
    # shellcheck disable=SC2046,SC2086
    check "linking ($link)" cc "$top/examples/embed/decide.c" $(pkg-config --cflags polrt) $options -o "$work/decide"
    LD_LIBRARY_PATH=$libraries "$work/decide" "$work/policy.so" >"$work/decided" 2>&1
    check "deciding ($link)" diff "$work/expected" "$work/decided"
done
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
