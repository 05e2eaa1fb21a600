/* test_chart.c -- charts: every point has a mark, hostile labels stay text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>

#include "../../cli/chart.h"
#include "../../cli/chart_draw.h"

static size_t count(const char *text, const char *part)
{
    size_t found = 0;

    for (; (text = strstr(text, part)) != NULL; text += strlen(part))
        found++;
    return found;
}

static void every_finite_point_has_a_mark_that_says_its_value(void **state)
{
    const double x[] = { 1.0, 10.0, 100.0, 1000.0 };
    const double y[] = { 0.5, (double)NAN, 0.75, 0.8 };
    const double low[] = { 0.4, (double)NAN, 0.7, 0.79 };
    const double high[] = { 0.6, (double)NAN, 0.8, 0.81 };
    const cli_series series[] = {
        { .label = "a", .x = x, .y = y, .points = 4 },
        { .label = "b",
          .x = x,
          .y = y,
          .low = low,
          .high = high,
          .points = 4,
          .colour = 1 },
        { .label = "c", .x = x, .y = y, .points = 4, .is_reference = true },
    };
    const cli_chart chart = { .title = "t",
                              .x_label = "T",
                              .y_label = "y",
                              .is_log_x = true,
                              .is_share = true,
                              .series = series,
                              .count = 3 };
    cli_text text = { 0 };

    (void)state;
    cli_chart_lines(&text, &chart);
    assert_int_equal(count(text.bytes, "class=\"mark"), 6);
    assert_int_equal(
        count(text.bytes, "data-v=\"b: T 100, 75 % (70 % to 80 %)"), 1);
    assert_int_equal(count(text.bytes, "nan"), 0);
    cli_text_clear(&text);
}

static void labels_cannot_leave_their_place(void **state)
{
    const char *hostile = "</svg><script>'\"&\x01\xff\xc3\xa9";
    const char *const labels[] = { hostile };
    const double one[] = { 1.0 };
    const cli_series series = { .label = hostile,
                                .x = one,
                                .y = one,
                                .low = one,
                                .high = one,
                                .points = 1 };
    const cli_chart chart = { .title = hostile,
                              .x_label = hostile,
                              .y_label = hostile,
                              .series = &series,
                              .count = 1 };
    const cli_bars bars = { .title = hostile,
                            .x_label = hostile,
                            .labels = labels,
                            .values = one,
                            .count = 1 };
    const cli_heat heat = { .title = hostile,
                            .x_label = hostile,
                            .y_label = hostile,
                            .row_names = labels,
                            .column_names = labels,
                            .shares = one,
                            .rows = 1,
                            .columns = 1 };
    const cli_series line = {
        .label = hostile, .x = one, .y = one, .points = 1
    };
    const cli_map map = { .title = hostile,
                          .x_label = hostile,
                          .y_label = hostile,
                          .row_names = labels,
                          .column_names = labels,
                          .values = one,
                          .rows = 1,
                          .columns = 1,
                          .lines = &line,
                          .line_count = 1 };
    cli_text text = { 0 };

    (void)state;
    cli_chart_lines(&text, &chart);
    cli_chart_bars(&text, &bars);
    cli_chart_heat(&text, &heat);
    cli_chart_map(&text, &map);
    assert_null(strstr(text.bytes, "<script"));
    assert_int_equal(count(text.bytes, "</svg>"), 4);
    assert_non_null(strstr(text.bytes, "&lt;script&gt;&#39;&quot;&amp;"
                                       "\xef\xbf\xbd\xef\xbf\xbd\xc3\xa9"));
    cli_text_clear(&text);
}

static void
a_map_has_its_first_row_at_the_bottom_and_empty_cells_empty(void **state)
{
    static const char *const rows[] = { "low", "high" };
    static const char *const columns[] = { "left", "middle", "right" };
    const double values[] = { 1.0, 2.0, (double)NAN, -3.0, 5.0, 4.0 };
    const cli_map map = { .title = "map",
                          .x_label = "x",
                          .y_label = "y",
                          .row_names = rows,
                          .column_names = columns,
                          .values = values,
                          .rows = 2,
                          .columns = 3 };
    cli_text text = { 0 };
    double y_low;
    double y_high;

    (void)state;
    cli_chart_map(&text, &map);
    assert_int_equal(count(text.bytes, "class=\"mark"), 5);
    assert_non_null(strstr(text.bytes, "light -3, dark 5"));
    assert_non_null(strstr(text.bytes, "x right, y high: 4"));
    assert_null(strstr(text.bytes, "x right, y low"));
    const char *low = strstr(text.bytes, "x left, y low: 1");
    const char *high = strstr(text.bytes, "x left, y high: -3");
    assert_non_null(low);
    assert_non_null(high);
    // data-y stands before data-v; down is positive
    while (strncmp(low, "data-y=", 7) != 0)
        low--;
    while (strncmp(high, "data-y=", 7) != 0)
        high--;
    assert_int_equal(sscanf(low, "data-y=\"%lf", &y_low), 1);
    assert_int_equal(sscanf(high, "data-y=\"%lf", &y_high), 1);
    assert_true(y_low > y_high);
    cli_text_clear(&text);
}

static void a_scale_puts_its_ends_at_the_ends_and_ticks_between(void **state)
{
    static const double ranges[][2] = { { 0.0, 1.0 },  { 0.83, 0.91 },
                                        { -3.0, 7.0 }, { 1e-9, 2e-9 },
                                        { 5.0, 5.0 },  { 0.0, 0.0 },
                                        { 1.0, 1e6 },  { 2.0, 50.0 } };

    (void)state;
    for (size_t r = 0; r < sizeof ranges / sizeof *ranges; r++)
        for (int is_log = 0; is_log < 2; is_log++) {
            chart_scale scale = { .low = ranges[r][0],
                                  .high = ranges[r][1],
                                  .from = 50.0,
                                  .to = 450.0,
                                  .is_log = is_log == 1 };

            if (is_log == 1 && scale.low <= 0.0)
                continue;
            chart_scale_ticks(&scale, false);
            assert_true(scale.low <= ranges[r][0]);
            assert_true(scale.high >= ranges[r][1]);
            assert_in_range(scale.count, 1, TICKS_MAX);
            assert_true(fabs(chart_scale_at(&scale, scale.low) - 50.0) < 1e-6);
            assert_true(fabs(chart_scale_at(&scale, scale.high) - 450.0) <
                        1e-6);
            for (size_t k = 0; k < scale.count; k++) {
                const double at = chart_scale_at(&scale, scale.ticks[k]);

                assert_true(at > 50.0 - 1e-3 && at < 450.0 + 1e-3);
            }
        }
}

static void ticks_of_counts_are_whole_numbers(void **state)
{
    (void)state;
    for (size_t last = 1; last < 200; last++) {
        chart_scale scale = { .low = 1.0,
                              .high = (double)last,
                              .from = 0.0,
                              .to = 100.0,
                              .is_whole = true };

        chart_scale_ticks(&scale, true);
        assert_in_range(scale.count, 1, TICKS_MAX);
        for (size_t k = 0; k < scale.count; k++)
            assert_true(scale.ticks[k] == round(scale.ticks[k]));
    }
}

static void long_names_are_cut_between_characters(void **state)
{
    cli_text text = { 0 };

    (void)state;
    chart_name(&text, "\xc3\xa9\xc3\xa9\xc3\xa9", 3);
    chart_name(&text, "|\xc3\xa9\xc3\xa9\xc3\xa9", 3);
    assert_string_equal(text.bytes, "\xc3\xa9\xc3\xa9\xc3\xa9"
                                    "|\xc3\xa9\xe2\x80\xa6");
    cli_text_clear(&text);
}

static void histogram_counts_every_value_once(void **state)
{
    const float values[] = { -9.0F, 0.0F, 0.1F, 0.5F, 0.99F, 1.0F, 77.0F };
    double x[4], y[4];

    (void)state;
    cli_histogram(x, y, 4, 0.0, 1.0, values, 7);
    const double expected[] = { 3.0, 0.0, 1.0, 3.0 };
    for (size_t k = 0; k < 4; k++) {
        assert_true(fabs(x[k] - (0.125 + 0.25 * (double)k)) < 1e-12);
        assert_true(fabs(y[k] - expected[k] / 7.0) < 1e-12);
    }
}

static void base64_is_that_of_the_rfc(void **state)
{
    static const char *const pairs[][2] = { { "", "" },
                                            { "f", "Zg==" },
                                            { "fo", "Zm8=" },
                                            { "foo", "Zm9v" },
                                            { "foob", "Zm9vYg==" },
                                            { "fooba", "Zm9vYmE=" },
                                            { "foobar", "Zm9vYmFy" } };

    (void)state;
    for (size_t k = 1; k < sizeof pairs / sizeof *pairs; k++) {
        cli_text text = { 0 };

        cli_text_base64(&text, (const uint8_t *)pairs[k][0],
                        strlen(pairs[k][0]));
        assert_string_equal(text.bytes, pairs[k][1]);
        cli_text_clear(&text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_finite_point_has_a_mark_that_says_its_value),
        cmocka_unit_test(labels_cannot_leave_their_place),
        cmocka_unit_test(
            a_map_has_its_first_row_at_the_bottom_and_empty_cells_empty),
        cmocka_unit_test(a_scale_puts_its_ends_at_the_ends_and_ticks_between),
        cmocka_unit_test(ticks_of_counts_are_whole_numbers),
        cmocka_unit_test(long_names_are_cut_between_characters),
        cmocka_unit_test(histogram_counts_every_value_once),
        cmocka_unit_test(base64_is_that_of_the_rfc),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
