/* fuzz_yaml.c -- any bytes as an experiment file. */
#include "learn/settings_yaml.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    limen_settings *settings;

    if (limen_settings_new(&settings, NULL) == LIMEN_OK)
        (void)lm_settings_load_text(settings, (const char *)bytes, size, "f",
                                    NULL);
    limen_settings_free(settings);
    return 0;
}
