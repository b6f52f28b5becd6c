/* Two libraries of which one needs the other, as cuBLAS does: libcublas-pair.so.13 and
 * libcublas-pairLt.so.13, which has the function. */
int pair_lt(void);
int pair(void);

#ifdef PAIR_LT
int pair_lt(void)
{
    return 13;
}
#else
int pair(void)
{
    return pair_lt();
}
#endif
