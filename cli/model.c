/* model.c -- loading what eval, predict and info work on. */
#include "cli.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Settings given on the command line go over those of the model. */
static int apply(limen_settings *settings, const cli_options *options)
{
    for (size_t i = 0; i < limen_setting_count(); i++) {
        const char *name = limen_setting_at(i)->name;
        limen_error err;

        if (!limen_settings_is_set(options->settings, name))
            continue;
        const limen_status status = limen_settings_set(
            settings, name, limen_settings_get(options->settings, name), &err);
        if (status != LIMEN_OK)
            return cli_fail_status(status, &err);
    }
    return CLI_DONE;
}

int cli_load_model(limen_network **net, limen_settings **settings,
                   const char *path, const cli_options *options)
{
    struct stat about;
    char *file = NULL;
    limen_error err;

    if (stat(path, &about) == 0 && S_ISDIR(about.st_mode)) {
        file = cli_path(path, "best.safetensors");
        if (stat(file, &about) != 0) {
            free(file);
            file = cli_path(path, "model.safetensors");
        }
        if (stat(file, &about) != 0) {
            free(file);
            return cli_fail(CLI_BAD_FILE,
                            "%s: no model in it; is the run finished?", path);
        }
    }
    const limen_status status =
        limen_model_load(net, settings, file == NULL ? path : file, &err);
    free(file);
    return status == LIMEN_OK ? apply(*settings, options)
                              : cli_fail_status(status, &err);
}
