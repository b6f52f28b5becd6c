#!/bin/sh
# Writes rows.jsonl, models.tsv, truth.tsv, splits.tsv and the program ask (a service's recorded answer) into the current folder: four made-up services that answer 700 questions
# with one of three labels. Dearer ones are right more often, and all are surer where they are right.
set -eu
awk '
function draw() { state = (state * 16807) % 2147483647; return state / 2147483647 }
BEGIN {
  state = 7
  split("cat dog bird", label, " ")
  split("small quick good best", name, " ")
  split("0.01 2 5 12", cost, " ")
  split("0.55 0.62 0.70 0.80", right, " ")
  print "name\ttask\tusd" > "models.tsv"
  for (m = 1; m <= 4; m++) printf "%s\tanimal\t%s\n", name[m], cost[m] > "models.tsv"
  print "item\ttruth" > "truth.tsv"
  print "item\tspring\tautumn" > "splits.tsv"
  for (i = 1; i <= 700; i++) {
    truth = int(3 * draw()) + 1
    item = sprintf("question/%04d", i)
    printf "%s\t%s\n", item, label[truth] > "truth.tsv"
    printf "%s\t%s\t%s\n", item, i % 2 ? "train" : "test", i % 3 ? "train" : "test" > "splits.tsv"
    for (m = 1; m <= 4; m++) {
      says = draw() < right[m] ? truth : int(3 * draw()) + 1
      conf = says == truth ? 1 - 0.5 * draw() * draw() : 1 - 0.8 * draw()
      printf "{\"item\":\"%s\",\"model\":\"%s\",\"labels\":[[\"%s\",%.3f]]}\n", item, name[m], label[says], conf > "rows.jsonl"
    }
  }
}' < /dev/null

cat > ask <<'END'
#!/bin/sh
# ask SERVICE ITEM: its label, a tab and its confidence
sed -n 's|^{"item":"'"$2"'","model":"'"$1"'","labels":\[\["\([a-z]*\)",\([0-9.]*\)\]\]}$|\1\t\2|p' rows.jsonl
END
chmod +x ask
