/* fuzz_augment.c -- any text as a mixture of corruptions, a second line as what
 * is left out of it; what is accepted keeps values in [0, 1]. */
#include "tasks/augment.h"

#include "base/arena.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void apply(const lm_augment *augment)
{
    enum { HEIGHT = 5, WIDTH = 3 };
    float from[HEIGHT * WIDTH];
    float to[HEIGHT * WIDTH];

    for (size_t k = 0; k < HEIGHT * WIDTH; k++)
        from[k] = (float)k / (HEIGHT * WIDTH - 1);
    for (uint64_t key = 0; key < 20; key++) {
        lm_augment_apply(augment, to, from, HEIGHT, WIDTH, 1, key);
        for (size_t k = 0; k < HEIGHT * WIDTH; k++)
            if (!(to[k] >= 0.0F && to[k] <= 1.0F))
                abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    char *text = lm_alloc(size + 2, 1, 1);
    lm_augment augment;
    size_t index;
    double amount;
    limen_error err;

    if (text == NULL)
        return 0;
    memcpy(text, bytes, size);
    char *second = strchr(text, '\n');
    if (second != NULL)
        *second++ = '\0';
    (void)limen_corruption_parse(&index, &amount, text, &err);
    if (lm_augment_parse(&augment, text, second == NULL ? "" : second, &err) ==
            LIMEN_OK &&
        augment.items > 0)
        apply(&augment);
    lm_free(text);
    return 0;
}
