/* transpose.c -- blocks of 64 x 64 bits, turned by exchanging halves.
 *
 * After Warren, Hacker's Delight (2nd ed. 2013), section 7-3.
 */
#include "analysis/transpose.h"

#include "base/bits.h"

/* Bit c of row r goes to bit r of row c. */
static void turn(uint64_t *row)
{
    uint64_t mask = UINT64_C(0xffffffff);

    for (unsigned half = 32; half > 0; half /= 2, mask ^= mask << half)
        for (size_t r = 0; r < 64; r = (r + half + 1) & ~(size_t)half) {
            const uint64_t moved = ((row[r] >> half) ^ row[r + half]) & mask;

            row[r] ^= moved << half;
            row[r + half] ^= moved;
        }
}

void lm_raster_transpose(uint64_t *out, const uint64_t *raster, size_t steps,
                         size_t n)
{
    const size_t from = lm_bits_words(n);
    const size_t to = lm_bits_words(steps);

    for (size_t t = 0; t < to; t++)
        for (size_t u = 0; u < from; u++) {
            uint64_t row[64] = { 0 };

            for (size_t k = 0; k < 64 && 64 * t + k < steps; k++)
                row[k] = raster[(64 * t + k) * from + u];
            turn(row);
            for (size_t k = 0; k < 64 && 64 * u + k < n; k++)
                out[(64 * u + k) * to + t] = row[k];
        }
}
