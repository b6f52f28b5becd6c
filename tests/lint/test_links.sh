#!/bin/bash
# links.sh on small pages: it finds links, headings and paths that lead nowhere, and no others.
set -euo pipefail
lint=$(dirname "$(readlink -f "$0")")/links.sh
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
mkdir -p docs rl/agents
touch rl/agents/dqn.c
fail() {
  echo "test_links.sh: $1"
  cat out.txt
  exit 1
}

cat > docs/good.md <<'END'
# A page: of `rl/agents/`, all good

[above](#a-page-of-rlagents-all-good), [again](#twice-1), [code](../rl/agents/dqn.c), [web](https://example.org/docs/none.md#x).
Write `rl/agents/NAME.c`; see `rl/agents/dqn.c`, `rl/agents/*.c` and results/rl/none.c.

## Twice

    ams train -o runs/rl && ls rl/agents/dqn.c

## Twice

```
[not](a-link.md)
# not a heading
```
END
"$lint" . > out.txt || fail "good pages were refused"

cat > docs/bad.md <<'END'
[file](none.md), [heading](good.md#none), [fenced](good.md#not-a-heading)
`rl/agents/none.c`

    cat docs/none.tsv
END
"$lint" . > out.txt && fail "bad pages passed"
grep -qx 'docs/bad.md:1: no such file: none.md' out.txt || fail "the file is not reported"
grep -qx 'docs/bad.md:1: no such heading: good.md#none' out.txt || fail "the heading is not reported"
grep -qx 'docs/bad.md:1: no such heading: good.md#not-a-heading' out.txt || fail "a comment in code is a heading"
grep -qx 'docs/bad.md:2: no such path: rl/agents/none.c' out.txt || fail "the path is not reported"
grep -qx 'docs/bad.md:4: no such path: docs/none.tsv' out.txt || fail "the path of a command is not reported"
[ "$(wc -l < out.txt)" = 5 ] || fail "more than the five is reported"
