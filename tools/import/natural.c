// SPDX-License-Identifier: BSD-3-Clause
// Names in natural order.
#include "natural.h"

#include <stdbool.h>
#include <string.h>

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

// Two runs of digits as numbers, of any length; both are passed.
static int compare_numbers(const char **left, const char **right)
{
    const char *a = *left + strspn(*left, "0"), *b = *right + strspn(*right, "0");
    size_t digits_a = strspn(a, "0123456789"), digits_b = strspn(b, "0123456789");
    *left = a + digits_a;
    *right = b + digits_b;
    if (digits_a != digits_b)
        return digits_a < digits_b ? -1 : 1;
    return strncmp(a, b, digits_a);
}

int import_natural_order(const char *left, const char *right)
{
    const char *a = left, *b = right;
    while (*a != '\0' && *b != '\0') {
        if (is_digit(*a) && is_digit(*b)) {
            int order = compare_numbers(&a, &b);
            if (order != 0)
                return order;
            continue;
        }
        if (*a != *b)
            return (unsigned char)*a < (unsigned char)*b ? -1 : 1;
        ++a, ++b;
    }
    if (*a != *b)
        return *a == '\0' ? -1 : 1;
    return strcmp(left, right);
}
