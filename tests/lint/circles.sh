#!/bin/bash
# Circles of files and names of symbols, read from the built objects. Usage: circles.sh OBJECTS [ALLOWED]
#
# OBJECTS lists one object file a line, as the build makes it: all libraries and the program. Where object A
# uses a symbol that object B defines, A depends on B. Files that depend on each other in a circle can neither be
# understood nor tested alone; every circle is printed with the symbols that close it. External symbols carry
# `ams_`, in cli/ also `cli_`; nothing in lab/ may depend on cli/.
#
# ALLOWED has what may stay for now, one rule per line: `circle OBJECT...` for circles among these objects,
# `symbol OBJECT NAME` for names without the prefix (shell patterns), and `#` for comments.
set -uo pipefail
objects=${1:?usage: circles.sh OBJECTS [ALLOWED]}
allowed=${2:-/dev/null}
command -v nm > /dev/null || exit 77
while IFS= read -r object; do
  [ -f "$object" ] || {
    echo "circles.sh: $object is not built: build everything first"
    exit 77
  }
done < "$objects"

# shellcheck disable=SC2016
xargs -d '\n' nm -A -g < "$objects" | awk -v allowed="$allowed" '
# BUILD/rl/CMakeFiles/ams_rl.dir/train/act.c.o -> rl/train/act
function label(path) {
  sub(/\.o$/, "", path)
  sub(/\.(c|cu)$/, "", path)
  gsub(/\/\.\//, "/", path)
  sub(/CMakeFiles\/[^\/]*\.dir\//, "", path)
  return path
}
function glob(pattern) { # a shell pattern as a regular expression
  gsub(/[.+^$()|{}\[\]\\]/, "\\\\&", pattern)
  gsub(/\*/, ".*", pattern)
  gsub(/\?/, ".", pattern)
  return "^" pattern "$"
}
function read_allowed(   line, word, n, i) {
  while ((getline line < allowed) > 0) {
    sub(/[ \t]*#.*/, "", line)
    n = split(line, word, /[ \t]+/)
    if (word[1] == "circle") {
      n_circles++
      for (i = 2; i <= n; i++) may[n_circles, word[i]] = 1
    } else if (word[1] == "symbol" && n == 3) {
      n_names++
      name_object[n_names] = glob(word[2])
      name_symbol[n_names] = glob(word[3])
    } else if (n > 0 && word[1] != "") {
      print allowed ": what is \"" line "\"?"
      failed = 1
    }
  }
}
function named_well(object, symbol,   i) {
  if (symbol ~ /^ams_/ || symbol == "main" || (object ~ /^(cli|console)\// && symbol ~ /^cli_/)) return 1
  if (symbol ~ /^_[_A-Z]/) return 1 # the compiler and its sanitizers; the names that C++ mangles
  for (i = 1; i <= n_names; i++) {
    if (object ~ name_object[i] && symbol ~ name_symbol[i]) return 1
  }
  return 0
}
# All that can be reached from `start` in the graph `next_of`, `count_of`, within what is left.
function reach(start, next_of, count_of, found,   queue, head, tail, at, i, to) {
  split("", found)
  head = 1; tail = 1; queue[1] = start; found[start] = 1
  while (head <= tail) {
    at = queue[head++]
    for (i = 1; i <= count_of[at]; i++) {
      to = next_of[at, i]
      if (!(to in found) && !(to in done)) { found[to] = 1; queue[++tail] = to }
    }
  }
}
function is_allowed(member,   c, m, all) {
  for (c = 1; c <= n_circles; c++) {
    all = 1
    for (m in member) if (!((c, m) in may)) all = 0
    if (all) return 1
  }
  return 0
}
BEGIN { read_allowed() }
{
  at = index($0, ":")
  path = substr($0, 1, at - 1)
  n = split(substr($0, at + 1), field, " ")
  type = field[n - 1]; symbol = field[n]
  if (!(path in name_of)) {
    name_of[path] = label(path)
    paths[++n_paths] = path
  }
  if (type ~ /^[TDBRC]$/) {
    object = name_of[path]
    if (!(symbol in defines)) defines[symbol] = object
    else if (defines[symbol] != object) twice[symbol] = 1
    owned[++n_owned] = path SUBSEP symbol
  } else if (type ~ /^[Uwv]$/) {
    uses[++n_uses] = path SUBSEP symbol
  }
}
END {
  # What all paths begin with is the build folder.
  prefix = name_of[paths[1]]
  for (i = 2; i <= n_paths; i++) {
    while (index(name_of[paths[i]], prefix) != 1) if (!sub(/[^\/]*\/?$/, "", prefix)) break
  }
  sub(/[^\/]*$/, "", prefix)
  cut = length(prefix) + 1
  for (i = 1; i <= n_paths; i++) if (!seen[name_of[paths[i]]]++) nodes[++n_nodes] = substr(name_of[paths[i]], cut)
  for (i = 1; i <= n_owned; i++) {
    split(owned[i], field, SUBSEP)
    object = substr(name_of[field[1]], cut)
    if (!named_well(object, field[2])) {
      print object ": the external symbol " field[2] " has no prefix (static, or ams_" field[2] ")"
      failed = 1; badly_named++
    }
  }
  for (i = 1; i <= n_uses; i++) {
    split(uses[i], field, SUBSEP)
    if (!(field[2] in defines) || (field[2] in twice)) continue
    from = substr(name_of[field[1]], cut); to = substr(defines[field[2]], cut)
    if (from == to) continue
    if (from ~ /^lab\// && to ~ /^cli\//) { print from " uses " field[2] " of " to; failed = 1 }
    if (!((from, to) in edge)) {
      after[from, ++n_after[from]] = to
      before[to, ++n_before[to]] = from
    }
    edge[from, to] = edge[from, to] " " field[2]
  }
  # Peel what nothing left uses, or what uses nothing left, until circles remain.
  do {
    peeled = 0
    for (i = 1; i <= n_nodes; i++) {
      at = nodes[i]
      if (at in done) continue
      users = 0; used = 0
      for (k = 1; k <= n_before[at]; k++) users += !(before[at, k] in done)
      for (k = 1; k <= n_after[at]; k++) used += !(after[at, k] in done)
      if (users == 0 || used == 0) { done[at] = 1; peeled = 1 }
    }
  } while (peeled)
  for (i = 1; i <= n_nodes; i++) {
    at = nodes[i]
    if (at in done) continue
    reach(at, after, n_after, down); reach(at, before, n_before, up)
    split("", member); size = 0; list = ""
    for (k = 1; k <= n_nodes; k++) {
      if ((nodes[k] in down) && (nodes[k] in up)) { member[nodes[k]] = 1; size++; list = list " " nodes[k] }
    }
    if (size > 1 && is_allowed(member)) {
      pardoned++
    } else if (size > 1) {
      circles++; failed = 1
      print "circle:" list
      for (a = 1; a <= n_nodes; a++) for (b = 1; b <= n_nodes; b++) {
        if ((nodes[a] in member) && (nodes[b] in member) && ((nodes[a], nodes[b]) in edge)) {
          print "  " nodes[a] " -> " nodes[b] ":" edge[nodes[a], nodes[b]]
        }
      }
    }
    for (m in member) done[m] = 1
    done[at] = 1
  }
  if (badly_named) print badly_named " external symbols without their prefix"
  print n_nodes " objects, " (circles + 0) " circles" (pardoned ? ", " pardoned " more allowed in " allowed : "")
  exit failed
}'
