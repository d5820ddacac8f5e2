/* Random numbers. */
#include "random.h"

#include <math.h>

uint64_t random_next(struct random *random)
{
    uint64_t z = random->state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

int64_t random_below(struct random *random, int64_t bound)
{
    return (int64_t)((random_next(random) >> 1) % (uint64_t)bound);
}

int64_t random_log(struct random *random, int64_t least, int64_t most)
{
    double unit = (double)(random_next(random) >> 11) * 0x1p-53;
    double ratio = (double)(most + 1) / (double)least;
    int64_t value = (int64_t)((double)least * pow(ratio, unit));
    return value < least ? least : value > most ? most : value;
}

double random_normal(struct random *random)
{
    /* The sum of four uniform numbers of variance 1/12 each, 16 bits long, and
     * some bits more, so that a mantissa is full. */
    uint64_t z = random_next(random);
    int64_t sum = (int64_t)((z & 0xffff) + (z >> 16 & 0xffff) +
                            (z >> 32 & 0xffff) + (z >> 48)) -
                  INT64_C(131070);
    double rest = (double)(int64_t)(z * UINT64_C(0xd1342543de82ef95)) * 0x1p-64;
    return ((double)sum + rest) * 0x1p-16 * 1.7320508075688772;
}

uint64_t random_join(uint64_t seed, uint64_t number)
{
    struct random random = {seed ^ (number * UINT64_C(0xd1342543de82ef95) + 1)};
    return random_next(&random);
}

uint64_t random_join_text(uint64_t seed, const char *text)
{
    for (; *text; text++)
        seed = random_join(seed, (unsigned char)*text);
    return seed;
}
