/* trace_measures.c -- the measures of `limen trace`, in numbers and words. */
#include "trace.h"

#include <math.h>
#include <stdarg.h>
#include <string.h>

/* Steps at which the entropy of the vote is told: 1, 2, 5, 10, ... and the
 * last, none of the burn-in. */
static size_t next_step(const trace *from, size_t step)
{
    size_t next = step;

    do {
        size_t unit = 1;

        while (unit * 10 <= next)
            unit *= 10;
        next = next == 0         ? 1
               : next < 2 * unit ? 2 * unit
               : next < 5 * unit ? 5 * unit
                                 : 10 * unit;
    } while (next <= from->burn_in);
    return next < from->steps ? next : from->steps;
}

static void print_number(int width, int decimals, double x)
{
    if (isnan(x))
        printf(" %*s", width, "-");
    else
        printf(" %*.*f", width, decimals, x);
}

static void print_layer(const trace *from, size_t layer)
{
    const limen_stability_measures *m = &from->found.layer[layer];
    char name[32];

    printf("%-10s %6zu", trace_layer_name(from, layer, name),
           limen_network_units(from->net, layer));
    print_number(7, 1, m->settle);
    print_number(6, 3, m->flips);
    print_number(8, 3, m->distance);
    print_number(8, 2, m->autocorrelation);
    print_number(9, 3, m->agreement);
    print_number(6, 3, m->agreement_chance);
    print_number(6, 0, m->cycle);
    print_number(6, 0, m->transient);
    putchar('\n');
}

/* Adds to a text of `room` bytes, as much as fits. */
__attribute__((format(printf, 3, 4))) static void add(char *text, size_t room,
                                                      const char *format, ...)
{
    const size_t used = strlen(text);
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text + used, room - used, format, arguments);
    va_end(arguments);
}

/* Prints words in lines of at most `width` columns. */
static void print_wrapped(const char *text, size_t width)
{
    size_t used = 0;

    while (*text != '\0') {
        const size_t length = strcspn(text, " ");

        if (used > 0 && used + 1 + length > width) {
            putchar('\n');
            used = 0;
        }
        used +=
            (size_t)printf("%s%.*s", used > 0 ? " " : "", (int)length, text);
        text += length + (text[length] == ' ');
    }
    putchar('\n');
}

static void tell_entropy(char *text, size_t room, const trace *from)
{
    add(text, room, "Entropy of the vote: %.2f bits after step %zu",
        from->found.entropy[next_step(from, 0) - 1], next_step(from, 0));
    for (size_t t = next_step(from, 0); t < from->steps;) {
        t = next_step(from, t);
        add(text, room, ", %.2f after %zu", from->found.entropy[t - 1], t);
    }
    add(text, room, ".");
}

static size_t right_answers(const trace *from)
{
    size_t right = 0;

    for (size_t b = 0; b < from->data->samples; b++)
        right += from->data->labels[b] == from->found.answers[b];
    return right;
}

static void tell_answer(char *text, size_t room, const trace *from)
{
    const limen_stability_result *found = &from->found;
    const size_t samples = from->data->samples;
    uint32_t latest = 0;

    for (size_t b = 0; b < samples; b++)
        latest = found->stands[b] > latest ? found->stands[b] : latest;
    if (samples == 1) {
        add(text, room,
            "The answer stands from step %u of %zu on; a run with other noise "
            "gives %s.",
            latest, from->steps,
            found->same_answer > 0.5 ? "the same one" : "another one");
        return;
    }
    add(text, room,
        "The answer stands from step %.1f of %zu on in the mean, at the latest "
        "from %u; a run with other noise gives the same one for %.0f %% of the "
        "samples",
        found->mean_stands, from->steps, latest, 100.0 * found->same_answer);
    if (from->data->labels != NULL)
        add(text, room, "; %zu of %zu are right", right_answers(from), samples);
    add(text, room, ".");
}

static void tell_cycle(char *text, size_t room, const trace *from)
{
    const limen_stability_result *found = &from->found;
    const limen_stability_measures *output = &found->layer[from->layers - 1];

    add(text, room, "With the input frozen, ");
    if (found->closed == 0.0) {
        add(text, room, "no run ends in a cycle.");
        return;
    }
    if (from->data->samples == 1)
        add(text, room, "the run ends in a cycle: the output ");
    else
        add(text, room, "%.0f %% of the runs end in a cycle: the output ",
            100.0 * found->closed);
    if (output->cycle <= 1.0)
        add(text, room, "stands still");
    else
        add(text, room, "repeats every %g steps", output->cycle);
    add(text, room, " from step %g on%s.", output->transient + 1.0,
        from->data->samples == 1 ? "" : " (medians)");
}

void trace_print_measures(const trace *from, const cli_terminal *terminal)
{
    const size_t samples = from->data->samples;
    void (*const tell[])(char *, size_t, const trace *) = {
        tell_entropy,
        tell_answer,
        tell_cycle,
    };

    printf("%zu sample%s, T = %zu%s\n\n", samples, samples == 1 ? "" : "s",
           from->steps, samples == 1 ? "" : " (means; of cycles, medians)");
    printf("%-10s %6s %7s %6s %8s %8s %9s %6s %6s %6s\n", "layer", "units",
           "settles", "flips", "distance", "autocorr", "agreement", "chance",
           "cycle", "after");
    for (size_t l = 0; l < from->layers; l++)
        print_layer(from, l);
    putchar('\n');
    for (size_t k = 0; k < sizeof tell / sizeof *tell; k++) {
        char text[1024] = "";

        tell[k](text, sizeof text, from);
        print_wrapped(text, terminal->width);
    }
}

static json_t *number(double x)
{
    return isnan(x) ? json_null() : json_real(x);
}

static json_t *layer_json(const trace *from, size_t layer)
{
    const limen_stability_measures *m = &from->found.layer[layer];
    char name[32];

    return json_pack("{s:s, s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
                     "layer", trace_layer_name(from, layer, name), "units",
                     (json_int_t)limen_network_units(from->net, layer),
                     "settle", number(m->settle), "flips", number(m->flips),
                     "distance", number(m->distance), "autocorrelation",
                     number(m->autocorrelation), "agreement",
                     number(m->agreement), "agreement_chance",
                     number(m->agreement_chance), "cycle", number(m->cycle),
                     "transient", number(m->transient));
}

json_t *trace_json(const trace *from)
{
    const limen_stability_result *found = &from->found;
    json_t *layers = json_array();
    json_t *entropy = json_array();
    json_t *samples = json_array();

    for (size_t l = 0; l < from->layers; l++)
        json_array_append_new(layers, layer_json(from, l));
    for (size_t t = 0; t < from->steps; t++)
        json_array_append_new(entropy, json_real(found->entropy[t]));
    for (size_t b = 0; b < from->data->samples; b++) {
        json_t *one =
            json_pack("{s:I, s:I, s:I}", "sample", (json_int_t)from->keys[b],
                      "answer", (json_int_t)found->answers[b], "stands",
                      (json_int_t)found->stands[b]);

        if (from->data->labels != NULL)
            json_object_set_new(one, "label",
                                json_integer(from->data->labels[b]));
        json_array_append_new(samples, one);
    }
    return json_pack(
        "{s:s, s:s, s:s, s:I, s:I, s:I, s:o, s:o, s:f, s:f, s:f, s:o}", "model",
        from->options->words[0], "data", from->data->source, "sha256",
        from->data->sha256, "steps", (json_int_t)from->steps, "burn_in",
        (json_int_t)from->burn_in, "seed", (json_int_t)from->seed, "layers",
        layers, "entropy", entropy, "mean_stands", found->mean_stands,
        "same_answer", found->same_answer, "closed", found->closed, "samples",
        samples);
}
