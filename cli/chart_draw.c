/* chart_draw.c -- sheet, scales and axes of a chart. */
#include "chart_draw.h"
#include "chart.h"

#include <math.h>
#include <stdio.h>

const char *chart_colour(size_t index)
{
    static const char *const colours[CHART_COLOURS] = { "#0072b2", "#d55e00",
                                                        "#009e73", "#a3508c",
                                                        "#b07d00", "#3a93c9",
                                                        "#7a4a1e", "#5c5c5c" };

    return colours[index % CHART_COLOURS];
}

size_t chart_length(const char *text)
{
    size_t length = 0;

    for (; text != NULL && *text != '\0'; text++)
        length += ((unsigned char)*text & 0xc0) != 0x80;
    return length;
}

void chart_name(cli_text *to, const char *name, size_t most)
{
    char part[256];
    size_t bytes = 0;

    if (chart_length(name) <= most) {
        cli_text_escape(to, name);
        return;
    }
    for (size_t length = 0; bytes + 1 < sizeof part; bytes++) {
        length += ((unsigned char)name[bytes] & 0xc0) != 0x80;
        if (length == most)
            break;
    }
    snprintf(part, sizeof part, "%.*s", (int)bytes, name);
    cli_text_escape(to, part);
    cli_text_print(to, "\xe2\x80\xa6");
}

static void linear_ticks(chart_scale *scale, bool is_tight)
{
    const double span = scale->high - scale->low;
    const double power = pow(10.0, floor(log10(span / 4.0)));
    const double rough = span / 4.0 / power; // in [1, 10)
    const double fine = power * (rough < 1.5   ? 1.0
                                 : rough < 3.5 ? 2.0
                                 : rough < 7.5 ? 5.0
                                               : 10.0);
    const double step = scale->is_whole ? fmax(1.0, fine) : fine;

    if (!is_tight) {
        scale->low = step * floor(scale->low / step + 1e-9);
        scale->high = step * ceil(scale->high / step - 1e-9);
    }
    const double first = step * ceil(scale->low / step - 1e-9);
    for (scale->count = 0; scale->count < TICKS_MAX; scale->count++) {
        const double tick = first + (double)scale->count * step;

        if (tick > scale->high + 1e-9 * span)
            break;
        // a sum of rounded steps is not quite 0 where 0 is meant
        scale->ticks[scale->count] = fabs(tick) < 1e-9 * span ? 0.0 : tick;
    }
}

static void log_ticks(chart_scale *scale)
{
    static const double parts[] = { 1.0, 2.0, 5.0 };
    const int low = (int)floor(log10(scale->low));
    const int high = (int)floor(log10(scale->high) + 1e-9);
    const int decades = high - low + 1;
    const int every = decades <= 10 ? 1 : decades / 10 + 1;

    scale->count = 0;
    for (int d = low; d <= high; d += every)
        for (size_t k = 0; k < (decades <= 3 ? 3 : 1); k++) {
            const double tick = parts[k] * pow(10.0, d);

            if (tick > scale->low * (1.0 - 1e-9) &&
                tick < scale->high * (1.0 + 1e-9) && scale->count < TICKS_MAX)
                scale->ticks[scale->count++] = tick;
        }
}

void chart_scale_ticks(chart_scale *scale, bool is_tight)
{
    if (!(scale->high > scale->low)) {
        const double half = scale->low == 0.0 ? 0.5 : fabs(scale->low) / 2.0;

        scale->low -= half;
        scale->high += scale->is_log ? scale->low : half;
    }
    if (scale->is_log)
        log_ticks(scale);
    if (!scale->is_log || scale->count < 2) // within a part of a decade
        linear_ticks(scale, is_tight || scale->is_log);
}

double chart_scale_at(const chart_scale *scale, double value)
{
    const double share =
        scale->is_log ? log(value / scale->low) / log(scale->high / scale->low)
                      : (value - scale->low) / (scale->high - scale->low);

    return scale->from + share * (scale->to - scale->from);
}

void chart_number(char *to, size_t size, double value, bool is_share)
{
    if (isnan(value))
        snprintf(to, size, "none");
    else if (is_share)
        snprintf(to, size, "%.4g %%", 100.0 * value);
    else
        snprintf(to, size, "%.4g", value);
}

void chart_open(cli_text *to, const char *kind, const char *title, double width,
                double height)
{
    cli_text_print(
        to,
        "<figure class=\"chart %s\"><svg xmlns=\"http://www.w3.org/2000/svg\" "
        "viewBox=\"0 0 %.0f %.0f\" width=\"%.0f\" height=\"%.0f\" role=\"img\" "
        "tabindex=\"0\" font-family=\"system-ui, 'Helvetica Neue', Arial, "
        "sans-serif\" font-size=\"12\" fill=\"#333\" aria-label=\"",
        kind, width, height, width, height);
    cli_text_escape(to, title);
    cli_text_print(to,
                   "\"><rect class=\"paper\" width=\"%.0f\" "
                   "height=\"%.0f\" fill=\"#fff\"/>"
                   "<text class=\"ink\" x=\"4\" y=\"15\" font-size=\"13\" "
                   "font-weight=\"600\">",
                   width, height);
    cli_text_escape(to, title);
    cli_text_print(to, "</text>\n");
}

void chart_close(cli_text *to)
{
    cli_text_print(to, "</svg></figure>\n");
}

void chart_axis_x(cli_text *to, const chart_scale *x, double top, double bottom,
                  const char *label)
{
    cli_text_print(to,
                   "<path class=\"axis\" stroke=\"#999\" fill=\"none\" "
                   "d=\"M%.1f %.1fH%.1f\"/>",
                   x->from, bottom, x->to);
    for (size_t k = 0; k < x->count; k++) {
        const double at = chart_scale_at(x, x->ticks[k]);
        char number[32];

        chart_number(number, sizeof number, x->ticks[k], x->is_share);
        cli_text_print(to,
                       "<path class=\"grid\" stroke=\"#e6e6e6\" "
                       "d=\"M%.1f %.1fV%.1f\"/><text class=\"ink\" "
                       "x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">%s"
                       "</text>",
                       at, top, bottom, at, bottom + 16.0, number);
    }
    cli_text_print(to,
                   "<text class=\"soft\" fill=\"#666\" x=\"%.1f\" y=\"%.1f\" "
                   "text-anchor=\"middle\">",
                   (x->from + x->to) / 2.0, bottom + 33.0);
    cli_text_escape(to, label);
    cli_text_print(to, "</text>\n");
}

void chart_axis_y(cli_text *to, const chart_scale *y, double left, double right,
                  const char *label)
{
    for (size_t k = 0; k < y->count; k++) {
        const double at = chart_scale_at(y, y->ticks[k]);
        char number[32];

        chart_number(number, sizeof number, y->ticks[k], y->is_share);
        cli_text_print(to,
                       "<path class=\"grid\" stroke=\"#e6e6e6\" "
                       "d=\"M%.1f %.1fH%.1f\"/><text class=\"ink\" "
                       "x=\"%.1f\" y=\"%.1f\" text-anchor=\"end\">%s</text>",
                       left, at, right, left - 6.0, at + 4.0, number);
    }
    // above the axis and upright: nobody has to turn the head
    cli_text_print(to, "<text class=\"soft\" fill=\"#666\" x=\"4\" y=\"%.1f\">",
                   (y->from < y->to ? y->from : y->to) - 13.0);
    cli_text_escape(to, label);
    cli_text_print(to, "</text>\n");
}
