/* cell_adapt.c -- tests of a cell after homeostasis, and on some classes. */
#include "study/cell_adapt.h"

#include "learn/settings.h"

limen_status lm_cell_pool(limen_data **pool, lm_study_data *data,
                          const limen_settings *settings, limen_error *err)
{
    const char *classes = limen_settings_get(settings, "test-classes");
    limen_data *test = NULL;

    limen_status status = limen_data_of_classes(
        pool, data->validation == NULL ? data->train : data->validation,
        classes, err);
    if (status == LIMEN_OK)
        status = limen_data_of_classes(&test, data->test, classes, err);
    if (status != LIMEN_OK)
        return status;
    limen_data_free(data->test);
    data->test = test;
    return LIMEN_OK;
}

limen_status lm_cell_measure(double *value, const lm_test *test,
                             const limen_network *net, const limen_data *data,
                             const limen_data *pool,
                             const lm_condition *condition, limen_error *err)
{
    lm_test adapted = *test;
    limen_image *image = NULL;

    if (lm_settings_int(test->settings, "adapt") == 0)
        return lm_test_measure(value, test, net, data, err);
    limen_status status = limen_adapted_image(
        &image, net, test->settings, pool,
        condition == NULL ? SIZE_MAX : condition->kind,
        condition == NULL ? 0.0 : condition->amount,
        (uint64_t)lm_settings_int(test->settings, "seed"), test->threads, err);
    adapted.image = image;
    if (status == LIMEN_OK)
        status = lm_test_measure(value, &adapted, net, data, err);
    limen_image_free(image);
    return status;
}

limen_status lm_cell_rates(limen_network *net, const lm_test *test,
                           const limen_data *train, limen_error *err)
{
    const limen_settings *settings = test->settings;
    const limen_input input = limen_data_input(
        train, (float)lm_settings_real(settings, "pixel-scale"),
        (limen_encoder)lm_settings_choice(settings, "encoder"));

    if (lm_settings_int(settings, "adapt") == 0)
        return LIMEN_OK;
    return limen_network_measure_rates(
        net, &input, (size_t)lm_settings_int(settings, "steps"),
        (size_t)lm_settings_int(settings, "burn-in"),
        (uint64_t)lm_settings_int(settings, "seed"), test->threads, err);
}
