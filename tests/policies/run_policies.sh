#!/bin/sh
# The policies, those of the examples, and the blocks of the language reference pass `polc check` and `polc test`.
#
#   run_policies.sh SOURCE_DIR BIN_DIR
#
# The reference's blocks marked `pol` are one policy, those marked `pol zh` another.
set -u
source=$1 bin=$2
work=$(mktemp -d) || exit 4
trap 'rm -rf "$work"' EXIT
failed=0

blocks() { # FENCE FILE: the blocks that open with exactly this fence
    awk -v fence="\`\`\`$1" '$0 == fence { inside = 1; next } /^```/ { inside = 0 } inside' "$source/grammar/REFERENCE.md" >"$2"
    [ -s "$2" ] || { echo "the reference has no block \`$1\`"; exit 1; }
}

check() {
    "$bin/polc" check "$1" >"$work/messages" 2>&1 && "$bin/polc" test "$1" >"$work/messages" 2>&1 && return
    echo "== $1"
    cat "$work/messages"
    failed=$((failed + 1))
}

blocks "pol" "$work/reference.pol"
blocks "pol zh" "$work/reference_zh.pol"
for policy in "$source"/policies/*.pol "$source"/examples/policies/*.pol "$work"/*.pol; do check "$policy"; done
[ "$failed" -eq 0 ]
