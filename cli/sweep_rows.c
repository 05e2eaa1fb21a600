/* sweep_rows.c -- what a sweep has found: kept at once, then told in order. */
#include "sweep.h"
#include "text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Longer lists are no columns of a table; rows.jsonl has them. */
enum { LIST_MAX = 32, LINE_FLAGS = JSON_COMPACT | JSON_PRESERVE_ORDER };

static char *row_text(const json_t *row)
{
    return json_dumps(row, LINE_FLAGS | JSON_REAL_PRECISION(10));
}

/* The run that a row of an earlier call is of; SIZE_MAX: of none. */
static size_t run_of(const sweep *all, const json_t *row)
{
    const json_int_t point = json_integer_value(json_object_get(row, "point"));
    const json_int_t seed = json_integer_value(json_object_get(row, "seed"));

    if (!json_is_integer(json_object_get(row, "point")) || point < 0 ||
        (size_t)point >= all->points || (uint64_t)seed < all->seed ||
        (uint64_t)seed - all->seed >= all->seeds)
        return SIZE_MAX;
    return (size_t)point * all->seeds + ((uint64_t)seed - all->seed);
}

/* Takes the rows of one file.  A line that a kill cut short, and a run that
 * failed, are done anew. */
static void read_rows(sweep *all, const char *name)
{
    char *path = cli_path(all->dir, name);
    FILE *file = fopen(path, "r");
    char *line = NULL;
    size_t room = 0;

    while (file != NULL && getline(&line, &room, file) > 0) {
        json_t *row = json_loads(line, 0, NULL);
        const size_t run = row == NULL ? SIZE_MAX : run_of(all, row);

        if (run != SIZE_MAX && all->rows[run] == NULL &&
            json_object_get(row, "result") != NULL) {
            all->rows[run] = row;
            all->done++;
        } else {
            json_decref(row);
        }
    }
    free(line);
    free(path);
    if (file != NULL)
        fclose(file);
}

static void remove_file(const sweep *all, const char *name)
{
    char *path = cli_path(all->dir, name);

    unlink(path);
    free(path);
}

static int write_text(const sweep *all, const char *name, cli_text *text)
{
    char *path = cli_path(all->dir, name);
    limen_error err;
    const limen_status status =
        text->has_failed
            ? LIMEN_NO_MEMORY
            : limen_file_write(path, text->bytes, text->used, &err);

    if (text->has_failed)
        snprintf(err.text, sizeof err.text, "out of memory for %s", name);
    cli_text_clear(text);
    free(path);
    return status == LIMEN_OK ? CLI_DONE : cli_fail_status(status, &err);
}

static void add_lines(cli_text *to, const sweep *all)
{
    for (size_t run = 0; run < all->runs; run++) {
        char *text = all->rows[run] == NULL ? NULL : row_text(all->rows[run]);

        if (text != NULL)
            cli_text_print(to, "%s\n", text);
        to->has_failed |= text == NULL && all->rows[run] != NULL;
        free(text);
    }
}

/* partial.jsonl with whole lines only. */
static int keep_rows(const sweep *all)
{
    cli_text lines = { 0 };

    add_lines(&lines, all);
    return write_text(all, "partial.jsonl", &lines);
}

int sweep_rows_open(sweep *all)
{
    char *path = cli_path(all->dir, "sweep.json");
    json_t *plan = sweep_describe(all);
    // as it will be read again
    char *text = row_text(plan);
    json_t *now = text == NULL ? NULL : json_loads(text, 0, NULL);
    json_t *before = json_load_file(path, 0, NULL);
    const bool is_other = before != NULL && !json_equal(before, now);
    struct stat about;
    const bool is_broken = before == NULL && stat(path, &about) == 0;
    limen_error err;
    int code = CLI_DONE;

    if ((is_other || is_broken) && !all->options->force)
        code = cli_fail(CLI_INCOMPATIBLE,
                        "%s holds another sweep; choose another -o, or --force "
                        "replaces it",
                        all->dir);
    if (code == CLI_DONE && all->options->force) {
        remove_file(all, "rows.jsonl");
        remove_file(all, "partial.jsonl");
    }
    if (code == CLI_DONE)
        code = cli_make_dir(all->dir);
    if (code == CLI_DONE) {
        const limen_status status =
            cli_write_json(all->dir, "sweep.json", json_incref(plan), &err);

        if (status != LIMEN_OK)
            code = cli_fail_status(status, &err);
    }
    if (code == CLI_DONE) {
        read_rows(all, "rows.jsonl");
        read_rows(all, "partial.jsonl");
        code = keep_rows(all);
    }
    json_decref(before);
    json_decref(now);
    json_decref(plan);
    free(text);
    free(path);
    return code;
}

int sweep_rows_add(sweep *all, size_t run, json_t *row)
{
    char *path = cli_path(all->dir, "partial.jsonl");
    char *text = row_text(row);
    FILE *file = fopen(path, "a");
    const bool is_good =
        file != NULL && text != NULL && fprintf(file, "%s\n", text) > 0;
    const bool is_closed = file != NULL && fclose(file) == 0;
    const int code = is_good && is_closed ? CLI_DONE
                                          : cli_fail(CLI_BAD_FILE, "%s: %s",
                                                     path, strerror(errno));

    all->rows[run] = row;
    all->done++;
    all->failed += json_object_get(row, "error") != NULL;
    free(text);
    free(path);
    return code;
}

static void flatten(json_t *to, const char *name, json_t *value);

static void flatten_item(json_t *to, const char *name, const char *key,
                         json_t *item)
{
    char longer[256];

    if (snprintf(longer, sizeof longer, "%s%s%s", name,
                 name[0] == '\0' ? "" : ".", key) < (int)sizeof longer)
        flatten(to, longer, item);
}

static void flatten(json_t *to, const char *name, json_t *value)
{
    const char *key;
    json_t *item;
    size_t k;

    if (json_is_number(value)) {
        json_object_set(to, name, value);
    } else if (json_is_boolean(value)) {
        json_object_set_new(to, name, json_integer(json_is_true(value)));
    } else if (json_is_object(value)) {
        json_object_foreach(value, key, item) flatten_item(to, name, key, item);
    } else if (json_is_array(value) && json_array_size(value) <= LIST_MAX) {
        json_array_foreach(value, k, item)
        {
            char number[32];

            snprintf(number, sizeof number, "%zu", k);
            flatten_item(to, name, number, item);
        }
    }
}

json_t *sweep_flatten(json_t *result)
{
    json_t *flat = json_object();

    flatten(flat, "", result);
    return flat;
}

/* A cell of RFC 4180. */
static void add_cell(cli_text *to, const char *text)
{
    if (strpbrk(text, ",\"\n\r") == NULL) {
        cli_text_print(to, ",%s", text);
        return;
    }
    cli_text_print(to, ",\"");
    for (; *text != '\0'; text++) {
        cli_text_add(to, text, 1);
        if (*text == '"')
            cli_text_add(to, text, 1);
    }
    cli_text_print(to, "\"");
}

static void add_number(cli_text *to, const json_t *number)
{
    if (json_is_integer(number))
        cli_text_print(to, ",%lld", (long long)json_integer_value(number));
    else if (json_is_real(number))
        cli_text_print(to, ",%.10g", json_real_value(number));
    else
        cli_text_print(to, ",");
}

static void add_table_row(cli_text *to, const sweep *all, size_t run,
                          json_t *columns)
{
    const json_t *row = all->rows[run];
    const json_t *error = json_object_get(row, "error");
    json_t *flat = sweep_flatten(json_object_get(row, "result"));
    const char *name;
    json_t *unused;

    const uint64_t seed = all->seed + run % all->seeds;

    cli_text_print(to, "%zu,%llu", run / all->seeds, (unsigned long long)seed);
    for (size_t k = 0; k < all->axis_count; k++) {
        char text[SWEEP_NAME];

        sweep_value(text, all, k, run / all->seeds);
        add_cell(to, text);
    }
    json_object_foreach(columns, name, unused)
        add_number(to, json_object_get(flat, name));
    add_cell(to, error == NULL ? "" : json_string_value(error));
    cli_text_print(to, "\n");
    json_decref(flat);
}

/* A line a row, a column a number; the command's are called as in its JSON. */
static void add_table(cli_text *to, const sweep *all)
{
    json_t *columns = json_object();
    const char *name;
    json_t *unused;

    for (size_t run = 0; run < all->runs; run++) {
        json_t *flat = sweep_flatten(json_object_get(all->rows[run], "result"));

        json_object_update_missing(columns, flat);
        json_decref(flat);
    }
    cli_text_print(to, "point,seed");
    for (size_t k = 0; k < all->axis_count; k++)
        add_cell(to, all->axes[k].name);
    json_object_foreach(columns, name, unused) add_cell(to, name);
    cli_text_print(to, ",error\n");
    for (size_t run = 0; run < all->runs; run++)
        add_table_row(to, all, run, columns);
    json_decref(columns);
}

int sweep_rows_finish(const sweep *all)
{
    cli_text lines = { 0 };
    cli_text table = { 0 };

    add_lines(&lines, all);
    add_table(&table, all);
    int code = write_text(all, "table.csv", &table);
    if (code == CLI_DONE)
        code = write_text(all, "rows.jsonl", &lines);
    cli_text_clear(&table);
    cli_text_clear(&lines);
    if (code == CLI_DONE)
        remove_file(all, "partial.jsonl");
    return code;
}
