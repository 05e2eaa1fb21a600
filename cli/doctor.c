/* doctor.c -- `limen doctor`: what this machine has and lacks. */
#include "cli.h"

#include <string.h>
#include <unistd.h>

int cli_doctor(cli_options *options)
{
    json_t *backends = json_array();
    const char *backend;
    limen_data *data;
    limen_error err;

    for (size_t i = 0; (backend = limen_backend_at(i)) != NULL; i++)
        json_array_append_new(backends, json_string(backend));
    const char *used = limen_backend();
    const long cores = sysconf(_SC_NPROCESSORS_ONLN);
    const bool has_data = limen_data_load(&data, "fashion-mnist", NULL,
                                          LIMEN_TEST, &err) == LIMEN_OK;
    const bool can_write = access(".", W_OK) == 0;
    const bool is_well = used != NULL && has_data;

    if (options->json) {
        cli_print_json(json_pack(
            "{s:s, s:o, s:s?, s:I, s:b, s:b, s:b}", "version", limen_version(),
            "backends", backends, "backend", used, "cores", (json_int_t)cores,
            "fashion_mnist", (int)has_data, "writable", (int)can_write, "well",
            (int)is_well));
    } else {
        printf("limen %s\nbackends:", limen_version());
        for (size_t i = 0; (backend = limen_backend_at(i)) != NULL; i++)
            printf(" %s", backend);
        if (used == NULL)
            printf("\nin use: none; LIMEN_BACKEND names none of these\n");
        else
            printf("\nin use: %s\n", used);
        printf("cores: %ld\n", cores);
        if (has_data)
            printf("fashion-mnist: %s\n", data->source);
        else
            printf("fashion-mnist: %s\n", err.text);
        printf("this directory: %s\n",
               can_write ? "can be written" : "cannot be written");
        printf("%s\n", is_well ? "all is well" : "something is missing");
        json_decref(backends);
    }
    limen_data_free(data);
    return is_well ? CLI_DONE : CLI_FAILED;
}
