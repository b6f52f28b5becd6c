# Five redundant models of one task: two labels, each found by each model with its own probability. Rows for `ams data import`.
BEGIN {
  srand(7)
  split("0.5 0.6 0.7 0.8 0.95", chance, " ")
  for (i = 0; i < 4000; i++) {
    label = rand() < 0.5 ? "a" : "b"
    for (m = 1; m <= 5; m++) {
      labels = rand() < chance[m] ? "[[\"t/" label "\",0.9]]" : "[]"
      printf "{\"item\":\"i%04d\",\"model\":\"m%d\",\"labels\":%s}\n", i, m, labels
    }
  }
}
