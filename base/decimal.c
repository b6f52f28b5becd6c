#include "base/decimal.h"

#include "base/eight.h"

#include <stdbool.h>

/* Most digits of which each number fits 64 bits; the largest power of five that does; the
 * largest power of ten that a double holds exactly. */
enum { MOST_DIGITS = 19, MOST_FIVES = 27, MOST_TENS = 22, LARGEST_EXPONENT = 99 };

__extension__ typedef unsigned __int128 wide;

static const double ten_to[MOST_TENS + 1] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                             1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                             1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

/* 2^exponent, which is a normal double. */
static double power_of_two(int exponent)
{
    const uint64_t bits = (uint64_t)(exponent + 1023) << 52;
    double power = 0;
    memcpy(&power, &bits, sizeof power);
    return power;
}

/* digits / 10^k, rounded once. */
static double divide(uint64_t digits, unsigned k)
{
    if (digits <= UINT64_C(1) << 53 && k <= MOST_TENS) {
        return (double)digits / ten_to[k]; /* both are exact */
    }
    uint64_t fives = 1;
    for (unsigned i = 0; i < k; i++) {
        fives *= 5;
    }
    /* Both with their highest bit set, so that the quotient has 63 or 64 bits. What is left
     * over becomes its last bit, far below those that a double keeps: they are rounded as the
     * true quotient would be. */
    const int up = __builtin_clzll(digits);
    const int down = __builtin_clzll(fives);
    const wide dividend = (wide)(digits << up) << 63;
    const uint64_t divisor = fives << down;
    const uint64_t quotient = (uint64_t)(dividend / divisor);
    const bool rest = dividend != (wide)quotient * divisor;
    return (double)(quotient | (rest ? 1 : 0)) * power_of_two(down - up - (int)k - 63);
}

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

/* Appends the digits at `at` to the number; NULL where it has more than fit. */
static const char *take_digits(const char *at, uint64_t *number, unsigned *digits)
{
    for (; is_digit(*at); at++) {
        *digits += *digits > 0 || *at != '0' ? 1U : 0U; /* zeros in front count nothing */
        *number = *number * 10 + (uint64_t)(*at - '0');
        if (*digits > MOST_DIGITS) {
            return NULL;
        }
    }
    return at;
}

/* "e-05" and the like; NULL where it is not one, or a large one. */
static const char *take_exponent(const char *at, int *exponent)
{
    const bool negative = at[1] == '-';
    at += at[1] == '-' || at[1] == '+' ? 2 : 1;
    int value = 0;
    if (!is_digit(*at)) {
        return NULL;
    }
    for (; is_digit(*at); at++) {
        value = value * 10 + (*at - '0');
        if (value > LARGEST_EXPONENT) {
            return NULL;
        }
    }
    *exponent += negative ? -value : value;
    return at;
}

const char *ams_decimal(const char *text, double *value)
{
    const bool negative = *text == '-';
    const char *at = text + (negative ? 1 : 0);
    uint64_t number = 0;
    unsigned digits = 0;
    int exponent = 0;
    if (!is_digit(*at) || (*at == '0' && is_digit(at[1]))) {
        return NULL;
    }
    at = take_digits(at, &number, &digits);
    if (at != NULL && *at == '.') {
        const char *point = at;
        at = is_digit(at[1]) ? take_digits(at + 1, &number, &digits) : NULL;
        exponent = at == NULL || at - point > LARGEST_EXPONENT ? -LARGEST_EXPONENT
                                                               : (int)(point + 1 - at);
    }
    if (at != NULL && (*at == 'e' || *at == 'E')) {
        at = take_exponent(at, &exponent);
    }
    if (at == NULL || exponent < -MOST_FIVES || exponent > MOST_TENS ||
        (exponent > 0 && number > UINT64_C(1) << 53)) {
        return NULL;
    }
    const double size = number == 0     ? 0
                        : exponent <= 0 ? divide(number, (unsigned)-exponent)
                                        : (double)number * ten_to[exponent];
    *value = negative ? -size : size;
    return at;
}

/* How many of eight bytes of text are digits before the first that is none, and their number.
 */
static unsigned digits_of(uint64_t word, uint64_t *number)
{
    const uint64_t value = word ^ (AMS_EVERY_BYTE * '0'); /* of each digit, below 10 */
    const uint64_t others = ((value + AMS_EVERY_BYTE * 0x76) | value) & (AMS_EVERY_BYTE * 0x80);
    const unsigned n = others == 0 ? 8 : ams_eight_first(others);
    /* To the last places, with zeros before them; then pairs, fours and all eight are joined.
     */
    uint64_t sum = n == 0 ? 0 : value << (64 - 8 * n);
    sum = sum * 10 + (sum >> 8);
    sum =
        (sum & UINT64_C(0x00FF00FF00FF00FF)) * 100 + (sum >> 16 & UINT64_C(0x00FF00FF00FF00FF));
    sum = (sum & UINT64_C(0x0000FFFF0000FFFF)) * 10000 + (sum >> 32 & UINT64_C(0x0000FFFF));
    *number = sum & UINT64_C(0xFFFFFFFF);
    return n;
}

const char *ams_decimal_padded(const char *text, double *value)
{
    static const uint64_t tens[] = {1,      10,      100,      1000,     10000,
                                    100000, 1000000, 10000000, 100000000};
    enum { WORD = 8 };
    const uint64_t whole = (uint64_t)(unsigned char)text[0] - '0';
    uint64_t number = 0;
    uint64_t more = 0;
    if (whole > 9 || text[1] != '.') {
        return ams_decimal(text, value);
    }
    const char *at = text + 2;
    unsigned n = digits_of(ams_eight(at), &number);
    at += n;
    number += whole * tens[n];
    if (n == WORD) {
        const unsigned second = digits_of(ams_eight(at), &more);
        at += second;
        n += second;
        number = number * tens[second] + more;
    }
    if (n == 0 || is_digit(*at) || *at == 'e' || *at == 'E') {
        return ams_decimal(text, value);
    }
    *value = number == 0 ? 0 : divide(number, n);
    return at;
}
